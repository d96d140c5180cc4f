from __future__ import annotations

import pytest

from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import OutputError, PolicyDeniedError, ResolutionError
from flowyml_infra.project import bind_stack
from flowyml_infra.stacks import LocalStack


def test_a_stack_by_name_has_to_be_applied_and_the_error_says_how(folder):
    with pytest.raises(OutputError, match="not applied") as caught:
        bind_stack("demo", "production", project_root=folder.root)
    assert caught.value.hint == "run `flowyml-infra apply demo --env production`"


def test_an_applied_stack_gives_its_outputs_and_what_they_are_bound_to(folder):
    result = folder.apply()
    bound = bind_stack("demo", None, project_root=folder.root)
    assert bound.artifact_store_uri == f"file://{folder.root}/data/artifacts"
    assert bound.metadata_store_uri == f"sqlite:///{folder.root}/data/metadata.db"
    assert (bound.lineage, bound.serial) == (result.lineage, result.serial)
    assert bound.plan_digest
    assert bound.output_digest
    assert bound.policy_digest


def test_a_run_is_judged_by_the_policies_of_the_moment(folder):
    folder.apply()
    folder.edit("flowyml.yaml", "required_labels: [team]", "required_labels: [team, owner]")
    with pytest.raises(PolicyDeniedError, match="required_labels"):
        bind_stack("demo", None, project_root=folder.root)


def test_an_image_from_elsewhere_is_refused_for_a_run(folder):
    folder.apply()
    folder.edit("flowyml.yaml", "  required_labels: [team]", "  image_policy: {allowed_registries: [acme.io]}")
    bind_stack("demo", None, project_root=folder.root, image="acme.io/train:1")
    with pytest.raises(PolicyDeniedError, match="image_policy"):
        bind_stack("demo", None, project_root=folder.root, image="evil.io/train:1")


def test_the_built_in_stack_and_local_objects_need_no_apply(folder):
    folder.edit("flowyml.yaml", "active_stack: demo\n", "")
    folder.edit("flowyml.yaml", "  required_labels: [team]\n", "")
    builtin = bind_stack(None, None, project_root=folder.root)
    assert (builtin.name, builtin.lineage) == ("local", None)
    given = bind_stack(LocalStack(name="other-one", artifact_path="there"), None, project_root=folder.root)
    assert given.artifact_store_uri == f"file://{folder.root}/there"


def test_a_local_object_without_a_store_is_refused(folder):
    definition = StackDefinition.from_mapping(
        {
            "apiVersion": "flowyml/v1",
            "kind": "StackDefinition",
            "metadata": {"name": "other-one", "labels": {"team": "ml"}},
            "spec": {"provider": "local", "storage": {"artifact_store": "a"}},
        }
    )
    with pytest.raises(OutputError, match="metadata_store"):
        bind_stack(definition, None, project_root=folder.root)


def test_a_wrong_name_is_an_error_and_never_the_local_stack(folder):
    with pytest.raises(ResolutionError):
        bind_stack("demmo", None, project_root=folder.root)
    with pytest.raises(ResolutionError):
        bind_stack(None, "nowhere", project_root=folder.root)
