from __future__ import annotations

import pytest

from flowyml_infra.resources import catalogue
from tests.support.kinds import DATA, FAKE, NAMED
from tests.support.planning import Bed


@pytest.fixture(autouse=True)
def test_kinds(monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in (DATA, FAKE, NAMED):
        monkeypatch.setitem(catalogue.KINDS, kind.id, kind)


@pytest.fixture
def bed() -> Bed:
    return Bed()
