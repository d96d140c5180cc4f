"""The way back to an earlier definition: planned from what is recorded, applied once, under today's rules."""

from __future__ import annotations

import json

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import (
    CorruptStateError,
    PlanError,
    PolicyDeniedError,
    ResolutionError,
    StalePlanError,
    StateError,
)
from flowyml_infra.plan.plan import PlanOptions
from flowyml_infra.state.key import DeploymentKey
from tests.state.places import PostgresPlace, SqlitePlace

KEY = DeploymentKey("demo")
MORE = "      labels: {purpose: other}\n    more: {kind: directory, path: data/more, force_destroy: true}"


@pytest.fixture(params=["sqlite", "postgresql"])
def place(request, folder, monkeypatch):
    if request.param == "sqlite":
        return SqlitePlace(folder.root, f"sqlite:///{folder.root}/.flowyml/state.db")
    made = PostgresPlace(folder.root, request.getfixturevalue("postgresql").new_url())
    monkeypatch.setenv("FLOWYML_STATE_URL", made.url)
    return made


@pytest.fixture
def changed(folder, place):
    """A folder whose stack was applied twice: with `more`, and another label, the second time."""
    folder.edit("stacks/demo.yaml", "path: data/scratch\n", "path: data/scratch\n      force_destroy: true\n")
    folder.apply()
    folder.edit("stacks/demo.yaml", "      labels: {purpose: scratch}", MORE)
    folder.apply()
    return folder


def back(folder, to=None, key=KEY, **options):
    with folder.open() as project:
        return project.plan_rollback(key, to, options=PlanOptions(**options)).planned


def save(folder, path, to=None):
    with folder.open() as project:
        project.plan_rollback(KEY, to).planned.save(path)
    return path


def apply(folder, path):
    with folder.open() as project:
        return project.apply(project.load_plan(path))


def actions(planned):
    return {change.address.name: change.action for change in planned.changes if change.action != "noop"}


def test_there_and_back_again(changed, tmp_path):
    assert actions(back(changed)) == {"scratch": "update", "more": "delete"}
    path = save(changed, tmp_path / "back.plan")
    result = apply(changed, path)
    assert {(item.address.name, item.action) for item in result.applied} == {("scratch", "update"), ("more", "delete")}
    assert not (changed.root / "data/more").exists()
    with changed.open() as project:
        rows = project.show("demo").rows
        assert {row.properties["labels"].get("purpose") for row in rows.values()} == {None, "scratch"}
        again = project.plan("demo")
    assert actions(again) == {"scratch": "update", "more": "create"}, "the manifest still says what it said"
    assert actions(back(changed)) == {"scratch": "update", "more": "create"}, "and the way back leads there"


def test_what_is_shown_says_what_it_goes_back_to(changed):
    with changed.open() as project:
        way = project.plan_rollback(KEY)
        oldest = project.reader().history(KEY)[-1]
    assert way.operation.id == oldest.id
    document = way.planned.to_json()
    assert document["rollback"] == {"operation": oldest.id, "definition": oldest.recorded_definition}
    assert document["definition"]["source"] == f"stacks/demo.yaml as of operation {oldest.id}"
    assert way.definition == "stacks/demo.yaml"


def test_it_is_on_record(changed, place, tmp_path):
    apply(changed, save(changed, tmp_path / "back.plan"))
    with changed.open() as project:
        newest, _, oldest = project.reader().history(KEY)
    assert newest.recorded_definition == oldest.recorded_definition
    assert newest.definition_digest == oldest.definition_digest
    events = place.audit().get_events()
    (planned,) = [event for event in events if event.name == "PlanCreated" and "rollback" in event.data]
    assert planned.data["rollback"]["operation"] == oldest.id
    assert events[-1].name == "StackApplied"
    assert events[-1].data["definition_digest"] == oldest.definition_digest
    assert place.audit().verify() == []


def test_it_does_not_depend_on_files(changed, tmp_path):
    path = save(changed, tmp_path / "back.plan")
    changed.write("stacks/demo.yaml", "nonsense: [")
    assert len(apply(changed, path).applied) == 2
    assert actions(back(changed)) == {"scratch": "update", "more": "create"}


def test_a_target_alone_goes_back(changed):
    assert actions(back(changed, targets=(Address("local.directory.more"),))) == {"more": "delete"}


def test_with_a_look_at_the_world(changed):
    (changed.root / "data/artifacts").chmod(0o700)
    assert actions(back(changed, refresh=True)) == {"scratch": "update", "more": "delete", "artifact_store": "update"}


def test_it_is_used_once(changed, tmp_path):
    path = save(changed, tmp_path / "back.plan")
    with changed.open() as project:
        planned = project.load_plan(path)
        project.apply(planned)
        with pytest.raises(StalePlanError):
            project.apply(planned)
    with pytest.raises(StalePlanError, match="stale or was applied before"):
        apply(changed, path)


def test_it_is_refused_when_the_deployment_has_moved_on(changed, tmp_path):
    path = save(changed, tmp_path / "back.plan")
    changed.edit("stacks/demo.yaml", "purpose: other", "purpose: third")
    changed.apply()
    with pytest.raises(StalePlanError):
        apply(changed, path)
    assert (changed.root / "data/more").is_dir()


