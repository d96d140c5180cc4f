from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowyml_infra import Pipeline, Project, step
from flowyml_infra.errors import InfraError, OutputError, PolicyDeniedError, ResolutionError
from flowyml_infra.runtime.binding import DEFAULT_BINDER, BoundStack, default_binder, outputs_digest, set_default_binder
from flowyml_infra.runtime.current import current_step
from flowyml_infra.runtime.metadata.sqlite import SQLiteMetadataStore
from flowyml_infra.stacks import LocalStack
from flowyml_infra.stacks.gcp import GCPStack
from flowyml_infra.stacks.registry import StackRegistry, set_active_stack

CONFIG = """\
project: {name: demo}
stacks:
  prod: {type: local, artifact_path: data/artifacts, metadata_path: data/runs.db, labels: {team: ml}}
  other: {type: local, artifact_path: other/artifacts, metadata_path: other/runs.db, labels: {team: ml}}
environments:
  production: {stack: prod, overrides: {spec: {storage: {artifact_store: p/artifacts, metadata_store: p/runs.db}}}}
  dev: {stack: local}
policies:
  required_labels: [team]
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("FLOWYML_STATE_URL", "FLOWYML_STACK"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "flowyml.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@step(cache=False)
def where():
    return current_step().stack.name


def pipeline(**more):
    return Pipeline("where", steps=[where], **more)


def apply(name, env=None):
    with Project.open() as opened:
        return opened.apply(opened.plan(name, env=env))


def test_a_stack_that_is_not_applied_says_exactly_what_to_run(project):
    with pytest.raises(OutputError, match="prod is not applied") as caught:
        pipeline(stack="prod").run()
    assert "flowyml-infra apply prod" in (caught.value.hint or "")
    assert not (project / "data").exists()
    with pytest.raises(OutputError) as caught:
        pipeline(env="production").run()
    assert "flowyml-infra apply prod --env production" in (caught.value.hint or "")


def test_a_run_is_bound_to_the_applied_outputs_and_records_which(project):
    apply("prod")
    result = pipeline(stack="prod").run().raise_for_status()
    assert result.outputs["where"] == "prod"
    assert result.outputs.artifact("where").uri.startswith((project / "data/artifacts").as_uri())
    with Project.open() as opened:
        snapshot = opened.show("prod")
    bound = SQLiteMetadataStore(project / "data/runs.db").run(result.run_id).run.binding
    assert (bound.stack, bound.environment) == ("prod", "default")
    assert (bound.lineage, bound.serial, bound.plan_digest) == (snapshot.lineage, snapshot.serial, snapshot.plan_digest)
    assert bound.output_digest == outputs_digest(result.stack.outputs)
    assert bound.policy_digest


def test_runs_are_kept_when_the_stack_is_applied_again(project):
    apply("prod")
    first = pipeline(stack="prod").run()
    apply("prod")
    second = pipeline(stack="prod").run()
    ids = [item.id for item in SQLiteMetadataStore(project / "data/runs.db").runs()]
    assert ids == [second.run_id, first.run_id]
    with Project.open() as opened:
        assert opened.plan("prod").empty


def test_the_policies_judge_a_run_before_anything_is_recorded(project):
    apply("prod")
    config = project / "flowyml.yaml"
    config.write_text(CONFIG.replace("required_labels: [team]", "required_labels: [team, approved]"))
    with pytest.raises(PolicyDeniedError, match="required_labels"):
        pipeline(stack="prod").run()
    assert SQLiteMetadataStore(project / "data/runs.db").runs() == []


def test_the_order_in_which_a_stack_is_chosen(project, monkeypatch):
    for name, env in (("prod", None), ("prod", "production"), ("other", None)):
        apply(name, env)
    assert pipeline().run().stack.name == "local"
    set_active_stack("other")
    assert pipeline().run().stack.name == "other"
    monkeypatch.setenv("FLOWYML_STACK", "prod")
    assert pipeline().run().stack.name == "prod"
    assert (pipeline(env="dev").run().stack.name, pipeline().run(env="production").stack.environment) == (
        "local",
        "production",
    )
    assert pipeline(env="dev").run(stack="other").stack.name == "other"


@pytest.mark.parametrize(
    ("more", "word"), [({"stack": "prd"}, "prod"), ({"env": "productoin"}, "production"), ({"stack": "loca"}, "local")]
)
def test_a_wrong_name_is_an_error_and_never_the_local_stack(project, more, word):
    with pytest.raises(ResolutionError) as caught:
        pipeline(**more).run()
    assert word in (caught.value.hint or "")
    assert not (project / ".flowyml/metadata.db").exists()


def test_a_wrong_name_in_the_environment_is_an_error(project, monkeypatch):
    monkeypatch.setenv("FLOWYML_STACK", "prodd")
    with pytest.raises(ResolutionError, match="FLOWYML_STACK"):
        pipeline().run()


def test_an_environment_of_another_stack_is_refused_unless_that_is_meant(project):
    apply("prod")
    with pytest.raises(ResolutionError, match="'prod'"):
        pipeline(stack="other", env="production").run()


def test_a_stack_object_is_used_directly_without_an_apply(project):
    stack = LocalStack(name="scratch", artifact_path="scratch/artifacts", metadata_path="scratch/runs.db")
    (project / "flowyml.yaml").write_text(CONFIG.replace("required_labels: [team]", "allowed_stacks: ['*']"))
    result = pipeline().run(stack=stack)
    assert (result.stack.name, result.stack.serial) == ("scratch", None)
    assert SQLiteMetadataStore(project / "scratch/runs.db").run(result.run_id).run.status == "succeeded"


def test_a_definition_is_used_directly(project):
    with Project.open() as opened:
        definition = opened.resolver().resolve("prod")
    apply("prod")
    assert pipeline(stack=definition).run().stack.name == "prod"


def test_a_registered_stack_is_found_by_name_in_another_process(project):
    (project / "flowyml.yaml").write_text("project: {name: demo}\n")
    StackRegistry().register_stack(LocalStack(name="shared", artifact_path="s/a", metadata_path="s/m.db"))
    apply("shared")
    code = (
        "from flowyml_infra import Pipeline, step\n"
        "print(Pipeline('p', stack='shared', steps=[step(lambda: 1, name='one')]).run().stack.name)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=project, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "shared"


def test_a_cloud_stack_runs_nothing_and_says_so(project):
    (project / "flowyml.yaml").write_text("project: {name: demo}\n")
    ran = []

    @step
    def train():
        ran.append(1)

    stack = GCPStack("gcp-train", project_id="my-project", bucket_name="my-artifacts")
    with pytest.raises(InfraError, match="gcp.*(not applied|not available)"):
        Pipeline("p", stack=stack, steps=[train]).run()
    assert ran == []
    assert not (project / ".flowyml/metadata.db").exists()


def test_a_plain_folder_is_enough_for_the_built_in_stack(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("FLOWYML_STACK", raising=False)
    result = pipeline().run()
    assert result.outputs["where"] == "local"
    assert (tmp_path / ".flowyml/metadata.db").exists()


def test_the_project_of_a_pipeline_need_not_be_the_working_directory(project, tmp_path_factory, monkeypatch):
    apply("prod")
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    result = pipeline(stack="prod", project_root=project).run()
    assert result.outputs.artifact("where").uri.startswith((project / "data/artifacts").as_uri())
    assert os.listdir() == []  # noqa: PTH208


def test_a_binder_that_was_set_is_used_until_it_is_taken_back(tmp_path):
    bound = BoundStack(name="mine", artifact_store_uri=str(tmp_path / "a"), metadata_store_uri=str(tmp_path / "m.db"))
    set_default_binder(lambda *_, **__: bound)
    try:
        assert pipeline().run().stack is bound
    finally:
        set_default_binder(None)
    module, _, name = DEFAULT_BINDER.partition(":")
    assert (default_binder().__module__.startswith(module), default_binder().__name__) == (True, name)
