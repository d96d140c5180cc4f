from __future__ import annotations

import json
import stat

import pytest

from flowyml_infra.errors import StalePlanError
from flowyml_infra.plan.plan import PlanOptions


@pytest.fixture
def saved(folder, tmp_path):
    path = tmp_path / "today.plan"
    with folder.open() as project:
        project.plan("demo").save(path)
    return path


def apply(folder, path):
    with folder.open() as project:
        return project.apply(project.load_plan(path))


def test_a_saved_plan_does_what_it_said(folder, saved):
    assert len(apply(folder, saved).applied) == 3
    assert (folder.root / "data/scratch").is_dir()


def test_it_is_readable_by_its_owner_alone(saved):
    assert stat.S_IMODE(saved.stat().st_mode) == 0o600


def test_it_shows_what_it_showed_when_it_was_made(folder, saved):
    with folder.open() as project:
        document = project.load_plan(saved).to_json()
    assert document["summary"]["create"] == 3


def test_it_is_used_once(folder, saved):
    apply(folder, saved)
    with pytest.raises(StalePlanError):
        apply(folder, saved)


def test_it_is_used_once_even_when_the_state_looks_as_before(folder, tmp_path):
    folder.apply()
    path = tmp_path / "again.plan"
    folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
    with folder.open() as project:
        planned = project.plan("demo")
        planned.save(path)
        project.apply(planned)
        with pytest.raises(StalePlanError):
            project.apply(planned)


def test_it_is_refused_after_any_other_apply(folder, saved):
    folder.apply()
    with pytest.raises(StalePlanError, match="another deployment"):
        apply(folder, saved)


@pytest.mark.parametrize("position", [0.1, 0.3, 0.5, 0.7, 0.9])
def test_an_edited_one_is_refused(folder, saved, position):
    text = saved.read_text()
    place = next(i for i in range(int(len(text) * position), len(text)) if text[i].isdigit())
    saved.write_text(text[:place] + str((int(text[place]) + 1) % 10) + text[place + 1 :])
    with pytest.raises(StalePlanError):
        apply(folder, saved)
    assert not (folder.root / "data").exists()


def test_something_else_is_no_saved_plan(folder, tmp_path):
    path = tmp_path / "other.json"
    path.write_text(json.dumps({"format": 1}))
    with pytest.raises(StalePlanError, match="not a saved plan"):
        apply(folder, path)


def test_it_is_refused_by_another_state(folder, saved):
    for path in (folder.root / ".flowyml").glob("state.db*"):
        path.unlink()
    with pytest.raises(StalePlanError, match="another state"):
        apply(folder, saved)


def test_it_is_refused_when_its_source_was_edited(folder, saved):
    folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
    with pytest.raises(StalePlanError, match="changed since"):
        apply(folder, saved)
    assert not (folder.root / "data").exists()


def test_it_is_refused_when_the_policies_changed(folder, saved):
    folder.edit("flowyml.yaml", "required_labels: [team]", "required_labels: [team, owner]")
    with pytest.raises(StalePlanError, match="polic"):
        apply(folder, saved)
    assert not (folder.root / "data").exists()


def test_the_environment_of_the_applying_machine_does_not_matter(folder, tmp_path, monkeypatch):
    folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: '${DB_PASSWORD}'")
    monkeypatch.setenv("DB_PASSWORD", "canary-4711")
    path = tmp_path / "secret.plan"
    with folder.open() as project:
        project.plan("demo").save(path)
    assert b"canary-4711" not in path.read_bytes()
    monkeypatch.delenv("DB_PASSWORD")
    assert len(apply(folder, path).applied) == 3


def test_a_plan_with_a_look_at_the_world_keeps_what_it_saw(folder, tmp_path):
    folder.apply()
    (folder.root / "data/artifacts").chmod(0o700)
    path = tmp_path / "refreshed.plan"
    with folder.open() as project:
        project.plan("demo", options=PlanOptions(refresh=True)).save(path)
    assert [item.address.name for item in apply(folder, path).applied] == ["artifact_store"]
