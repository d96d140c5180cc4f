"""What the plan says of an edit is what the engine does with it, for generated edits of every kind.

    FLOWYML_EDIT_ROUNDS=all pytest -n 0 -s tests/e2e/engine/test_generated_edits.py

One deployment has every kind on AWS and Kubernetes twice. It is applied once; each round then begins at it and edits
nearly every resource at once. An edit is one resource in one round: one property that is changed or left out, or the
resource itself that comes or goes. Two rounds are run by default, and with the variable so many, those from one to
another (``8-12``), or all that there are.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from flowyml_infra.apply.engine import PartStep
from flowyml_infra.plan.changes import Change
from flowyml_infra.project import Planned, Project
from flowyml_infra.resources.catalogue import every_kind, find_kind, kind
from tests.e2e.engine.engine_view import Seen, view
from tests.e2e.engine.generated_edits import ENVIRONMENT, MORE, PROJECT, Edit, Generator, manifest
from tests.emulation.instant import surroundings

pytestmark = pytest.mark.engine
SEED = 20261126
ROUNDS = os.environ.get("FLOWYML_EDIT_ROUNDS", "2")
ON_PURPOSE: Mapping[tuple[str, str], tuple[str, str]] = {
    # The subnets would be cut otherwise, and overlap with those that are there, which AWS refuses.
    ("aws.network", "zones"): ("replace", "update"),
    # Without a value the cluster has no entry, but what the resource gives to others is the name of it.
    ("kubernetes.secret", "key"): ("update", "noop"),
}
"""By kind and property: what the plan and the engine say where they differ and are meant to."""


@pytest.fixture(scope="module")
def generator() -> Generator:
    """The edits."""
    return Generator(SEED)


@pytest.fixture(scope="module")
def applied(tmp_path_factory: pytest.TempPathFactory, generator: Generator) -> Iterator[Path]:
    """A project whose clouds make everything at once, with every kind applied."""
    folder = tmp_path_factory.mktemp("edits")
    root = folder / "project"
    (root / "stacks").mkdir(parents=True)
    (root / "flowyml.yaml").write_bytes(PROJECT)
    declare(root, generator.base)
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(surroundings.FOREIGN)]:
            if name != "FLOWYML_TEST_CACHE":
                patch.delenv(name)
        for name, value in {**surroundings.environment(folder), **ENVIRONMENT}.items():
            patch.setenv(name, value)
        patch.chdir(root)
        with Project.open(root) as project:
            project.apply(project.plan("s"))
        yield root


def declare(root: Path, resources: Mapping[str, Mapping[str, object]]) -> None:
    (root / "stacks" / "s.yaml").write_text(json.dumps(manifest(resources)))


def test_every_kind_with_a_program_is_edited(generator: Generator) -> None:
    assert set(MORE) == {found.id for found in every_kind() if found.provider in ("aws", "kubernetes")}
    edited = {(generator.kind(edit), edit.property) for edit in generator.every()}
    # The context is how this machine calls the cluster; the two names can only be chosen once, which the plan refuses.
    never = {("kubernetes.database", "database"), ("kubernetes.database", "username")}
    known = {
        (id_, item.name) for id_ in MORE for item in kind(*id_.split(".")).properties if item.name != "kube_context"
    }
    assert known - edited == never


def test_the_plan_says_what_the_engine_does(applied: Path, generator: Generator) -> None:
    rounds = chosen(generator)
    seen: Counter[str] = Counter()
    wrong: list[str] = []
    for number in rounds:
        edits, resources = generator.round(number)
        declare(applied, resources)
        with Project.open(applied) as project:
            planned = project.plan("s")
            engine = view(project, planned)
            previewed = project.preview(planned) if number == rounds.start else None
        by_name = {edit.resource: edit for edit in edits}
        for change in planned.changes:
            edit, found = by_name.get(change.address.name), engine[change.address]
            wrong += disagreement(change, edit, found)
            if edit is not None:
                seen[change.action] += 1
        if previewed is not None:
            wrong += unlike(previewed)
    print(f"{seen.total()} edits in {len(rounds)} rounds: {dict(seen)}")
    assert not wrong, "\n".join(wrong)
    assert seen.total() >= 35 * min(len(rounds), 5) or rounds.start > 0


def chosen(generator: Generator) -> range:
    if ROUNDS == "all":
        return range(generator.longest)
    first, _, last = ROUNDS.rpartition("-")
    return range(int(first), int(last) + 1) if first else range(int(last))


def disagreement(change: Change, edit: Edit | None, found: Seen) -> list[str]:
    """What the plan and the engine say of an address, where that is not the same."""
    said = (change.action, found.action)
    meant = ON_PURPOSE.get((find_kind(change.address).id, edit.property if edit else ""))
    if found.action == change.action or said == meant:
        return []
    parts = ", ".join(f"{step.operation} {step.type} {' '.join(step.changed)}" for step in found.steps)
    return [f"{edit or change.address}: the plan says {change.action}, the engine {found.action} ({parts})"]


def unlike(previewed: Planned) -> list[str]:
    """The addresses at which ``plan --preview`` shows something else than the plan says."""
    shown = previewed.preview or {}
    pairs = ((change, operations(change, shown.get(change.address, ()))) for change in previewed.changes)
    return [
        f"{change.address}: {change.action}, and --preview shows {found}"
        for change, found in pairs
        if not fits(change, found)
    ]


def operations(change: Change, steps: Sequence[PartStep]) -> set[str]:
    """What is done to the primary part."""
    (primary,) = (child.facts.token for child in find_kind(change.address).children if child.primary)
    return {step.operation for step in steps if step.type == primary}


def fits(change: Change, found: set[str]) -> bool:
    expected = {"create": [{"create"}], "delete": [{"delete"}], "replace": [{"create", "delete"}], "noop": [set()]}
    return found in expected.get(change.action, [set(), {"update"}])


def test_an_apply_without_changes_does_not_ask_the_engine(
    applied: Path, generator: Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = tmp_path / "asked"
    (tmp_path / "pulumi").write_text(f'#!/bin/sh\necho "$@" >> {asked}\nexit 1\n')
    (tmp_path / "pulumi").chmod(0o755)
    monkeypatch.setenv("FLOWYML_PULUMI", str(tmp_path / "pulumi"))
    declare(applied, generator.base)
    with Project.open(applied) as project:
        planned = project.plan("s")
        assert planned.empty
        project.apply(planned)
    assert not asked.exists()
    declare(applied, {**generator.base, "more": {"kind": "key", "provider": "aws"}})
    with Project.open(applied) as project, pytest.raises(Exception, match="pulumi"):
        project.apply(project.plan("s"))
    assert asked.exists(), "this is where it would have been asked"
