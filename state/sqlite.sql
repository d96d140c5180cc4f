CREATE TABLE audit (
    seq INTEGER NOT NULL,
    at TEXT NOT NULL,
    name TEXT NOT NULL,
    stack TEXT,
    environment TEXT,
    who TEXT NOT NULL,
    data_json TEXT NOT NULL,
    previous TEXT NOT NULL,
    hash TEXT NOT NULL,
    origin_json TEXT NOT NULL,
    CONSTRAINT pk_audit PRIMARY KEY (seq)
);

CREATE INDEX ix_audit_stack ON audit (stack);

CREATE TABLE audit_head (
    id INTEGER NOT NULL,
    seq BIGINT NOT NULL,
    hash TEXT NOT NULL,
    CONSTRAINT pk_audit_head PRIMARY KEY (id)
);

CREATE TABLE data_keys (
    id TEXT NOT NULL,
    number INTEGER NOT NULL,
    kdf TEXT NOT NULL,
    salt TEXT NOT NULL,
    wrapped TEXT NOT NULL,
    created_at TEXT NOT NULL,
    CONSTRAINT pk_data_keys PRIMARY KEY (id),
    CONSTRAINT uq_data_keys_number UNIQUE (number)
);

CREATE TABLE deployments (
    id INTEGER NOT NULL,
    stack TEXT NOT NULL,
    environment TEXT NOT NULL,
    lineage TEXT NOT NULL,
    serial BIGINT NOT NULL,
    definition_digest TEXT,
    plan_digest TEXT,
    rows_fold TEXT NOT NULL,
    outputs_digest TEXT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    record_digest TEXT NOT NULL,
    CONSTRAINT pk_deployments PRIMARY KEY (id),
    CONSTRAINT uq_deployments_stack_environment UNIQUE (stack, environment),
    CONSTRAINT uq_deployments_lineage UNIQUE (lineage)
);

CREATE TABLE leases (
    name TEXT NOT NULL,
    stack TEXT NOT NULL,
    token BIGINT NOT NULL,
    holder_json TEXT,
    expires_at DOUBLE NOT NULL,
    CONSTRAINT pk_leases PRIMARY KEY (name)
);

CREATE INDEX ix_leases_stack ON leases (stack);

CREATE TABLE meta (
    name TEXT NOT NULL,
    value TEXT NOT NULL,
    CONSTRAINT pk_meta PRIMARY KEY (name)
);

CREATE TABLE registered_stacks (
    name TEXT NOT NULL,
    document TEXT NOT NULL,
    source TEXT NOT NULL,
    digest TEXT NOT NULL,
    version TEXT,
    registered_at TEXT NOT NULL,
    record_digest TEXT NOT NULL,
    CONSTRAINT pk_registered_stacks PRIMARY KEY (name)
);

CREATE TABLE acknowledgements (
    deployment_id INTEGER NOT NULL,
    address TEXT NOT NULL,
    digest TEXT NOT NULL,
    who TEXT NOT NULL,
    at TEXT NOT NULL,
    last_day TEXT NOT NULL,
    why TEXT NOT NULL,
    record_digest TEXT NOT NULL,
    CONSTRAINT pk_acknowledgements PRIMARY KEY (deployment_id, address),
    CONSTRAINT fk_acknowledgements_deployment_id FOREIGN KEY(deployment_id) REFERENCES deployments (id)
);

CREATE TABLE definitions (
    deployment_id INTEGER NOT NULL,
    digest TEXT NOT NULL,
    content TEXT NOT NULL,
    record_digest TEXT NOT NULL,
    CONSTRAINT pk_definitions PRIMARY KEY (deployment_id, digest),
    CONSTRAINT fk_definitions_deployment_id FOREIGN KEY(deployment_id) REFERENCES deployments (id)
);

CREATE TABLE looks (
    deployment_id INTEGER NOT NULL,
    at TEXT,
    who TEXT NOT NULL,
    resources INTEGER NOT NULL,
    findings_json TEXT NOT NULL,
    record_digest TEXT NOT NULL,
    CONSTRAINT pk_looks PRIMARY KEY (deployment_id),
    CONSTRAINT fk_looks_deployment_id FOREIGN KEY(deployment_id) REFERENCES deployments (id)
);

CREATE TABLE operations (
    id TEXT NOT NULL,
    deployment_id INTEGER NOT NULL,
    number INTEGER NOT NULL,
    kind TEXT NOT NULL,
    status TEXT NOT NULL,
    who TEXT NOT NULL,
    started_at TEXT NOT NULL,
    finished_at TEXT,
    serial_before BIGINT NOT NULL,
    serial_after BIGINT,
    plan_id TEXT,
    plan_digest TEXT,
    definition_digest TEXT,
    policy_digest TEXT,
    recorded_definition TEXT,
    CONSTRAINT pk_operations PRIMARY KEY (id),
    CONSTRAINT uq_operations_deployment_id_number UNIQUE (deployment_id, number),
    CONSTRAINT fk_operations_deployment_id FOREIGN KEY(deployment_id) REFERENCES deployments (id)
);

CREATE TABLE outputs (
    deployment_id INTEGER NOT NULL,
    component TEXT NOT NULL,
    values_json TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    CONSTRAINT pk_outputs PRIMARY KEY (deployment_id, component),
    CONSTRAINT fk_outputs_deployment_id FOREIGN KEY(deployment_id) REFERENCES deployments (id)
)
 WITHOUT ROWID;

CREATE TABLE resources (
    deployment_id INTEGER NOT NULL,
    address TEXT NOT NULL,
    generation INTEGER NOT NULL,
    status TEXT NOT NULL,
    creation_id TEXT NOT NULL,
    spec_digest TEXT NOT NULL,
    properties_json TEXT NOT NULL,
    outputs_json TEXT NOT NULL,
    dependencies_json TEXT NOT NULL,
    lifecycle_json TEXT NOT NULL,
    children_json TEXT NOT NULL,
    physical_id TEXT,
    component TEXT,
    serial BIGINT NOT NULL,
    created_at TEXT NOT NULL,
    updated_at TEXT NOT NULL,
    row_digest TEXT NOT NULL,
    CONSTRAINT pk_resources PRIMARY KEY (deployment_id, address, generation),
    CONSTRAINT fk_resources_deployment_id FOREIGN KEY(deployment_id) REFERENCES deployments (id)
)
 WITHOUT ROWID;

CREATE TABLE operation_changes (
    operation_id TEXT NOT NULL,
    address TEXT NOT NULL,
    action TEXT NOT NULL,
    position INTEGER NOT NULL,
    status TEXT NOT NULL,
    seconds DOUBLE NOT NULL,
    error TEXT,
    at TEXT NOT NULL,
    CONSTRAINT pk_operation_changes PRIMARY KEY (operation_id, address, action),
    CONSTRAINT fk_operation_changes_operation_id FOREIGN KEY(operation_id) REFERENCES operations (id)
)
 WITHOUT ROWID;

CREATE TABLE used_plans (
    plan_id TEXT NOT NULL,
    operation_id TEXT NOT NULL,
    used_at TEXT NOT NULL,
    CONSTRAINT pk_used_plans PRIMARY KEY (plan_id),
    CONSTRAINT fk_used_plans_operation_id FOREIGN KEY(operation_id) REFERENCES operations (id)
);
