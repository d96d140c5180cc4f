import pytest

from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resources.values import Secret
from tests.state.samples import other_master_key


def test_what_one_store_sealed_another_opens(store, open_again):
    sealed = store.sealer().seal(Secret({"user": "ü", "ports": [1, 2]}), "lineage/a")
    assert open_again().sealer().unseal(sealed, "lineage/a").value == {"user": "ü", "ports": [1, 2]}
    assert open_again().sealer().digest("x") == store.sealer().digest("x")
    assert open_again().sealer().sign(b"x") == store.sealer().sign(b"x")


def test_two_states_have_nothing_in_common(store, place, open_again):
    first = store.sealer().seal(Secret("x"), "c")
    place.execute("DELETE FROM data_keys")
    second = open_again().sealer()
    assert second.digest("x") != first.digest
    with pytest.raises(CorruptStateError):
        second.unseal(first, "c")


def test_another_master_key_is_refused_by_the_name_of_its_source(store, open_again):
    store.sealer()
    with pytest.raises(StateError, match="the key from another place does not open") as caught:
        open_again(key_source=other_master_key).sealer()
    assert caught.value.code == "state.key"


@pytest.mark.parametrize("column", ["id", "salt", "wrapped", "kdf"])
def test_a_damaged_data_key_is_refused(store, place, open_again, column):
    store.sealer()
    damage = "substr(wrapped, 1, 20) || 'AAAA' || substr(wrapped, 25)" if column == "wrapped" else f"{column} || 'x'"
    place.execute(f"UPDATE data_keys SET {column} = {damage}")
    with pytest.raises(StateError):
        open_again().sealer()


def test_a_state_without_secrets_needs_no_key(open_again, place):
    def absent(*, create):
        raise AssertionError("no key should be asked for")

    store = open_again(key_source=absent)
    store.append_events([])
    assert place.execute("SELECT * FROM data_keys") == []


def test_the_reader_opens_what_the_store_sealed(store, reader):
    sealed = store.sealer().seal(Secret("s"), "c")
    assert reader.sealer().unseal(sealed, "c").value == "s"
