"""An apply dies just before or just after every commit to a real state; the next one finishes what it began."""

from __future__ import annotations

import json

import pytest

from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.support.killing import apply, apply_until_commit

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


def declare(place, shade):
    (place.root / "stacks").mkdir(exist_ok=True)
    (place.root / "stacks" / "few.yaml").write_text(MANIFEST.replace("SHADE", shade))


def check_ledgers(place):
    with Project.open(place.root) as project:
        snapshot = project.reader().snapshot(DeploymentKey("few"))
        assert project.plan("few").empty
    assert len(snapshot.rows) == 4
    assert not snapshot.deposed
    assert {row.status for row in snapshot.rows.values()} == {"created"}
    made = (place.root / "made").rglob(".flowyml-resource.json")
    creations = sorted(json.loads(path.read_text())["creation_id"] for path in made)
    assert creations == sorted(row.creation_id for row in snapshot.rows.values())
    assert place.audit().verify() == []


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_commit_is_finished_by_the_next_apply(place, processes, after):
    declare(place, "red")
    apply(str(place.root), "few")
    shades = {"red": "blue", "blue": "red"}
    shade, number, exit_code = "red", 0, None
    while exit_code != 0:
        number += 1
        shade = shades[shade]
        declare(place, shade)
        child = processes.Process(target=apply_until_commit, args=(str(place.root), "few", number, after))
        child.start()
        child.join()
        exit_code = child.exitcode
        assert exit_code in (0, 9)
        apply(str(place.root), "few")
        check_ledgers(place)
    assert number > 6, "an apply of four changes commits more often"
