"""Owns the class of applies that die just before or just after a commit, at every commit there is."""

from __future__ import annotations

from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.reliability.failure_class import FailureClass, Ground
from tests.state.places import PostgresPlace, SqlitePlace
from tests.support.killing import apply, apply_until_commit, creations_below, exit_of

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: few}
spec:
  provider: local
  resources:
    kept: {kind: directory, path: made/kept}
    changed: {kind: directory, path: made/changed, labels: {shade: SHADE}, force_destroy: true}
    moved: {kind: directory, path: made/moved-SHADE, force_destroy: true}
    SHADE: {kind: directory, path: made/own-SHADE, force_destroy: true, depends_on: [local.directory.kept]}
"""
SHADES = {"red": "blue", "blue": "red"}


def declare(place: SqlitePlace | PostgresPlace, shade: str) -> None:
    (place.root / "stacks").mkdir(exist_ok=True)
    (place.root / "stacks" / "few.yaml").write_text(MANIFEST.replace("SHADE", shade))


def check_ledgers(place: SqlitePlace | PostgresPlace) -> None:
    with Project.open(place.root) as project:
        snapshot = project.reader().snapshot(DeploymentKey("few"))
        assert project.plan("few").empty
    assert len(snapshot.rows) == 4
    assert not snapshot.deposed
    assert {row.status for row in snapshot.rows.values()} == {"created"}
    assert creations_below(place.root / "made") == sorted(row.creation_id for row in snapshot.rows.values())
    assert place.audit().verify() == []


def run(ground: Ground) -> None:
    """A create, an update, a replacement and a deletion, cut off at each of their commits, twice."""
    for after in (False, True):
        place = ground.place()
        shade, number, exit_code = "red", 0, None
        declare(place, shade)
        apply(str(place.root), "few")
        while exit_code != 0:
            number += 1
            shade = SHADES[shade]
            declare(place, shade)
            exit_code = exit_of(ground.processes, apply_until_commit, str(place.root), "few", number, after)
            with ground.case(f"{'after' if after else 'before'} commit {number}"):
                assert exit_code in (0, 9)
                apply(str(place.root), "few")
                check_ledgers(place)


KILL_AT_COMMITS = FailureClass(
    "kill-at-commits",
    "an apply killed just before and just after each of its commits",
    "the next apply finishes it: nothing lost, unrecorded or made twice",
    run,
    short=16,
    full=16,
    whole=True,
)
