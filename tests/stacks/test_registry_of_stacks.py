from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flowyml_infra.errors import DefinitionError, ResolutionError
from flowyml_infra.stacks import LocalStack
from flowyml_infra.stacks.enterprise.audit import AuditStore
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.registry import StackRegistry, get_active_stack, set_active_stack


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FLOWYML_STATE_URL", "FLOWYML_STACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "flowyml.yaml").write_text("project: {name: demo}\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def in_another_process(code: str, folder: Path) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=True)
    return done.stdout.strip()


def test_a_registered_stack_outlives_the_process(project):
    StackRegistry().register_stack(LocalStack(name="fast", artifact_path="fast/artifacts"))
    code = (
        "from flowyml_infra.stacks.registry import StackRegistry\n"
        "r = StackRegistry()\n"
        "print(r.list_stacks(), r.get_stack('fast').components['artifact_store'].uri)"
    )
    assert in_another_process(code, project) == "['fast', 'local'] fast/artifacts"


def test_the_active_stack_outlives_the_process(project):
    registry = StackRegistry()
    registry.register_stack(LocalStack(name="fast"))
    assert registry.get_active_stack().name == "local"
    set_active_stack("fast")
    assert get_active_stack().name == "fast"
    code = "from flowyml_infra.stacks.registry import get_active_stack; print(get_active_stack().name)"
    assert in_another_process(code, project) == "fast"


def test_a_stack_that_is_not_there_cannot_be_made_active(project):
    StackRegistry().register_stack(LocalStack(name="production"))
    with pytest.raises(ResolutionError) as caught:
        set_active_stack("prodution")
    assert "production" in f"{caught.value.message} {caught.value.hint}"
    assert get_active_stack().name == "local"


def test_registering_again_replaces(project):
    registry = StackRegistry()
    registry.register_stack(LocalStack(name="fast", artifact_path="one"))
    registry.register_stack(LocalStack(name="fast", artifact_path="two"))
    assert registry.get_stack("fast").components["artifact_store"].uri == "two"


def test_a_wrong_stack_is_not_registered(project):
    registry = StackRegistry()
    with pytest.raises(DefinitionError):
        registry.register_stack(GCPStack(name="Not A Name", project_id="my-project"))
    assert registry.list_stacks() == ["local"]


def test_registering_is_on_record(project):
    StackRegistry().register_stack(LocalStack(name="fast"))
    (event,) = AuditStore().get_events(stack_name="fast")
    assert event.name == "StackRegistered"


def test_a_name_of_the_project_comes_before_one_that_was_registered(project):
    StackRegistry().register_stack(LocalStack(name="fast", artifact_path="registered"))
    (project / "flowyml.yaml").write_text("stacks:\n  fast: {type: local, artifact_path: declared}\n")
    assert StackRegistry().get_stack("fast").components["artifact_store"].uri == "declared"
