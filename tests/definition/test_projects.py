from __future__ import annotations

import hashlib

import pytest

from flowyml_infra.audit.location import nearest_project
from flowyml_infra.definition.project_config import Environment, ProjectConfig
from flowyml_infra.errors import DefinitionError, ResolutionError
from tests.definition.broken_projects import BROKEN_PROJECTS as BROKEN

GOVERNED = """\
project:
  name: churn-model
  org: telco
policies:
  allowed_stacks:
    - prod-gpu-*
    - staging-*
  required_labels:
    - approved
    - team
  image_policy:
    allowed_registries:
      - telco.azurecr.io
      - gcr.io/telco
    required_labels:
      - maintainer
environments:
  dev:
    stack: local
  staging:
    stack: staging-cpu
  production:
    stack: prod-gpu-large
    protect: true
"""

STACKS = """\
stacks:
  local:
    type: local
    artifact_path: .flowyml/artifacts
  production:
    type: gcp
    project_id: ${CHURN_PROJECT}
    region: europe-west4
    bucket_name: ${CHURN_BUCKET}
"""


def load(text, root="/nowhere", environ=None):
    return ProjectConfig.from_bytes(text.encode(), root, environ=environ or {})


def _shown(problem):
    return f"{problem.location.line}:{problem.location.column}"


@pytest.mark.parametrize(("text", "problems"), BROKEN.values(), ids=BROKEN)
def test_a_broken_file_says_where_it_is_wrong_and_what_to_do(text, problems):
    with pytest.raises(DefinitionError) as caught:
        load(text)
    found = caught.value.diagnostics
    report = "\n".join(f"{_shown(item)} | {item.summary} | {item.hint}" for item in found)
    assert [_shown(item) for item in found] == [place for place, _, _ in problems], report
    for item, (_, words, hints) in zip(found, problems, strict=True):
        assert item.location.file == "flowyml.yaml"
        assert all(word in item.summary for word in words), report
        assert all(word in (item.hint or "") for word in hints), report


def test_a_file_of_the_documented_form_is_accepted_as_it_is():
    config = load(GOVERNED)
    assert (config.name, config.org) == ("churn-model", "telco")
    assert config.policies_document == {
        "allowed_stacks": ["prod-gpu-*", "staging-*"],
        "required_labels": ["approved", "team"],
        "image_policy": {"allowed_registries": ["telco.azurecr.io", "gcr.io/telco"], "required_labels": ["maintainer"]},
    }
    assert config.environments["staging"] == Environment("staging", "staging-cpu")
    assert config.environments["production"].protect is True


def test_variables_of_stacks_that_are_not_used_need_not_be_set():
    config = load(STACKS)
    assert config.stack_definition("local").name == "local"
    with pytest.raises(DefinitionError) as caught:
        config.stack_definition("production")
    assert [_shown(item) for item in caught.value.diagnostics] == ["7:17", "9:18"]
    definition = config.stack_definition("production", environ={"CHURN_PROJECT": "churn-1", "CHURN_BUCKET": "churn"})
    assert definition.provider == "gcp"
    assert definition.components()["artifact_store"].uri == "gs://churn"


def test_without_a_file_everything_is_at_its_default(tmp_path):
    config = ProjectConfig.load(tmp_path)
    assert config.exists is False
    assert config.name == tmp_path.name
    assert (config.org, config.state_url, config.active_stack) == (None, None, None)
    assert (config.stacks, config.environments, config.sources, config.policies_document) == ({}, {}, (), {})
    assert config.preview.stack is None
    assert config.source_digest == hashlib.sha256(b"").hexdigest()


def test_a_file_is_found_from_a_folder_below(tmp_path):
    below = tmp_path / "a" / "b"
    below.mkdir(parents=True)
    assert nearest_project(below) == below
    (tmp_path / "flowyml.yaml").write_text(GOVERNED)
    assert nearest_project(below) == tmp_path
    config = ProjectConfig.load(nearest_project(below))
    assert config.name == "churn-model"
    assert config.source_digest == hashlib.sha256(GOVERNED.encode()).hexdigest()
    assert config.path == tmp_path / "flowyml.yaml"


def test_a_folder_that_cannot_be_read_is_an_error_of_ours(tmp_path):
    (tmp_path / "flowyml.yaml").mkdir()
    with pytest.raises(DefinitionError, match="cannot be read"):
        ProjectConfig.load(tmp_path)


def test_an_unknown_environment_is_an_error_with_a_guess():
    config = load(GOVERNED)
    with pytest.raises(ResolutionError, match="'prodution' is not declared") as caught:
        config.environment("prodution")
    assert caught.value.hint == "did you mean 'production'?"
    assert "staging" in caught.value.detail
    with pytest.raises(ResolutionError):
        load("").environment("dev")


