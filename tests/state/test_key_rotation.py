"""Changing the master key: both open the state meanwhile, a crash anywhere harms nothing, and nothing looks changed."""

import itertools
import multiprocessing
import os
from contextlib import closing
from dataclasses import replace

import pytest

from flowyml_infra.errors import CorruptStateError, StateError, StateLockedError
from flowyml_infra.resources.values import Secret, Variable
from flowyml_infra.state import resealing
from flowyml_infra.state.encryption.keyring import read_kept
from flowyml_infra.state.encryption.master_key import MasterKey, WrongKeyError, key_of, new_key
from flowyml_infra.state.key import DeploymentKey
from flowyml_infra.state.resealing import reseal
from flowyml_infra.state.row import encode_values
from flowyml_infra.state.store import PutOutputs, PutRow
from tests.state.places import PostgresPlace, SqlitePlace
from tests.state.samples import KEY, LINEAGE, MASTER, applied, begin, definition, master_key, record, row
from tests.support.killing import die_at, exit_of

NEW = MasterKey("the new place", "raw", bytes(range(100, 132)))
OTHER = DeploymentKey("other")
NAMES = [f"r{number}" for number in range(5)]


def new_master_key(*, create):
    return NEW


@pytest.fixture(params=["sqlite", "postgresql"])
def new_place(request, tmp_path):
    """Makes states that nobody has used."""
    if request.param == "postgresql":
        server = request.getfixturevalue("postgresql")
        return lambda: PostgresPlace(tmp_path, server.new_url())
    numbers = itertools.count()
    return lambda: SqlitePlace(tmp_path, f"sqlite:///{tmp_path}/{next(numbers)}.db")


@pytest.fixture
def place(new_place):
    return new_place()


@pytest.fixture
def filled(place):
    """Five rows with a secret each, and outputs with one."""
    with place.store() as store:
        for key, lineage in ((KEY, LINEAGE), (OTHER, "other-lineage")):
            record(store, *[PutRow(secret_row(store, name, lineage)) for name in NAMES], key=key, lineage=lineage)
            sealed = store.sealer().seal(Secret("out"), f"{lineage}/outputs/db")
            record(store, PutOutputs({"db": {"password": sealed}, "plain": {"uri": "x"}}), key=key, lineage=lineage)
    return place


def secret_row(store, name, lineage):
    sealed = store.sealer().seal(Secret(f"secret of {name}"), f"{lineage}/creation-of-{name}-1")
    return row(name, properties_json=encode_values({"password": sealed, "size": 3}))


def opened(store, key=KEY):
    snapshot = store.snapshot(key)
    found = {}
    for item in snapshot.rows.values():
        context = f"{snapshot.lineage}/{item.creation_id}"
        found[item.address.name] = store.sealer().unseal(item.properties["password"], context).value
    password = snapshot.outputs["db"]["password"]
    found["out"] = store.sealer().unseal(password, f"{snapshot.lineage}/outputs/db").value
    return found


EXPECTED = {**{name: f"secret of {name}" for name in NAMES}, "out": "out"}


def digests(store):
    snapshot = store.snapshot(KEY)
    return {item.address: item.properties["password"].digest for item in snapshot.rows.values()}


def tokens(store, key=KEY):
    return {item.properties["password"].token.split(".")[1] for item in store.snapshot(key).rows.values()}


def test_both_keys_open_the_state_until_the_old_one_is_retired(filled):
    with filled.store() as store:
        assert store.accept_key(NEW, "me")
        assert not store.accept_key(NEW, "me"), "again is nothing new"
        before, signature = digests(store), store.sealer().sign(b"x")
    for source in (master_key, new_master_key):
        with filled.store(key_source=source) as store:
            assert opened(store) == opened(store, OTHER) == EXPECTED
    with filled.store(key_source=new_master_key) as store:
        assert store.retire_keys("me") == 1
        assert store.retire_keys("me") == 0
        assert opened(store) == EXPECTED, "not sealed anew yet, and yet readable"
        old = tokens(store)
        assert reseal(store) == 2 * (len(NAMES) + 1)
        assert reseal(store) == 0
        assert opened(store) == opened(store, OTHER) == EXPECTED
        assert len(tokens(store)) == 1
        assert tokens(store).isdisjoint(old)
        assert digests(store) == before, "what did not change does not look changed"
        assert store.sealer().sign(b"x") == signature
        assert store.history(KEY)[0].kind == "state rotate-key"
    with filled.store() as store, pytest.raises(StateError, match="the key from the tests does not open") as caught:
        store.sealer()
    assert caught.value.code == "state.key"
    names = [event.name for event in filled.audit().get_events()]
    assert names.count("StateKeyAdded") == names.count("StateKeyRetired") == 1
    assert filled.audit().verify() == []


def test_the_old_key_opens_no_row_that_is_left(filled):
    with filled.store() as store:
        store.accept_key(NEW, "me")
    with filled.store(key_source=new_master_key) as store:
        store.retire_keys("me")
        with store._database.reading() as execute:
            kept = read_kept(execute)
    assert kept
    for item in kept:
        with pytest.raises(WrongKeyError):
            MASTER.unwrap(item.id, item.wrapped)
        assert len(NEW.unwrap(item.id, item.wrapped)) == 32


def test_a_key_is_added_only_by_who_has_one_and_only_where_there_is_something_to_open(place):
    with place.store() as store:
        with pytest.raises(StateError, match="nothing was ever sealed"):
            store.accept_key(NEW, "me")
        store.sealer()
    stranger = MasterKey("a stranger", "raw", bytes(32))
    with place.store(key_source=lambda *, create: stranger) as store:
        for change in (lambda: store.accept_key(NEW, "me"), lambda: store.retire_keys("me")):
            with pytest.raises(StateError, match="the key from a stranger does not open"):
                change()
    with place.store() as store:
        store.sealer()


