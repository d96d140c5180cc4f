"""What runs and keeps things on AWS: the starter and a cluster, from the definition to the world and back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.e2e.engine.conftest import Ended, EngineProject
from tests.e2e.engine.pipelines import pipeline_runs, run_pipeline
from tests.emulation.plugin.aws import rds_server
from tests.emulation.postgresql_server import PostgresServer
from tests.emulation.servers import LOCALHOST

pytestmark = pytest.mark.engine
MANIFEST = Path("stacks/training.yaml")
QUEUE, SERVER, IMAGES = "aws.batch_queue.compute", "aws.database.metadata_store", "aws.registry.container_registry"
CLUSTER, NODES = "aws.cluster.control", "aws.node_group.workers"


def edit(change: dict[str, Any]) -> None:
    """Lay ``change`` over the spec of the starter's stack."""

    def laid(below: Any, above: Any) -> Any:
        if not isinstance(below, dict) or not isinstance(above, dict):
            return above
        return {**below, **{name: laid(below.get(name), item) for name, item in above.items()}}

    manifest = yaml.safe_load(MANIFEST.read_text())
    manifest["spec"] = laid(manifest["spec"], change)
    MANIFEST.write_text(yaml.safe_dump(manifest))


def actions(ended: Ended, of: str) -> dict[str, str]:
    assert ended.code == 0, ended.out + ended.err
    return {item["address"]: item["action"] for item in ended.document[of] if item["action"] != "noop"}


class World:
    """What there is, asked past the engine."""

    def __init__(self, project: EngineProject, postgresql: PostgresServer | None = None) -> None:
        self.aws, self.postgresql = project.aws, postgresql
        self.rds, self.ecr, self.eks, self.batch, self.ec2, self.iam = (
            project.aws.client(name) for name in ("rds", "ecr", "eks", "batch", "ec2", "iam")
        )

    def left(self) -> dict[str, Any]:
        """What would cost money or be in the way; the role that Batch makes for itself stays, as on AWS."""
        live = [{"Name": "state", "Values": ["pending", "available"]}]
        roles = [role for role in self.iam.list_roles()["Roles"] if "aws-service-role" not in role["Path"]]
        return {
            "servers": [item["DBInstanceIdentifier"] for item in self.rds.describe_db_instances()["DBInstances"]],
            "subnet groups": self.rds.describe_db_subnet_groups()["DBSubnetGroups"],
            "repositories": self.ecr.describe_repositories()["repositories"],
            "clusters": self.eks.list_clusters()["clusters"],
            "queues": self.batch.describe_job_queues()["jobQueues"],
            "machines": self.batch.describe_compute_environments()["computeEnvironments"],
            "networks": [item["VpcId"] for item in self.ec2.describe_vpcs()["Vpcs"]],
            "nats": self.ec2.describe_nat_gateways(Filters=live)["NatGateways"],
            "addresses": self.ec2.describe_addresses()["Addresses"],
            "roles": [role["RoleName"] for role in roles],
            "profiles": self.iam.list_instance_profiles()["InstanceProfiles"],
            "issuers": self.iam.list_open_id_connect_providers()["OpenIDConnectProviderList"],
            "secrets": self.aws.client("secretsmanager").list_secrets()["SecretList"],
            "buckets": [item["Name"] for item in self.aws.client("s3").list_buckets()["Buckets"]],
            "databases": self._names("SELECT datname FROM pg_database ORDER BY 1"),
            "roles in databases": self._names("SELECT rolname FROM pg_roles ORDER BY 1"),
        }

    def rows(self, sql: str) -> list[Any]:
        """What a statement gives in the database that RDS made, in the schema of the metadata store."""
        assert self.postgresql is not None
        with self.postgresql.connect("postgres", "flowyml") as connection:
            connection.execute("SET search_path TO flowyml_metadata")
            return connection.execute(sql).fetchall()

    def _names(self, sql: str) -> list[str]:
        if self.postgresql is None:
            return []
        with self.postgresql.connect("postgres", "postgres") as connection:
            return [row[0] for row in connection.execute(sql)]

    def server(self, name: str) -> dict[str, Any]:
        return dict(self.rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0])

    def machines(self) -> list[dict[str, Any]]:
        return list(self.batch.describe_compute_environments()["computeEnvironments"])

    def password(self, secret: str) -> str:
        value = self.aws.client("secretsmanager").get_secret_value(SecretId=secret)["SecretString"]
        return str(json.loads(value)["password"])


