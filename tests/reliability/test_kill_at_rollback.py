"""The apply of a way back dies just before or after every commit to a real state; planned again, it is completed."""

from __future__ import annotations

import pytest

from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.support.killing import apply, creations_below, exit_of, roll_back_until_commit

KEY = DeploymentKey("few")
MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: few}
spec:
  provider: local
  resources:
    kept: {kind: directory, path: made/kept}
    changed: {kind: directory, path: made/changed, labels: {shade: SHADE}}
    SHADE: {kind: directory, path: made/SHADE, force_destroy: true}
"""


def declare(place, shade):
    (place.root / "stacks").mkdir(exist_ok=True)
    (place.root / "stacks" / "few.yaml").write_text(MANIFEST.replace("SHADE", shade))
    apply(str(place.root), "few")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_commit_leaves_a_state_from_which_the_way_back_goes_on(place, processes, after):
    declare(place, "red")
    number, exit_code = 0, None
    while exit_code != 0:
        number += 1
        declare(place, "blue")
        exit_code = exit_of(processes, roll_back_until_commit, str(place.root), "few", number, after)
        assert exit_code in (0, 9)
        check(place)
    assert number > 4, "an apply commits more often"


def check(place):
    with Project.open(place.root) as project:
        history = project.reader().history(KEY, limit=None)
        recorded = {item.recorded_definition for item in history} - {None}
        assert set(project.reader().check_definitions(KEY)) == recorded
        assert len(recorded) == 2
        project.apply(project.plan_rollback(KEY, history[-1].id).planned)
        assert project.plan_rollback(KEY, history[-1].id).planned.empty
        rows = project.reader().snapshot(KEY).rows
    assert sorted(address.name for address in rows) == ["changed", "kept", "red"]
    assert {row.status for row in rows.values()} == {"created"}
    assert creations_below(place.root / "made") == sorted(row.creation_id for row in rows.values())
    assert place.audit().verify() == []
