from __future__ import annotations

from pathlib import Path

import pytest

from flowyml_infra.apply.engine import EngineContext, Subject
from flowyml_infra.apply.engines.local import LocalEngine
from flowyml_infra.resources.values import Secret
from tests.conformance.engine_suite import EngineSuite
from tests.support.local_engine import local_context, local_subject


class TestLocalEngine(EngineSuite):
    @pytest.fixture
    def engine(self) -> LocalEngine:
        return LocalEngine()

    @pytest.fixture
    def context(self, tmp_path: Path) -> EngineContext:
        return local_context(tmp_path)

    @pytest.fixture(params=["directory", "sqlite", "oci_registry"])
    def subject(self, request: pytest.FixtureRequest) -> Subject:
        return local_subject(request.param, "deep/down/it", labels={"team": "ml", "token": Secret("hush")})

    @pytest.fixture
    def changed(self, subject: Subject) -> dict[str, object]:
        own: dict[str, dict[str, object]] = {"directory": {"mode": "0700"}, "sqlite": {"journal_mode": "delete"}}
        return {**subject.properties, "labels": {"team": "data"}, **own.get(subject.kind.name, {})}
