import pytest

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resolution.registered import RegisteredStack

PROD = RegisteredStack("prod", "kind: StackDefinition\n", "stacks/prod.yaml", "digest-1", "2.1.0")
DEV = RegisteredStack("dev", "{}", "dev.yaml", "digest-2")


def test_a_registered_stack_is_found_by_name_by_store_and_reader(store, reader):
    assert reader.registered_stack("prod") is None
    store.register_stack(PROD)
    store.register_stack(DEV)
    for port in (store, reader):
        assert port.registered_stack("prod") == PROD
        assert port.registered_stacks() == [DEV, PROD]
        assert port.registered_stack("pro") is None


def test_registering_again_replaces(store):
    newer = RegisteredStack("prod", "kind: Stack\n", "elsewhere", "digest-3", None)
    store.register_stack(PROD)
    store.register_stack(newer)
    assert store.registered_stacks() == [newer]


def test_unregistering_removes_and_a_wrong_name_is_an_error(store, place):
    store.register_stack(PROD, events=[AuditEvent("StackRegistered", "prod")])
    with pytest.raises(StateError) as caught:
        store.unregister_stack("prd", events=[AuditEvent("StackUnregistered", "prd")])
    assert "prod" in caught.value.hint
    store.unregister_stack("prod", events=[AuditEvent("StackUnregistered", "prod")])
    assert store.registered_stacks() == []
    chain = place.audit()
    assert [(event.name, event.stack) for event in chain.get_events()] == [
        ("StackRegistered", "prod"),
        ("StackUnregistered", "prod"),
    ]


@pytest.mark.parametrize("column", ["name", "document", "source", "digest", "version"])
def test_a_damaged_record_is_not_given_out_nor_taken_for_absent(store, reader, place, column):
    store.register_stack(PROD)
    place.execute(f"UPDATE registered_stacks SET {column} = {column} || 'x'")
    for port in (store, reader):
        with pytest.raises(CorruptStateError):
            port.registered_stack("prod")
