from __future__ import annotations

import json
import sqlite3
import subprocess
import sys

import pytest

from flowyml_infra.audit.store import AuditStore
from flowyml_infra.errors import (
    DefinitionError,
    EngineRefusedError,
    OutputError,
    PolicyDeniedError,
    ResolutionError,
    StateLockedError,
)
from flowyml_infra.plan.plan import PlanOptions
from flowyml_infra.state.key import DeploymentKey
from tests.support.kinds import forget


def actions(planned):
    return {change.address.name: change.action for change in planned.changes}


def test_a_stack_becomes_real(folder):
    result = folder.apply()
    assert result.result == "succeeded"
    assert (folder.root / "data/artifacts").is_dir()
    assert (folder.root / "data/scratch").is_dir()
    with sqlite3.connect(folder.root / "data/metadata.db") as database:
        assert database.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    with folder.open() as project:
        outputs = project.outputs("demo")
        assert outputs.artifact_store.uri == f"file://{folder.root}/data/artifacts"
        assert project.plan("demo").empty


def test_a_second_apply_changes_nothing(folder):
    folder.apply()
    before = sorted(path.stat().st_mtime_ns for path in (folder.root / "data").rglob("*"))
    assert folder.apply().applied == ()
    assert sorted(path.stat().st_mtime_ns for path in (folder.root / "data").rglob("*")) == before


def test_an_edit_is_an_update_and_then_nothing(folder):
    folder.apply()
    folder.edit("stacks/demo.yaml", "purpose: scratch", "purpose: other")
    with folder.open() as project:
        assert actions(project.plan("demo"))["scratch"] == "update"
    folder.apply()
    mark = json.loads((folder.root / "data/scratch/.flowyml-resource.json").read_text())
    assert mark["labels"] == {"purpose": "other"}
    with folder.open() as project:
        assert project.plan("demo").empty


def test_another_path_is_a_replacement(folder):
    folder.apply()
    folder.edit("stacks/demo.yaml", "path: data/scratch", "path: data/elsewhere")
    with folder.open() as project:
        planned = project.plan("demo")
    assert actions(planned)["scratch"] == "replace"
    folder.apply()
    assert not (folder.root / "data/scratch").exists()
    assert (folder.root / "data/elsewhere").is_dir()


def test_destroy_leaves_nothing(folder):
    folder.apply()
    folder.apply(options=PlanOptions(destroy=True))
    assert not list((folder.root / "data").iterdir())
    with folder.open() as project:
        assert not project.show("demo").rows
        with pytest.raises(OutputError, match="not applied"):
            project.outputs("demo")


def test_data_is_not_deleted_without_being_told_to(folder):
    folder.apply()
    (folder.root / "data/scratch/work.txt").write_text("precious")
    with pytest.raises(EngineRefusedError) as caught:
        folder.apply(options=PlanOptions(destroy=True))
    assert "force_destroy" in str(caught.value.diagnostics[0].hint)
    assert all((folder.root / path).exists() for path in ("data/artifacts", "data/metadata.db"))
    assert (folder.root / "data/scratch/work.txt").read_text() == "precious"
    folder.edit("stacks/demo.yaml", "path: data/scratch", "path: data/scratch\n      force_destroy: true")
    folder.apply(options=PlanOptions(destroy=True))
    assert not (folder.root / "data/scratch").exists()


def test_refresh_finds_what_is_gone_and_what_was_changed(folder):
    folder.apply()
    (folder.root / "data/artifacts").chmod(0o700)
    mark = folder.root / "data/scratch/.flowyml-resource.json"
    mark.unlink()
    mark.parent.rmdir()
    with folder.open() as project:
        assert project.plan("demo").empty, "without --refresh the recorded state counts"
        planned = project.plan("demo", options=PlanOptions(refresh=True))
        assert actions(planned) == {"artifact_store": "update", "metadata_store": "noop", "scratch": "create"}
        project.apply(planned)
    assert (folder.root / "data/scratch").is_dir()
    with folder.open() as project:
        assert project.plan("demo", options=PlanOptions(refresh=True)).empty


def test_environments_have_deployments_of_their_own(folder):
    folder.apply(env="production")
    with folder.open() as project:
        assert project.show("demo", "production").exists
        assert not project.show("demo").exists