@pytest.fixture
def starter(project: EngineProject, postgresql: PostgresServer, unique: str) -> World:
    """The starter under a project name of its own, so that no two tests mean the same things; RDS has a real server."""
    project.monkeypatch.setenv(rds_server.VARIABLE, postgresql.administration)
    # Whoever runs pipelines knows the authority that RDS is certified by.
    project.monkeypatch.setenv("PGSSLROOTCERT", str(postgresql.authority))
    Path("flowyml.yaml").unlink()
    assert project.run("init --template aws").code == 0
    settings = yaml.safe_load(Path("flowyml.yaml").read_text())
    settings["project"]["name"] = unique
    Path("flowyml.yaml").write_text(yaml.safe_dump(settings))
    return World(project, postgresql)


def test_the_starter_is_made_used_changed_replaced_mended_and_taken_away(
    project: EngineProject, starter: World, unique: str
) -> None:
    before = starter.left()
    assert len(project.run("plan --json").document["changes"]) == 7
    made = project.run("apply --auto-approve --json")
    assert set(actions(made, "applied").values()) == {"create"}
    outputs = made.document["outputs"]
    name = outputs["metadata_store"]["id"]
    assert starter.postgresql is not None
    assert (outputs["metadata_store"]["host"], outputs["metadata_store"]["port"]) == (
        LOCALHOST,
        starter.postgresql.port,
    )
    place = f"postgresql://flowyml@{LOCALHOST}:{starter.postgresql.port}/flowyml?sslmode=require"
    assert outputs["metadata_store"]["uri"] == place
    server = starter.server(name)
    assert (server["StorageEncrypted"], server["PubliclyAccessible"], server["DeletionProtection"]) == (
        True,
        False,
        False,
    )
    assert server["DBSubnetGroup"]["VpcId"] == outputs["network"]["vpc_id"]
    (machines,) = starter.machines()
    assert machines["computeResources"]["instanceTypes"] == ["m5.xlarge"]
    assert machines["computeResources"]["maxvCpus"] == 16
    (queue,) = starter.batch.describe_job_queues(jobQueues=[outputs["compute"]["name"]])["jobQueues"]
    assert queue["computeEnvironmentOrder"][0]["computeEnvironment"] == machines["computeEnvironmentArn"]
    repository = outputs["container_registry"]["uri"].partition("/")[2]
    (images,) = starter.ecr.describe_repositories(repositoryNames=[repository])["repositories"]
    assert (images["imageTagMutability"], images["imageScanningConfiguration"]) == ("IMMUTABLE", {"scanOnPush": True})

    calls = project.every_call()
    assert "No changes" in project.run("plan").out
    assert project.every_call() == calls
    told = [made, *pipeline_runs(project, "training", outputs["artifact_store"]["name"], starter.rows)]
    assert_nowhere(project, starter.password(outputs["metadata_store"]["password_secret"]), *told)

    edit(
        {
            "compute": {"max_nodes": 6},
            "registry": {"keep_images": 20},
            "storage": {"metadata_store": {"size": "db.t4g.medium", "storage": 60}},
        }
    )
    planned = project.run("plan --json")
    assert actions(planned, "changes") == dict.fromkeys((QUEUE, SERVER, IMAGES), "update")
    changed = project.run("apply --auto-approve --json")
    assert actions(changed, "applied") == actions(planned, "changes")
    server = starter.server(name)
    assert (server["DBInstanceClass"], server["AllocatedStorage"]) == ("db.t4g.medium", 60)
    assert starter.machines()[0]["computeResources"]["maxvCpus"] == 24
    policy = starter.ecr.get_lifecycle_policy(repositoryName=repository)["lifecyclePolicyText"]
    assert json.loads(policy)["rules"][0]["selection"]["countNumber"] == 20
    told += [planned, changed]

    edit({"compute": {"preemptible": True}, "storage": {"metadata_store": {"username": "other"}}})
    planned = project.run("plan --json")
    assert actions(planned, "changes")[SERVER] == "replace"
    replaced = project.run("apply --auto-approve --json")
    assert actions(replaced, "applied") == actions(planned, "changes")
    assert starter.server(name)["MasterUsername"] == "other"
    # A new server knows nothing of the runs before, and has another password.
    assert not run_pipeline("training").steps["load"].cached
    assert starter.rows("SELECT count(*) FROM runs") == [(1,)]
    (machines,) = starter.machines()
    assert machines["computeResources"]["type"] == "SPOT"
    told += [planned, replaced]
    assert "No changes" in project.run("plan --refresh").out

    starter.rds.modify_db_instance(DBInstanceIdentifier=name, BackupRetentionPeriod=1, ApplyImmediately=True)
    starter.ecr.put_image_tag_mutability(repositoryName=repository, imageTagMutability="MUTABLE")
    drifted = project.run("plan --refresh --json")
    assert actions(drifted, "changes") == dict.fromkeys((SERVER, IMAGES), "update")
    assert project.run("plan --refresh --out mend.plan").code == 0
    mended = project.run("apply mend.plan --auto-approve --json")
    assert actions(mended, "applied") == actions(drifted, "changes")
    assert starter.server(name)["BackupRetentionPeriod"] == 7
    told += [drifted, mended]

    secret = project.run("output metadata_store --json").document["outputs"]["metadata_store"]["password_secret"]
    assert_nowhere(project, starter.password(secret), *told)
    edit({"storage": {"artifact_store": {"force_destroy": True}}})
    assert project.run("apply --auto-approve").code == 0
    assert project.run("destroy --auto-approve").code == 0
    assert starter.left() == before
    assert project.run("state list --json").document["resources"] == []
    copies = starter.rds.describe_db_snapshots(SnapshotType="manual")["DBSnapshots"]
    assert len([copy for copy in copies if copy["DBInstanceIdentifier"] == name]) == 2


