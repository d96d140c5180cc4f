from __future__ import annotations

import copy
import dataclasses
import json
import pickle

import pytest

from flowyml_infra.errors import OutputError
from flowyml_infra.outputs.contracts import ArtifactStoreOutputs, ComputeOutputs, StackOutputs
from flowyml_infra.resources.values import Sealed, Secret, Unknown

CANARY = "canary-0815"
OUTPUTS = StackOutputs.of(
    {
        "artifact_store": {"uri": "file:///p/a", "path": "/p/a", "id": "a"},
        "metadata_store": {"uri": Secret(f"postgresql://u:{CANARY}@h/d")},
        "compute": {"backend": "local", "max_nodes": 4},
        "network": {"id": "net-1", "options": {"key": Secret(CANARY)}},
    }
)


def test_a_component_is_an_attribute_with_typed_outputs() -> None:
    store = OUTPUTS.artifact_store
    assert isinstance(store, ArtifactStoreOutputs)
    assert (store.uri, store.path) == ("file:///p/a", "/p/a")
    assert OUTPUTS["artifact_store"] is store
    assert isinstance(OUTPUTS.compute, ComputeOutputs)


def test_outputs_beyond_the_contract_are_attributes_too() -> None:
    assert OUTPUTS.artifact_store.id == "a"
    assert OUTPUTS.compute.max_nodes == 4
    assert OUTPUTS.network.id == "net-1"
    assert ("network" in OUTPUTS, "tracking" in OUTPUTS) == (True, False)
    assert set(OUTPUTS) == {"artifact_store", "metadata_store", "compute", "network"}


def test_an_optional_output_that_is_not_there_is_none() -> None:
    assert OUTPUTS.metadata_store.path is None


def test_a_secret_is_open_to_code_and_closed_to_eyes() -> None:
    assert OUTPUTS.metadata_store.uri == f"postgresql://u:{CANARY}@h/d"
    assert CANARY not in repr(OUTPUTS) + str(OUTPUTS) + repr(OUTPUTS.metadata_store) + repr(OUTPUTS.network)
    assert CANARY not in json.dumps(OUTPUTS.to_json())
    assert OUTPUTS.to_json()["metadata_store"] == {"uri": "(secret)"}
    assert OUTPUTS.to_json(show_secrets=True)["metadata_store"] == {"uri": f"postgresql://u:{CANARY}@h/d"}


def test_a_missing_output_names_the_closest() -> None:
    with pytest.raises(OutputError) as caught:
        _ = OUTPUTS.artifact_store.urii
    assert caught.value.message == "the component artifact_store has no output 'urii'"
    assert caught.value.hint == "did you mean 'uri'?"


def test_a_missing_component_names_those_there_are() -> None:
    with pytest.raises(OutputError) as caught:
        _ = OUTPUTS.container_registry
    assert caught.value.message == "the stack has no component 'container_registry'"
    assert caught.value.hint == "there is artifact_store, compute, metadata_store, network"
    with pytest.raises(OutputError) as caught:
        _ = OUTPUTS.artefact_store
    assert caught.value.hint == "did you mean 'artifact_store'?"


def test_hasattr_and_getattr_with_a_default_work() -> None:
    assert not hasattr(OUTPUTS, "tracking")
    assert getattr(OUTPUTS.artifact_store, "nothing", 7) == 7


def test_outputs_can_be_copied_and_pickled() -> None:
    assert copy.deepcopy(OUTPUTS) == OUTPUTS
    assert pickle.loads(pickle.dumps(OUTPUTS)) == OUTPUTS


def test_outputs_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        OUTPUTS.artifact_store.uri = "elsewhere"  # type: ignore[misc]


def test_a_contract_that_is_not_kept_is_an_error() -> None:
    with pytest.raises(OutputError, match="the component artifact_store gives no uri"):
        StackOutputs.of({"artifact_store": {"path": "/p"}})


@pytest.mark.parametrize("value", [Unknown(), Sealed("token", "digest")])
def test_a_value_that_is_not_in_the_clear_is_an_error(value: Unknown | Sealed) -> None:
    with pytest.raises(OutputError, match="no value in the clear"):
        StackOutputs.of({"artifact_store": {"uri": value}})
