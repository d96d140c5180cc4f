from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flowyml_infra.errors import StateLockedError
from flowyml_infra.project import Project
from flowyml_infra.stacks import LocalStack
from flowyml_infra.stacks.enterprise.audit import AuditStore
from flowyml_infra.stacks.enterprise.lock import StackLockManager
from flowyml_infra.stacks.enterprise.policy import PolicyEngine
from flowyml_infra.stacks.enterprise.resolver import StackResolver
from flowyml_infra.stacks.registry import StackRegistry

CONFIG = """\
project: {name: fraud, org: acme}
stacks:
  prod-gpu-large: {type: local, artifact_path: a, metadata_path: m.db, labels: {team: ml}}
  other: {type: local, artifact_path: b, metadata_path: n.db}
environments:
  dev: {stack: local}
  production: {stack: prod-gpu-large}
policies:
  allowed_stacks: ["prod-gpu-*"]
  required_labels: [team]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FLOWYML_STATE_URL", "FLOWYML_STACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "flowyml.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_the_resolver_finds_by_name_and_environment(project):
    definition = StackResolver().resolve(stack="prod-gpu-large", env="production")
    assert definition.name == "prod-gpu-large"
    assert StackResolver().resolve(env="dev").name == "local"


def test_the_resolver_knows_what_was_registered(project):
    StackRegistry().register_stack(LocalStack(name="shared"))
    assert StackResolver().resolve("shared").name == "shared"


def test_the_policy_engine_says_why(project):
    engine, resolver = PolicyEngine(), StackResolver()
    assert engine.validate(resolver.resolve("prod-gpu-large")).outcome == "allow"
    decision = engine.validate(resolver.resolve("other"))
    assert decision.outcome == "deny"
    assert {item.rule for item in decision.findings if item.severity == "deny"} == {"allowed_stacks", "required_labels"}


def test_the_audit_store_follows_the_project(project):
    (project / "flowyml.yaml").write_text(CONFIG + "state: {url: 'sqlite:///elsewhere/state.db'}\n")
    with Project.open(project) as opened:
        opened.plan("prod-gpu-large")
    assert (project / "elsewhere/state.db").exists()
    names = [event.name for event in AuditStore().get_events(stack_name="prod-gpu-large")]
    assert names == ["PlanCreated", "PolicyChecked"]


HOLDER = """
import sys
from flowyml_infra.stacks.enterprise.lock import StackLockManager
with StackLockManager().acquire("prod-gpu-large"):
    print("held", flush=True)
    sys.stdin.readline()
"""


def test_a_lock_keeps_other_processes_and_every_deployment_out(project):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER], cwd=project, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert holder.stdin is not None
    assert holder.stdout is not None
    try:
        assert holder.stdout.readline().strip() == "held"
        with pytest.raises(StateLockedError, match=str(holder.pid)), StackLockManager().acquire("prod-gpu-large"):
            pass
        with StackLockManager().acquire("other"):
            pass
        with Project.open(project) as opened:
            planned = opened.plan("prod-gpu-large", env="production")
            with pytest.raises(StateLockedError, match=str(holder.pid)):
                opened.apply(planned)
    finally:
        holder.communicate("\n", timeout=60)
    with StackLockManager().acquire("prod-gpu-large"):
        pass


def test_a_lock_is_given_back_after_an_error(project):
    with pytest.raises(ZeroDivisionError), StackLockManager().acquire("other"):
        raise ZeroDivisionError
    with StackLockManager().acquire("other"):
        pass
