"""What only PostgreSQL has: connections over a network, roles and their rights, rows that are locked."""

import contextlib
import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.postgresql import answering, sessions
from flowyml_infra.errors import StateConflictError, StateError, StateForbiddenError, StateUnreachableError
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.state import open_reader, open_store
from flowyml_infra.state.grants import grants
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.store import PutRow
from tests.emulation.certificates import serving
from tests.emulation.postgresql_server import PASSWORD
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, address, applied, begin, definition, record, row

LEASE = "deployment:demo@default"


def refused(url, code):
    with pytest.raises(StateError) as caught:
        open_store(url)
    assert caught.value.code == code
    assert PASSWORD not in f"{caught.value} {caught.value.hint} {caught.value.detail}"
    return caught.value


def test_everything_is_in_a_schema_of_its_own(place, postgresql):
    with place.store() as store:
        record(store, PutRow(row("a")))
        assert store.url == place.url.replace(":p%40ss%3Aw%2Frd@", "@")
    assert postgresql.run("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'") == [(0,)]
    tables = "SELECT count(*) FROM pg_tables WHERE schemaname = %s"
    assert postgresql.run(tables, [place.url.partition("schema=")[2]])[0][0] > 10


def test_states_in_one_database_know_nothing_of_each_other(place, postgresql, tmp_path):
    other = PostgresPlace(tmp_path, postgresql.new_url())
    with place.store() as one, other.store() as two:
        record(one, PutRow(row("a")))
        assert two.deployments() == []
        two.acquire(KEY, "apply")
        one.acquire(KEY, "apply")


def test_tls_is_used_and_the_servers_certificate_is_checked_when_the_url_says_so(postgresql, tmp_path):
    url = postgresql.new_url()
    strict = {"sslmode": "verify-full", "sslrootcert": str(postgresql.authority), "application_name": "tls-test"}
    place = PostgresPlace(tmp_path, f"{url}&{'&'.join(f'{name}={value}' for name, value in strict.items())}")
    used = "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'tls-test'"
    with place.store():
        assert set(postgresql.run(used, user="postgres")) == {(True,)}
    stranger = tmp_path / "stranger.crt"
    stranger.write_bytes(serving().authority)
    error = refused(f"{url}&sslmode=verify-full&sslrootcert={stranger}", "state.unreachable")
    assert "SSL error" in error.message


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda url: url.replace("p%40ss", "wrong"), "password authentication failed"),
        (lambda url: url.replace("/team", "/elsewhere"), "elsewhere"),
        (lambda url: url.replace("127.0.0.1", "nowhere.invalid"), "nowhere.invalid"),
    ],
)
def test_a_server_that_does_not_let_in_is_told_at_once_and_by_name(postgresql, change, told):
    error = refused(change(postgresql.new_url()), "state.unreachable")
    assert told in error.message
    assert "sslmode" in error.hint


def test_a_schema_of_something_else_is_refused_and_left_alone(place, postgresql):
    schema = place.url.partition("schema=")[2]
    postgresql.run(f"CREATE SCHEMA {schema}")
    postgresql.run(f"CREATE TABLE {schema}.customers (name text)")
    refused(place.url, "state.foreign")
    assert postgresql.run("SELECT count(*) FROM pg_tables WHERE schemaname = %s", [schema]) == [(1,)]


def test_clients_that_make_the_state_at_once_make_one(place):
    with ThreadPoolExecutor(6) as threads:
        stores = list(threads.map(lambda _: place.open(), range(6)))
    assert place.execute("SELECT count(*) FROM audit_head") == [(1,)]
    for store in stores:
        store.close()


def test_deployments_that_begin_at_once_get_rows_of_their_own(place):
    with place.store() as store:
        keys = [DeploymentKey(f"stack-{number}") for number in range(8)]
        barrier = threading.Barrier(len(keys), timeout=60)

        def first(key):
            with place.store() as own:
                barrier.wait()
                record(own, PutRow(row("a", physical_id=key.stack)), key=key, lineage=key.stack)

        with ThreadPoolExecutor(len(keys)) as threads:
            list(threads.map(first, keys))
        assert store.deployments() == keys
        assert {store.snapshot(key).rows[address("a")].physical_id for key in keys} == {key.stack for key in keys}
        assert place.audit().verify() == []


def test_a_process_opens_few_connections_however_many_threads_it_has(place, postgresql):
    url = f"{place.url}&application_name=many"
    with closing(open_store(url)) as store, ThreadPoolExecutor(16) as threads:
        list(threads.map(lambda _: store.deployments(), range(64)))
        count = "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'many'"
        assert 1 <= postgresql.run(count, user="postgres")[0][0] <= sessions.CONNECTIONS