def test_a_denied_apply_touches_nothing_and_is_on_record(folder):
    folder.edit("flowyml.yaml", "required_labels: [team]", "required_labels: [team, owner]")
    with folder.open() as project:
        planned = project.plan("demo")
        assert planned.decision.outcome == "deny"
        with pytest.raises(PolicyDeniedError, match="required_labels"):
            project.apply(planned)
        assert not project.show("demo").exists
    assert not (folder.root / "data").exists()
    names = [event.name for event in AuditStore(f"sqlite:///{folder.root}/.flowyml/state.db").get_events()]
    assert names.count("PolicyChecked") == 2


def test_image_labels_that_nobody_collected_refuse_by_name(folder):
    folder.edit(
        "flowyml.yaml",
        "  required_labels: [team]",
        "  required_labels: [team]\n  image_policy: {required_labels: [maintainer]}",
    )
    folder.edit("stacks/demo.yaml", "  provider: local", "  provider: local\n  runtime: {docker_image: acme.io/x:1}")
    with folder.open() as project:
        planned = project.plan("demo")
        assert planned.decision.outcome == "pending"
        with pytest.raises(PolicyDeniedError, match="image_policy"):
            project.apply(planned)


def test_every_operation_is_on_record(folder):
    folder.apply()
    events = AuditStore(f"sqlite:///{folder.root}/.flowyml/state.db").get_events(stack_name="demo")
    assert [event.name for event in events] == ["PlanCreated", "PolicyChecked", "ApplyStarted", "StackApplied"]


def test_two_applies_at_once_have_one_winner(folder):
    with folder.open() as project, folder.open() as other:
        planned = project.plan("demo")
        lease = other.store().acquire(DeploymentKey("demo"), "apply")
        with pytest.raises(StateLockedError) as caught:
            project.apply(planned)
        assert str(lease.holder.pid) in str(caught.value)
        assert lease.holder.host in str(caught.value)
        other.store().release(lease)
        project.apply(planned)


@pytest.mark.parametrize(("stack", "hint"), [("demmo", "demo"), ("nothing-like-it", "")])
def test_a_name_that_leads_nowhere_is_an_error(folder, stack, hint):
    with folder.open() as project, pytest.raises(ResolutionError) as caught:
        project.plan(stack)
    assert hint in f"{caught.value.message} {caught.value.hint}"


def test_an_environment_that_is_not_there_is_an_error(folder):
    with folder.open() as project, pytest.raises(ResolutionError, match="prodution"):
        project.plan("demo", env="prodution")


def test_a_plan_of_what_is_applied_loads_no_heavy_package(folder):
    folder.apply()
    code = (
        "import sys\n"
        "from flowyml_infra.project import Project\n"
        f"assert Project.open({str(folder.root)!r}).plan('demo').empty\n"
        "heavy = {'sqlalchemy', 'pydantic', 'yaml', 'alembic', 'cryptography', 'rich', 'typer', 'fsspec', 'tenacity'}\n"
        "print(sorted(heavy & set(sys.modules)))\n"
    )
    with folder.open() as project:
        project.plan("demo")
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_is_recorded_can_be_destroyed_after_its_definition_is_gone(folder):
    folder.apply()
    (folder.root / "stacks/demo.yaml").unlink()
    folder.edit("flowyml.yaml", "  production: {stack: demo}", "  production: {}")
    folder.edit("flowyml.yaml", "required_labels: [team]", "required_labels: []")
    folder.apply(options=PlanOptions(destroy=True))
    assert not (folder.root / "data/scratch").exists()


CLOUD = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: gpu, version: "2.1.0", labels: {team: ml}}
spec:
  compute: {backend: azureml, size: Standard_NC6s_v3, min_nodes: 0, max_nodes: 4}
  storage: {artifact_store: "abfs://data@store.dfs.core.windows.net", metadata_store: "sqlite:///shared/meta.db"}
"""


def test_a_definition_whose_kinds_are_not_here_yet_is_valid_and_can_be_registered_but_not_planned(folder, monkeypatch):
    forget(monkeypatch, "azure")
    folder.write("elsewhere.yaml", CLOUD)
    path = str(folder.root / "elsewhere.yaml")
    with folder.open() as project:
        problems = project.validate(path)
        assert {(item.severity, item.code) for item in problems} == {("warning", "kind.unavailable")}
        project.register(path)
        assert project.resolver().resolve("gpu").version == "2.1.0"
        with pytest.raises(DefinitionError, match=r"azure\.\w+ is not available"):
            project.plan("gpu")