def test_an_edited_one_is_refused(changed, tmp_path):
    path = save(changed, tmp_path / "back.plan")
    document = json.loads(path.read_text())
    document["plan"] = document["plan"].replace('"scratch"', '"other"')
    path.write_text(json.dumps(document))
    with pytest.raises(StalePlanError, match="edited"):
        apply(changed, path)


def test_the_policies_of_today_judge_it(changed, tmp_path):
    path = save(changed, tmp_path / "back.plan")
    changed.edit("flowyml.yaml", "required_labels: [team]", "required_labels: [team, owner]")
    with pytest.raises(StalePlanError, match="policies changed"):
        apply(changed, path)
    refused = back(changed)
    assert refused.decision.outcome == "deny"
    with changed.open() as project, pytest.raises(PolicyDeniedError):
        project.apply(refused)
    assert (changed.root / "data/more").is_dir()


def test_the_protection_of_today_holds(changed, tmp_path):
    path = save(changed, tmp_path / "back.plan")
    changed.edit(
        "flowyml.yaml", "  production: {stack: demo}", "  production: {stack: demo}\n  default: {protect: true}"
    )
    with pytest.raises(PlanError, match="protected"):
        back(changed)
    with pytest.raises(StalePlanError, match="protected since the plan was made") as caught:
        apply(changed, path)
    assert caught.value.code == "plan.protection_changed"
    assert (changed.root / "data/more").is_dir()


def test_what_moved_since_moves_back(changed, tmp_path):
    changed.edit("stacks/demo.yaml", "    more:", "    renamed:")
    text = (changed.root / "stacks/demo.yaml").read_text()
    moved = "  moved:\n    - {from: local.directory.more, to: local.directory.renamed}\n"
    changed.write("stacks/demo.yaml", text + moved)
    changed.apply()
    creation = (changed.root / "data/more/.flowyml-resource.json").read_text()
    planned = back(changed)
    assert actions(planned) == {}
    assert [(str(move.source), str(move.target)) for move in planned.plan.moves] == [
        ("local.directory.renamed", "local.directory.more")
    ]
    apply(changed, save(changed, tmp_path / "back.plan"))
    with changed.open() as project:
        assert "local.directory.more" in project.show("demo").rows
    assert (changed.root / "data/more/.flowyml-resource.json").read_text() == creation


def test_what_was_destroyed_comes_back_as_it_was(changed, tmp_path):
    with changed.open() as project:
        project.apply(project.plan("demo", options=PlanOptions(destroy=True)))
    assert set(actions(back(changed)).values()) == {"create"}
    apply(changed, save(changed, tmp_path / "back.plan"))
    assert (changed.root / "data/more").is_dir()
    with changed.open() as project:
        assert project.plan("demo").empty


def test_an_apply_of_nothing_but_another_definition_is_no_operation(changed):
    with changed.open() as project:
        before = len(project.reader().history(KEY))
    changed.edit("stacks/demo.yaml", 'version: "1.0.0"', 'version: "1.0.1"')
    changed.apply()
    with changed.open() as project:
        assert len(project.reader().history(KEY)) == before


def test_another_environment_has_a_history_of_its_own(changed):
    with changed.open() as project, pytest.raises(StateError, match="no earlier definition"):
        project.plan_rollback(DeploymentKey("demo", "production"))


def test_an_environment_that_is_gone_is_not_gone_back_to(folder):
    folder.apply(env="production")
    folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
    folder.apply(env="production")
    folder.edit("flowyml.yaml", "  production: {stack: demo}", "  staging: {stack: demo}")
    with folder.open() as project, pytest.raises(ResolutionError, match="not declared"):
        project.plan_rollback(DeploymentKey("demo", "production"))


def test_a_deployment_of_an_earlier_release_is_told_what_there_is(changed, place):
    place.execute("UPDATE operations SET recorded_definition = NULL WHERE number = 1")
    with changed.open() as project:
        oldest = project.reader().history(KEY)[-1].id
        for to in (None, oldest):
            with pytest.raises(StateError, match=f"apply {oldest} of .* was made by a release that kept no") as caught:
                project.plan_rollback(KEY, to)
            assert caught.value.code == "state.no_definition"


@pytest.mark.parametrize("sql", ["UPDATE definitions SET content = content || '0'", "DELETE FROM definitions"])
def test_a_damaged_definition_is_not_gone_back_to(changed, place, tmp_path, sql):
    path = save(changed, tmp_path / "back.plan")
    place.execute(sql)
    with pytest.raises(CorruptStateError):
        back(changed)
    with pytest.raises(CorruptStateError):
        apply(changed, path)
    assert (changed.root / "data/more").is_dir()
    with changed.open() as project:
        assert project.plan("demo").empty, "nothing else depends on it"


def test_secrets_are_those_of_today(folder, place, tmp_path, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", "canary-one")
    folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: '${DB_PASSWORD}'")
    folder.apply()
    folder.edit("stacks/demo.yaml", "{purpose:", "{more: x, purpose:")
    folder.apply()
    monkeypatch.setenv("DB_PASSWORD", "canary-two")
    path = save(folder, tmp_path / "back.plan")
    monkeypatch.delenv("DB_PASSWORD")
    assert len(apply(folder, path).applied) == 1
    assert b"canary" not in path.read_bytes()
    text = (folder.root / "data/scratch/.flowyml-resource.json").read_text()
    assert "more" not in text
    assert "canary" not in str(place.execute("SELECT * FROM definitions"))