def test_nothing_is_left_set_on_a_connection_that_a_pooler_could_hand_on(place):
    with place.store() as store:
        record(store, PutRow(row("a")))
        (connection, *_) = store._database._sessions._idle
        settings = ("search_path", "lock_timeout", "statement_timeout", "idle_in_transaction_session_timeout")
        with psycopg.connect(connection.info.dsn, password=PASSWORD) as fresh:
            for setting in settings:
                sql = f"SHOW {setting}"
                assert connection.execute(sql).fetchone() == fresh.execute(sql).fetchone()
        assert connection.execute("SELECT count(*) FROM pg_prepared_statements").fetchone() == (0,)


def test_time_is_the_databases_whatever_the_clients_clock_says(place, monkeypatch):
    monkeypatch.setattr("time.time", lambda: 0.0)
    with place.store() as store:
        lease = store.acquire(KEY, "apply")
        ((left,),) = place.execute(
            f"SELECT expires_at - extract(epoch FROM now())::float8 FROM leases WHERE name = '{LEASE}'"
        )
        assert 0 < left <= 30
        assert store.alive(lease)


def test_a_lease_cannot_be_broken_under_a_write_that_passed_the_fence(place):
    """Breaking waits for the commit, so that nothing is written after it has come back."""
    with place.store() as store, place.store() as other:
        lease, operation = begin(store)
        held = Held(store._database)
        operation._database = held
        with ThreadPoolExecutor(2) as threads:
            write = threads.submit(operation.write, [PutRow(row("a"))])
            assert held.passed.wait(60)
            broken = threads.submit(other.break_lease, LEASE, "in a hurry", "somebody")
            waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted"
            while place.execute(waiting) == [(0,)]:
                assert not broken.done()
            held.go.set()
            assert write.result() == 1
            broken.result()
        with pytest.raises(StateConflictError):
            operation.write([PutRow(row("b"))])
        assert list(store.snapshot(KEY).rows) == [address("a")]
        assert not store.alive(lease)


class Held:
    """A database whose commits wait until they are let go."""

    def __init__(self, whole):
        self.whole, self.now, self.hold, self.url = whole, whole.now, whole.hold, whole.url
        self.passed, self.go = threading.Event(), threading.Event()

    @contextmanager
    def transaction(self):
        with self.whole.transaction() as execute:
            yield execute
            self.passed.set()
            assert self.go.wait(60)


def test_the_server_undoes_what_a_suspended_process_left_open(place, monkeypatch):
    """Otherwise who takes over its lease would wait for its row locks."""
    monkeypatch.setattr(sessions, "IDLE_SECONDS", 1)
    with place.store() as store, place.store() as other:
        _, operation = begin(store)
        held = Held(store._database)
        operation._database = held
        with ThreadPoolExecutor(1) as threads:
            write = threads.submit(operation.write, [PutRow(row("stale"))])
            assert held.passed.wait(60)
            place.expire(LEASE)
            record(other, PutRow(row("theirs")))
            held.go.set()
            with pytest.raises(StateConflictError):
                write.result()
        assert list(other.snapshot(KEY).rows) == [address("theirs")]


def test_a_role_with_the_printed_grants_can_apply_and_cannot_rewrite_history(place, postgresql):
    with place.store() as store:
        record(store, PutRow(row("a")))
        store.sealer()
    as_role = role(place, postgresql)
    with closing(as_role.open()) as store:
        lease, operation = begin(store)
        operation.write([PutRow(row("b"))])
        operation.finish("succeeded", events=[AuditEvent("StackApplied")])
        store.release(lease)
        store.register_stack(RegisteredStack("prod", "{}", "prod.yaml", "digest"))
        store.unregister_stack("prod")
        other = DeploymentKey("second")
        record(store, PutRow(row("c")), key=other, lineage="second")
        applied(store, definition("a"))
        place.execute("UPDATE definitions SET content = content || '0'")
        applied(store, definition("a"))
        store.sealer()
        store.acquire(KEY, "apply")
        store.break_lease(LEASE, "test", "test")
    for sql in (
        "DELETE FROM audit",
        "UPDATE audit SET who = 'nobody'",
        "DELETE FROM audit_head",
        "DELETE FROM operations",
        "DELETE FROM definitions",
        "DELETE FROM used_plans",
        "DELETE FROM data_keys",
        "UPDATE data_keys SET wrapped = ''",
        "UPDATE alembic_version SET version_num = '9'",
        "DELETE FROM deployments",
        "ALTER TABLE resources ADD COLUMN x text",
        "DROP TABLE audit",
        "CREATE TABLE more (x text)",
    ):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            as_role.execute(sql)