def test_the_default_environment_need_not_be_declared():
    assert load("").environment("default") == Environment("default")
    assert load("").environment(None) == Environment("default")
    assert load("environments: {default: {stack: a}}").environment(None).stack == "a"


def test_the_rest_of_the_file_is_at_hand():
    config = load(
        "state: {url: 'sqlite:///s.db', encryption: envelope}\nactiveStack: train\n"
        "sources:\n  - {type: local, path: shared}\n  - {type: git, url: 'https://x/y', ref: v1}\n"
        "preview: {stack: small, ttl: 72h, budget: 30, overrides: {spec: {compute: {max_nodes: 1}}}}\n"
        "variables: {allow: [REGION, TEAM_*], sensitive: [DSN]}\n"
    )
    assert config.state_url == "sqlite:///s.db"
    assert config.active_stack == "train"
    assert config.sources == ({"type": "local", "path": "shared"}, {"type": "git", "url": "https://x/y", "ref": "v1"})
    assert (config.preview.stack, config.preview.ttl, config.preview.budget) == ("small", "72h", 30)
    assert config.preview.overrides == {"spec": {"compute": {"max_nodes": 1}}}
    assert config.variables.allow == ("REGION", "TEAM_*")
    assert config.variables.rules().is_sensitive("DSN")
    assert str(config.location_of("preview", "ttl")) == "flowyml.yaml:6:30"


def test_variables_are_replaced_outside_of_stacks():
    config = load(
        "project: {name: 'x-${A}-$$5'}\nenvironments: {dev: {stack: '${A}'}}\n",
        environ={"A": "a"},
    )
    assert config.name == "x-a-$5"
    assert config.environments["dev"].stack == "a"
    assert config.consulted == {"A": "a"}


def test_a_dollar_sign_does_not_lose_what_is_kept_as_written():
    config = load("project: {name: a$$b}\nstacks: {x: {type: local}}\nstate: {url: 'sqlite:///a$$b'}\n")
    assert config.name == "a$b"
    assert list(config.stacks) == ["x"]
    assert config.state_url == "sqlite:///a$b"


def test_the_state_url_gets_its_secret_when_it_is_asked_for():
    text = "state: {url: 'postgresql://u:${DB_PASSWORD}@${HOST}/x'}\n"
    config = load(text, environ={"DB_PASSWORD": "hunter$2", "HOST": "db"})
    assert config.state_url == "postgresql://u:hunter$2@db/x"
    assert config.sensitive_variables == {"DB_PASSWORD"}
    assert "hunter" not in repr(config) + str(config.raw) + repr(config.model) + repr(config.consulted)
    with pytest.raises(DefinitionError, match="DB_PASSWORD is not set"):
        _ = load(text, environ={"HOST": "db"}).state_url


def test_a_clear_password_in_the_state_url_is_worth_a_warning():
    config = load("state: {url: 'postgresql://u:hunter2@db/x'}\n")
    assert [item.code for item in config.warnings] == ["definition.clear_password"]
    assert "hunter2" not in str(config.warnings)


def test_a_section_with_nothing_in_it_counts_as_left_out():
    config = load("project:\nstacks:\n  # one: {type: local}\nenvironments:\npolicies:\nstate:\n")
    assert (config.name, config.stacks, config.environments, config.policies_document) == ("nowhere", {}, {}, {})


def test_problems_of_all_sections_are_told_at_once():
    with pytest.raises(DefinitionError) as caught:
        load("project: {nam: a}\nstacks: {x: {type: gpc}}\npolicies: {a: 1}\nstate: {url: '${UNSET}'}\n")
    assert [_shown(item) for item in caught.value.diagnostics] == ["1:11", "2:20", "3:12", "4:15"]


def test_an_engines_backend_takes_its_password_from_a_variable_that_is_not_shown():
    text = "engine: {backend: 'postgres://me:${ENGINE_PASSWORD}@db/engine', parallelism: 8}\n"
    config = load(text, environ={"ENGINE_PASSWORD": "hidden"})
    assert config.engine_backend == "postgres://me:hidden@db/engine"
    assert config.engine.parallelism == 8
    assert "hidden" not in repr(config.model)
    with pytest.raises(DefinitionError, match="ENGINE_PASSWORD is not set"):
        _ = load(text).engine_backend


def test_a_password_of_a_backend_in_the_clear_is_warned_of():
    (warning,) = load("engine:\n  backend: postgres://me:hidden@db/engine\n").warnings
    assert (warning.code, warning.location.line) == ("definition.clear_password", 2)


def test_the_variables_of_the_states_secrets_are_known():
    assert load("state: {url: 'postgresql://me:${DB_PASSWORD}@db/infra'}\n").state_secrets == {"DB_PASSWORD"}
    assert load("").state_secrets == frozenset()
