"""What tells our things on AWS from those of others."""

from __future__ import annotations

import inspect
from importlib import import_module

import pytest

from flowyml_infra.apply.engines.pulumi.programs import load_program, mark_of
from flowyml_infra.resources.catalogue import every_kind

AWS = [kind for kind in every_kind() if kind.provider == "aws"]
TYPES = {child.facts.token: child.facts.sdk for kind in AWS for child in kind.children}
PROGRAM = load_program("aws")
FINDABLE = sorted({*PROGRAM.IDS, *PROGRAM.FINDERS} & TYPES.keys())


@pytest.mark.parametrize("token", FINDABLE)
def test_what_can_carry_tags_and_has_none_of_ours_is_foreign(token: str) -> None:
    package, module, name = TYPES[token].rsplit(".", 2)
    found = getattr(import_module(f"{package}.{module}"), name)
    taggable = "tags" in inspect.signature(found._internal_init).parameters
    assert mark_of(token, {}) == ("" if taggable else None)
    assert mark_of(token, {"tags": {"flowyml:creation": "a"}}) == ("a" if taggable else None)