def test_a_role_that_may_only_read_looks_and_is_refused_the_rest(place, postgresql):
    with place.store() as store:
        record(store, PutRow(row("a")))
    as_role = role(place, postgresql, read_only=True)
    with closing(as_role.reader()) as reader:
        assert list(reader.snapshot(KEY).rows) == [address("a")]
        assert reader.history(KEY)
        assert reader.list_leases() == []
        with pytest.raises(StateError) as caught:
            reader.append_events([AuditEvent("PlanCreated")])
        assert caught.value.code == "state.readonly"
        assert "state grants" in caught.value.hint
        with pytest.raises(StateError):
            reader.acquire(KEY, "apply")


def role(place, server, *, read_only=False):
    name = f"worker_{place.url.partition('schema=')[2]}"
    server.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", user="postgres")
    for statement in grants(place.url.partition("schema=")[2], name, read_only=read_only):
        server.run(statement)
    return PostgresPlace(place.root, place.url.replace("//owner:", f"//{name}:"))


def test_only_its_owner_takes_a_whole_state_in_or_gives_it_away(place, postgresql, tmp_path):
    (tmp_path / "file").mkdir()
    with place.store():
        pass
    file, as_role = SqlitePlace(tmp_path / "file"), role(place, postgresql)
    with file.store() as store:
        record(store, PutRow(row("a")))
    with closing(as_role.open()) as theirs, file.store() as ours:
        tries = [
            lambda: ours.back_up_to(theirs),
            lambda: ours.move_to(theirs, "me"),
            lambda: theirs.move_to(ours, "me"),
        ]
        for attempt in tries:
            with pytest.raises(StateForbiddenError, match="permission denied") as caught:
                attempt()
            assert "owner of its schema" in caught.value.hint
            assert "state grants" not in caught.value.hint
        assert theirs.deployments() == []
        assert list(ours.snapshot(KEY).rows) == [address("a")]


def test_who_may_make_no_schema_is_told_what_its_owner_has_to_run(place, postgresql):
    name = f"guest_{place.url.partition('schema=')[2]}"
    postgresql.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", user="postgres")
    url = postgresql.new_url().replace("//owner:", f"//{name}:")
    error = refused(url, "state.readonly")
    assert f"{name} may make none" in error.message
    statement = error.hint.partition("owner of the database, ")[2]
    postgresql.run(statement)
    with closing(open_store(url)) as store:
        assert store.deployments() == []


def test_a_role_without_grants_is_told_how_to_get_them(place, postgresql):
    with place.store():
        pass
    name = f"stranger_{place.url.partition('schema=')[2]}"
    postgresql.run(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'", user="postgres")
    error = refused(place.url.replace("//owner:", f"//{name}:"), "state.readonly")
    assert "state grants" in error.hint


def test_a_closed_store_says_so(place):
    store = place.open()
    store.close()
    with pytest.raises(StateError) as caught:
        store.snapshot(KEY)
    assert caught.value.code == "state.closed"


def test_a_reader_of_a_server_that_is_not_there_waits_for_nothing(postgresql):
    url = postgresql.new_url().replace(f":{postgresql.port}/", ":1/")
    with pytest.raises(StateUnreachableError, match="refused"):
        open_reader(url)


def ask(store, sql):
    with store._database.transaction() as execute:
        return execute(sql, {}).fetchone()[0]


def test_a_server_that_hangs_is_given_up_on_and_the_next_one_is_another_connection(place, monkeypatch):
    """It is stopped, so that its machine still confirms every packet."""
    with place.store() as store:
        pid = ask(store, "SELECT pg_backend_pid()")
        monkeypatch.setattr(sessions, "RECONNECT_SECONDS", 0)
        os.kill(pid, signal.SIGSTOP)
        try:
            with monkeypatch.context() as patch:
                patch.setattr(answering, "ANSWER_SECONDS", 0.2)
                with pytest.raises(StateUnreachableError, match=r"has not answered for 0\.2 seconds"):
                    ask(store, "SELECT 1")
            assert ask(store, "SELECT pg_backend_pid()") != pid
        finally:
            os.kill(pid, signal.SIGCONT)


def test_a_statement_that_takes_too_long_is_ended_by_the_server(place, monkeypatch):
    monkeypatch.setattr(sessions, "STATEMENT_SECONDS", 0.5)
    with place.store() as store:
        with pytest.raises(StateError, match="statement timeout") as caught:
            ask(store, "SELECT pg_sleep(60)")
        assert caught.value.code == "state.slow"
        assert "load" in caught.value.hint
        assert ask(store, "SELECT 1") == 1


def test_a_transaction_in_which_an_error_was_swallowed_is_not_taken_for_committed(place):
    def swallow(database):
        with database.transaction() as execute, contextlib.suppress(psycopg.Error):
            execute("SELECT * FROM nowhere", {})

    with place.store() as store, pytest.raises(StateError, match="undid a transaction"):
        swallow(store._database)
