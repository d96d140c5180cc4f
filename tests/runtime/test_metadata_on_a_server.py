"""What is a server's alone: its URL, TLS, rights, restarts, and the password that is looked up."""

from __future__ import annotations

import json
import sys
import uuid

import pytest

from flowyml_infra.errors import OutputError, StateError, StateUnreachableError, UsageError
from flowyml_infra.outputs.contracts import MetadataStoreOutputs
from flowyml_infra.runtime.binding import BoundStack
from flowyml_infra.runtime.metadata.access import metadata_access
from flowyml_infra.runtime.metadata.opening import open_metadata_store
from flowyml_infra.runtime.metadata.postgresql import ADDRESS_VARIABLE, SCHEMA
from flowyml_infra.runtime.metadata.records import Binding, RunRecord, StepRecord
from flowyml_infra.runtime.metadata.servers import CloudSQLMetadataStore, PostgreSQLMetadataStore
from tests.emulation.certificates import serving
from tests.emulation.postgresql_server import OWNER, PASSWORD, PostgresServer
from tests.emulation.servers import LOCALHOST, free_port


@pytest.fixture(autouse=True)
def _no_variables(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (ADDRESS_VARIABLE, "PGPASSWORD", "PGSSLROOTCERT"):
        monkeypatch.delenv(name, raising=False)


def record(name: str) -> RunRecord:
    return RunRecord(
        id=name,
        pipeline="train",
        status="running",
        who="me",
        host="here",
        pid=1,
        orchestrator="local",
        params={},
        binding=Binding(stack="prod", environment="default"),
        artifact_store="s3://a",
        started_at="t",
    )


@pytest.fixture
def database(postgresql: PostgresServer):
    """A database that nobody has used."""
    name = f"d{uuid.uuid4().hex[:12]}"
    with postgresql.connect("postgres", "postgres") as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {OWNER}")
    yield name
    with postgresql.connect("postgres", "postgres") as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_the_tables_are_in_a_schema_of_their_own_and_are_named_without_a_password(postgresql, database):
    named = PostgreSQLMetadataStore(host=LOCALHOST, database=database, user=OWNER, port=postgresql.port)
    store = open_metadata_store(named.uri, PASSWORD)
    store.begin(record("r1"))
    store.close()
    with postgresql.connect(OWNER, database) as connection:
        assert connection.execute(f"SELECT id, pipeline, stack FROM {SCHEMA}.runs").fetchall() == [
            ("r1", "train", "prod")
        ]
        assert connection.execute("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'").fetchone() == (0,)
    assert store.uri == named.uri
    assert PASSWORD not in repr(store)


def test_the_sockets_of_cloud_sql_are_understood():
    store = open_metadata_store(CloudSQLMetadataStore(instance="p:r:i", database="ml", user="me").uri, "x")
    assert store.uri == "postgresql://me@%2Fcloudsql%2Fp%3Ar%3Ai/ml"


def test_a_driver_of_sqlalchemy_in_the_url_is_let_be(postgresql):
    url = postgresql.new_url()
    open_metadata_store(url).begin(record("r1"))
    for scheme in ("postgres", "postgresql+psycopg2", "POSTGRESQL"):
        assert open_metadata_store(url.replace("postgresql", scheme)).run("r1").run.pipeline == "train"


@pytest.mark.parametrize("mode", ["require", "verify-full"])
def test_tls_is_as_the_url_asks_for_it(postgresql, mode):
    url = f"{postgresql.new_url()}&sslmode={mode}&sslrootcert={postgresql.authority}&application_name={mode}"
    store = open_metadata_store(url)
    store.begin(record("r1"))
    sql = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = %s"
    with postgresql.connect("postgres", "postgres") as connection:
        assert connection.execute(sql, (mode,)).fetchall() == [(True,)]
    store.close()


def test_a_known_authority_is_insisted_on_also_where_the_url_only_asks_for_tls(postgresql, tmp_path, monkeypatch):
    url = f"{postgresql.new_url()}&sslmode=require"
    foreign = tmp_path / "foreign.crt"
    foreign.write_bytes(serving().authority)
    monkeypatch.setenv("PGSSLROOTCERT", str(foreign))
    with pytest.raises(StateUnreachableError, match="SSL error"):
        open_metadata_store(url).begin(record("r1"))
    monkeypatch.setenv("PGSSLROOTCERT", str(postgresql.authority))
    open_metadata_store(url).begin(record("r1"))


def test_a_server_that_restarts_under_a_run_is_waited_for(postgresql):
    store = open_metadata_store(postgresql.new_url())
    store.begin(record("r1"))
    postgresql.stop()
    postgresql.start()
    store.finish_step("r1", StepRecord(name="a", status="succeeded"))
    store.finish("r1", "succeeded")
    assert [step.name for step in store.run("r1").steps] == ["a"]


def test_a_server_that_is_not_there_is_named_with_the_ways_to_it():
    url = f"postgresql://me:hunter2@127.0.0.1:{free_port()}/ml"
    with pytest.raises(StateUnreachableError, match="postgresql://me@127.0.0.1") as caught:
        open_metadata_store(url).runs()
    assert caught.value.code == "metadata.unreachable"
    assert ADDRESS_VARIABLE in caught.value.hint
    assert "hunter2" not in str(caught.value) + caught.value.hint


def test_a_wrong_password_is_refused_and_not_repeated(postgresql):
    url = postgresql.new_url().replace("p%40ss%3Aw%2Frd", "hunter2")
    with pytest.raises(StateError, match="password authentication failed") as caught:
        open_metadata_store(url).begin(record("r1"))
    assert "hunter2" not in str(caught.value)


def test_a_tunnel_is_used_and_the_server_is_still_the_one_that_is_named(postgresql, monkeypatch):
    url = postgresql.new_url().replace(f"{LOCALHOST}:{postgresql.port}", "db.training.svc:5432")
    monkeypatch.setenv(ADDRESS_VARIABLE, f"localhost:{postgresql.port}")
    store = open_metadata_store(url)
    store.begin(record("r1"))
    assert "db.training.svc" in store.uri
    # Another name than that in its certificate, however it is reached.
    strict = f"{url}&sslmode=verify-full&sslrootcert={postgresql.authority}"
    with pytest.raises(StateUnreachableError, match=r'does not match host name "db\.training\.svc"'):
        open_metadata_store(strict).begin(record("r2"))


@pytest.mark.parametrize("text", ["localhost", "localhost:http", "nowhere.invalid:5432"])
def test_a_tunnel_that_is_no_address_is_refused(text, monkeypatch):
    monkeypatch.setenv(ADDRESS_VARIABLE, text)
    with pytest.raises(UsageError, match=ADDRESS_VARIABLE) as caught:
        open_metadata_store("postgresql://me@db/ml")
    assert "127.0.0.1:15432" in caught.value.hint


def test_without_the_driver_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(StateError, match="psycopg") as caught:
        open_metadata_store("postgresql://me@db/ml")
    assert caught.value.code == "metadata.driver"
    assert "pip install 'flowyml-infra[postgresql]'" in caught.value.hint


def test_who_may_make_no_schema_is_told_what_to_ask_for_and_needs_no_more(postgresql, database):
    role = f"r{uuid.uuid4().hex[:12]}"
    url = f"postgresql://{role}:x@{LOCALHOST}:{postgresql.port}/{database}?schema=ours"
    with postgresql.connect("postgres", database) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN PASSWORD 'x'")
        with pytest.raises(StateError, match="permission denied") as caught:
            open_metadata_store(url).begin(record("r1"))
        assert caught.value.code == "metadata.forbidden"
        assert "CREATE SCHEMA" in caught.value.hint
        connection.execute("CREATE SCHEMA ours")
        with pytest.raises(StateError, match="no rights in the schema ours") as caught:
            open_metadata_store(url).runs()
        assert caught.value.code == "metadata.forbidden"
        connection.execute(f"ALTER SCHEMA ours OWNER TO {role}")
        store = open_metadata_store(url)
        store.begin(record("r1"))
        assert [item.id for item in store.runs()] == ["r1"]
        store.close()
        connection.execute(f"DROP OWNED BY {role}")
        connection.execute(f"DROP ROLE {role}")


def test_tables_of_something_else_are_left_alone(postgresql, database):
    with postgresql.connect(OWNER, database) as connection:
        connection.execute("CREATE TABLE runs (x text)")
        url = f"postgresql://{OWNER}@{LOCALHOST}:{postgresql.port}/{database}?schema=public"
        with pytest.raises(StateError, match="no metadata store"):
            open_metadata_store(url, PASSWORD).begin(record("r1"))
        assert connection.execute("SELECT count(*) FROM runs").fetchone() == (0,)


def test_a_text_that_the_server_cannot_keep_is_said_to_be_one(postgresql):
    store = open_metadata_store(postgresql.new_url())
    store.begin(record("r1"))
    with pytest.raises(StateError) as caught:
        store.start_step("r1", StepRecord(name="\0", status="running"))
    assert caught.value.code == "metadata.text"


@pytest.mark.parametrize(
    ("uri", "place", "password"),
    [
        ("postgresql://me:p%40ss@db:5432/ml?sslmode=require", "postgresql://me@db:5432/ml?sslmode=require", "p@ss"),
        ("postgresql://me:hunter2@one:1,two:2/ml", "postgresql://me@one:1,two:2/ml", "hunter2"),
        ("postgresql://db/ml?user=me&password=a%2Fb", "postgresql://db/ml?user=me", "a/b"),
        ("postgresql://db/ml?password=x", "postgresql://db/ml", "x"),
        ("postgresql://me@db/ml", "postgresql://me@db/ml", None),
        ("sqlite:////tmp/a:b@c.db", "sqlite:////tmp/a:b@c.db", None),
        ("/tmp/m.db", "/tmp/m.db", None),
    ],
)
def test_the_password_goes_apart_from_the_url_and_neither_is_shown(uri, place, password):
    access = metadata_access(MetadataStoreOutputs(uri=uri))
    assert (access.uri, access.password) == (place, password)
    assert password is None or password not in repr(access)


def test_a_bound_stack_shows_no_password_and_says_what_must_not_be_recorded():
    bound = BoundStack(
        name="s", artifact_store_uri="a", metadata_store_uri="postgresql://me@db/ml", metadata_password="pw"
    )
    assert "'pw'" not in repr(bound)
    assert "pw" in bound.secrets()


def test_a_password_beside_the_url_needs_no_escapes():
    given = MetadataStoreOutputs(uri="postgresql://me@db/ml", password="p@ss:w/rd")
    assert metadata_access(given).password == "p@ss:w/rd"


ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-AbCdEf"


def by_reference(reference: str, uri: str = "postgresql://me@db/ml") -> str | None:
    return metadata_access(MetadataStoreOutputs(uri=uri, password_secret=reference)).password


@pytest.fixture
def secrets_manager(aws, monkeypatch: pytest.MonkeyPatch):
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return aws.client("secretsmanager")


@pytest.mark.parametrize(
    "text", [json.dumps({"username": "me", "password": "p@ss"}), "p@ss"], ids=["as RDS keeps it", "alone"]
)
def test_the_password_is_read_when_a_run_is_bound(secrets_manager, unique, text):
    arn = secrets_manager.create_secret(Name=unique, SecretString=text)["ARN"]
    assert by_reference(arn) == "p@ss"
    secrets_manager.put_secret_value(SecretId=arn, SecretString="changed")
    assert by_reference(arn) == "changed"
    assert by_reference(arn, "postgresql://me:own@db/ml") == "own"


def test_a_secret_without_a_password_is_refused(secrets_manager, unique):
    arn = secrets_manager.create_secret(Name=unique, SecretString='{"user": "x"}')["ARN"]
    with pytest.raises(OutputError, match="no 'password'"):
        by_reference(arn)


def test_a_secret_that_cannot_be_read_is_named_with_the_right_that_is_missing(secrets_manager):
    with pytest.raises(OutputError, match="ResourceNotFoundException") as caught:
        by_reference(ARN)
    assert f"secretsmanager:GetSecretValue on {ARN}" in caught.value.hint


def test_without_the_library_of_the_cloud_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "botocore.session", None)
    with pytest.raises(OutputError) as caught:
        by_reference(ARN)
    assert "flowyml-infra[aws]" in caught.value.hint


def test_a_reference_to_another_keeper_leaves_the_driver_to_find_the_password(monkeypatch):
    with pytest.raises(OutputError, match="vault:db") as caught:
        by_reference("vault:db")
    assert "PGPASSWORD" in caught.value.hint
    monkeypatch.setenv("PGPASSWORD", "x")
    assert by_reference("vault:db") is None
