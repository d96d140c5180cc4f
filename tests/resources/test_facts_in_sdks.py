"""The facts about resource types name types and inputs that the typed SDKs have."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from flowyml_infra.resources.catalogue import every_kind

FACTS = {child.facts.token: child.facts for kind in every_kind() for child in kind.children}


@pytest.mark.parametrize("token", sorted(FACTS))
def test_the_sdk_has_the_type_and_its_inputs(token: str) -> None:
    facts = FACTS[token]
    module, _, name = facts.sdk.rpartition(".")
    found = getattr(import_module(module), name)
    assert found.pulumi_type == token
    inputs = set(inspect.signature(found._internal_init).parameters)
    named = {
        path.partition(".")[0]
        for path in (*facts.required, *facts.replaces, *facts.sometimes, *facts.refused, *facts.in_place)
    }
    assert named <= inputs
    assert facts.name_input is None or facts.name_input.partition(".")[0] in inputs
