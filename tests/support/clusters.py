"""Short ways to kinds in a cluster: what they are, what a manifest makes of one, and what is wrong with it."""

from __future__ import annotations

from typing import Any

import pytest

from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.catalogue import NAMES, kind
from tests.support.clouds import bucket, expanded

HERE: dict[str, Any] = {"provider": "kubernetes", "location": {"namespace": "team-a"}}
KINDS = [kind("kubernetes", name) for name in NAMES["kubernetes"]]
EVERY = pytest.mark.parametrize("found", KINDS, ids=[item.name for item in KINDS])


def problem(**entry: Any) -> str:
    with pytest.raises(DefinitionError) as caught:
        expanded({**HERE, "resources": {"data": entry}})
    (found,) = caught.value.diagnostics
    return found.summary.removeprefix("spec.resources.data.")


def properties(**entry: Any) -> dict[str, Any]:
    return bucket(expanded({**HERE, "resources": {"data": entry}}))


def made(name: str, wanted: dict[str, Any]) -> set[str]:
    return {child.name for child in kind("kubernetes", name).children if child.wanted(wanted)}


def weaker(name: str, path: str, value: Any) -> str:
    item = kind("kubernetes", name).property(path)
    assert item is not None
    assert item.weakens is not None
    return item.weakens(value) or ""