def assert_nowhere(project: EngineProject, password: str, *told: Ended) -> None:
    """No password is told, and none rests in a file of the project or of the engine."""
    assert password
    for path in (item for item in project.root.parent.rglob("*") if item.is_file()):
        assert password.encode() not in path.read_bytes(), path
    assert not any(password in ended.out + ended.err for ended in told)


def test_a_cluster_and_its_nodes_are_made_changed_and_taken_away(project: EngineProject, unique: str) -> None:
    world = World(project)
    before = world.left()

    def declare(**changes: Any) -> None:
        key = {"kind": "key", "deletion_window": 7}
        control = {"kind": "cluster", "name": unique, "version": "1.33", "kms_key": "${resources.lock.outputs.arn}"}
        workers = {
            "kind": "node_group",
            "cluster": "${resources.control.outputs.name}",
            "name": "workers",
            "max_nodes": 2,
        }
        resources = {"lock": key, "control": control, "workers": workers}
        for name, change in changes.items():
            resources[name].update(change)
        project.declare(network={"cidr": "10.40.0.0/16"}, resources=resources)

    declare()
    made = project.apply()
    assert set(actions(made, "applied").values()) == {"create"}
    cluster = world.eks.describe_cluster(name=unique)["cluster"]
    assert cluster["resourcesVpcConfig"]["endpointPublicAccess"] is False
    subnets = world.ec2.describe_subnets(SubnetIds=cluster["resourcesVpcConfig"]["subnetIds"])["Subnets"]
    assert {subnet["VpcId"] for subnet in subnets} == {made.document["outputs"]["network"]["vpc_id"]}
    assert "No changes" in project.run("plan s --refresh").out

    declare(control={"version": "1.34", "logs": ["audit"]}, workers={"max_nodes": 4, "labels": {"pool": "cpu"}})
    planned = project.run("plan s --json")
    assert actions(planned, "changes") == dict.fromkeys((CLUSTER, NODES), "update")
    assert actions(project.apply(), "applied") == actions(planned, "changes")
    nodes = world.eks.describe_nodegroup(clusterName=unique, nodegroupName="workers")["nodegroup"]
    assert (nodes["scalingConfig"]["maxSize"], nodes["labels"]) == (4, {"pool": "cpu"})

    gpus = {"max_nodes": 4, "labels": {"pool": "gpu"}, "machine_type": "g4dn.xlarge"}
    declare(control={"version": "1.34", "logs": ["audit"]}, workers=gpus)
    planned = project.run("plan s --json")
    assert actions(planned, "changes") == {NODES: "replace"}
    assert actions(project.apply(), "applied") == {NODES: "replace"}
    nodes = world.eks.describe_nodegroup(clusterName=unique, nodegroupName="workers")["nodegroup"]
    assert (nodes["instanceTypes"], nodes["amiType"]) == (["g4dn.xlarge"], "AL2023_x86_64_NVIDIA")

    assert project.run("destroy s --auto-approve").code == 0
    assert world.left() == before
