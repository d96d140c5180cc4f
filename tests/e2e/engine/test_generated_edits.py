"""What the plan says of an edit is what the engine does with it, for generated edits of every kind.

    FLOWYML_EDIT_ROUNDS=all pytest -n 0 tests/e2e/engine/test_generated_edits.py

One deployment has every kind twice. It is applied once; each round then begins at it and edits nearly every resource
at once. An edit is one resource in one round: one property that is changed or left out, or the resource itself that
comes or goes. Two rounds are run by default, and with the variable so many, or all.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowyml_infra.project import Project
from tests.e2e.engine.engine_view import view
from tests.e2e.engine.generated_edits import ENVIRONMENT, PROJECT, Generator, manifest
from tests.emulation.instant import surroundings

pytestmark = pytest.mark.engine
SEED = 20261126
ROUNDS = os.environ.get("FLOWYML_EDIT_ROUNDS", "2")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A project whose clouds make everything at once."""
    for name in [name for name in os.environ if name.startswith(surroundings.FOREIGN)]:
        if name != "FLOWYML_TEST_CACHE":
            monkeypatch.delenv(name)
    for name, value in {**surroundings.environment(tmp_path), **ENVIRONMENT}.items():
        monkeypatch.setenv(name, value)
    root = tmp_path / "project"
    (root / "stacks").mkdir(parents=True)
    (root / "flowyml.yaml").write_bytes(PROJECT)
    monkeypatch.chdir(root)
    yield root


def declare(root: Path, resources: dict[str, dict[str, object]]) -> None:
    (root / "stacks" / "s.yaml").write_text(json.dumps(manifest(resources)))


def test_the_plan_says_what_the_engine_does(folder: Path) -> None:
    generator = Generator(SEED)
    declare(folder, generator.base)
    with Project.open(folder) as project:
        project.apply(project.plan("s"))
    seen, wrong = 0, []
    for number in range(generator.longest if ROUNDS == "all" else int(ROUNDS)):
        edits, resources = generator.round(number)
        declare(folder, resources)
        with Project.open(folder) as project:
            planned = project.plan("s")
            engine = view(project, planned)
        by_name = {edit.resource: edit for edit in edits}
        for change in planned.changes:
            edit = by_name.get(change.address.name)
            if edit is not None:
                seen += 1
            found = engine[change.address]
            if change.action != found.action:
                wrong.append(
                    f"{edit or change.address}: the plan says {change.action}, the engine {found.action}: "
                    + ", ".join(f"{s.operation} {s.type.rpartition(':')[2]} {','.join(s.changed)}" for s in found.steps)
                )
    print(f"{seen} edits")
    assert not wrong, "\n".join(wrong)