def test_definitions_are_sealed_anew_too_and_read_as_before(place):
    secret, plain = (
        definition("a", secrets=("DB_PASSWORD",), outputs={"x": {"y": Variable("DB_PASSWORD", "dev")}}),
        definition("b"),
    )
    content = "SELECT content FROM definitions WHERE content LIKE 'enc:%'"
    with place.store() as store:
        digests = [applied(store, secret), applied(store, plain)]
        store.accept_key(NEW, "me")
        ((before,),) = place.execute(content)
    with place.store(key_source=new_master_key) as store:
        store.retire_keys("me")
        assert store.definition(KEY, digests[0]) == replace(secret, document={})
        assert reseal(store) == 1
        assert reseal(store) == 0
        ((after,),) = place.execute(content)
        assert before.split(".")[1] != after.split(".")[1]
        assert [store.definition(KEY, digest).definition_digest for digest in digests] == ["a", "b"]
        assert sorted(store.check_definitions(KEY)) == sorted(digests)
    with place.store(key_source=new_master_key, encrypt_rows=True) as store:
        assert reseal(store) == 1, "the one that was in the clear"
        assert reseal(store) == 0
        assert len(place.execute(content)) == 2
        assert store.definition(KEY, digests[1]) == replace(plain, document={})


def test_a_passphrase_takes_over_from_a_key_and_back(filled):
    phrase = key_of("correct horse battery staple", "the phrase")
    with filled.store() as store:
        store.accept_key(phrase, "me")
    with filled.store(key_source=lambda *, create: phrase) as store:
        store.retire_keys("me")
        reseal(store)
        assert opened(store) == EXPECTED
        store.accept_key(MASTER, "me")
    with filled.store() as store:
        assert store.retire_keys("me") == 2
        assert opened(store) == EXPECTED


def test_a_client_that_seals_under_an_older_data_key_does_no_harm(filled):
    """It opened the state before the change, and goes on after it."""
    with filled.store() as slow, filled.store() as store:
        slow.sealer()
        store.accept_key(NEW, "me")
        with filled.store(key_source=new_master_key) as finishing:
            finishing.retire_keys("me")
            reseal(finishing)
        record(slow, PutRow(secret_row(slow, "late", LINEAGE)))
        with filled.store(key_source=new_master_key) as after:
            assert opened(after)["late"] == "secret of late"
            assert reseal(after) == 1


def test_a_deployment_that_somebody_works_on_is_sealed_anew_later(filled):
    with filled.store() as store:
        store.accept_key(NEW, "me")
    with filled.store(key_source=new_master_key) as store:
        store.retire_keys("me")
        lease, operation = begin(store, OTHER, lineage="other-lineage")
        with pytest.raises(StateLockedError, match="other@default is locked"):
            reseal(store)
        assert len(tokens(store)) == 1
        operation.finish("succeeded")
        store.release(lease)
        assert reseal(store) == len(NAMES) + 1


def rotate_and_die(place, number, after):
    """The whole change, whose process ends at its ``number``-th commit."""
    resealing.BATCH = 2
    store = place.open()
    die_at(store._database, number, after=after)
    store.accept_key(NEW, "me")
    store = place.open(key_source=new_master_key)
    store.retire_keys("me")
    reseal(store)
    os._exit(0)


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_change_that_is_killed_at_any_commit_is_finished_by_the_next(new_place, after):
    context = multiprocessing.get_context("fork")
    number, exit_code = 0, None
    while exit_code != 0:
        number += 1
        place = new_place()
        fill(place)
        exit_code = exit_of(context, rotate_and_die, place, number, after)
        assert exit_code in (0, 9)
        with closing(opener(place)) as store:
            assert opened(store) == EXPECTED, "after any crash one of the keys opens everything"
            store.accept_key(NEW, "me")
        with place.store(key_source=new_master_key) as store:
            store.retire_keys("me")
            reseal(store)
            assert opened(store) == EXPECTED
            assert len(tokens(store)) == 1
            assert place.audit().verify() == []
    assert number > 5


def fill(place):
    with place.store() as store:
        record(store, *[PutRow(secret_row(store, name, LINEAGE)) for name in NAMES])
        sealed = store.sealer().seal(Secret("out"), f"{LINEAGE}/outputs/db")
        record(store, PutOutputs({"db": {"password": sealed}}))


def opener(place):
    """A store under whichever key opens it."""
    store = place.open()
    try:
        store.sealer()
    except StateError:
        store.close()
        store = place.open(key_source=new_master_key)
        store.sealer()
    return store


def test_a_secret_that_cannot_be_opened_stops_the_sealing_and_is_named(filled):
    with filled.store() as store:
        moved = secret_row(store, "r0", "another-lineage")
        record(store, PutRow(moved))
        store.accept_key(NEW, "me")
    with filled.store(key_source=new_master_key) as store:
        store.retire_keys("me")
        before = store.snapshot(KEY)
        with pytest.raises(CorruptStateError, match="creation-of-r0-1"):
            reseal(store)
        assert store.snapshot(KEY) == before


def test_the_new_key_comes_from_variables_of_its_own(tmp_path):
    with pytest.raises(StateError) as caught:
        new_key({})
    assert "FLOWYML_STATE_NEW_KEY" in caught.value.hint
    assert new_key({"FLOWYML_STATE_NEW_KEY": bytes(32).hex()}).source == "FLOWYML_STATE_NEW_KEY"
    path = tmp_path / "new.key"
    path.write_text("correct horse battery staple")
    assert str(path) in new_key({"FLOWYML_STATE_NEW_KEY_FILE": str(path)}).source
