"""A refresh dies just before or just after every commit to a real state; the next one does what is left to do."""

from __future__ import annotations

import shutil

import pytest

from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.support.killing import apply, exit_of, refresh_until_commit

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: few}
spec:
  provider: local
  resources:
    kept: {kind: directory, path: made/kept}
    changed: {kind: directory, path: made/changed}
    gone: {kind: directory, path: made/gone}
"""


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_commit_leaves_a_state_that_the_next_refresh_completes(place, processes, after):
    (place.root / "stacks").mkdir()
    (place.root / "stacks" / "few.yaml").write_text(MANIFEST)
    number, exit_code = 0, None
    while exit_code != 0:
        number += 1
        apply(str(place.root), "few")
        (place.root / "made/changed").chmod(0o700)
        shutil.rmtree(place.root / "made/gone")
        exit_code = exit_of(processes, refresh_until_commit, str(place.root), "few", number, after)
        assert exit_code in (0, 9)
        check(place)
    assert number > 3, "a refresh commits more often"


def check(place):
    with Project.open(place.root) as project:
        half = {
            row.address.name: row.properties["mode"]
            for row in project.reader().snapshot(DeploymentKey("few")).rows.values()
        }
        before, taken = {"kept": "0755", "changed": "0755", "gone": "0755"}, {"kept": "0755", "changed": "0700"}
        assert half in (before, taken), "all of it or nothing"
        drift = project.look("few")
        assert bool(drift.sighting.refreshed) == (half == before)
        if drift.sighting.refreshed:
            project.refresh(drift)
        actions = {change.address.name: change.action for change in project.plan("few").plan.changes}
        assert actions == {"kept": "noop", "changed": "update", "gone": "create"}
    assert place.audit().verify() == []
