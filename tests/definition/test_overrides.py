from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.definition.overrides import merge, without_nulls
from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import DefinitionError, ResolutionError

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: train
  labels: {team: ml, tier: gold}
spec:
  compute: {size: small, min_nodes: 1, max_nodes: 2}
  storage:
    artifact_store: data
  resources:
    raw: {kind: directory, path: raw, mode: "0750"}
    extra: {kind: directory, path: extra}
"""


def config(overrides, environ=None):
    indented = "".join(f"      {line}\n" for line in overrides.splitlines())
    text = f"environments:\n  prod:\n    stack: train\n    overrides:\n{indented}  dev: {{}}\n"
    return ProjectConfig.from_bytes(text.encode(), "/nowhere", environ=environ or {})


def define(overrides, environment="prod", environ=None):
    return StackDefinition.from_text(
        MANIFEST, source="m.yaml", config=config(overrides), environment=environment, environ=environ or {}
    )


def test_overrides_merge_deeply():
    definition = define("metadata: {labels: {tier: null, owner: x}}\nspec:\n  compute: {maxNodes: 9, gpu: t4}\n")
    assert definition.labels == {"team": "ml", "owner": "x"}
    assert definition.document["spec"]["compute"] == {"size": "small", "min_nodes": 1, "max_nodes": 9, "gpu": "t4"}


def test_other_environments_are_left_alone():
    assert define("spec: {compute: {max_nodes: 9}}", environment="dev").spec.compute.max_nodes == 2
    assert define("spec: {compute: {max_nodes: 9}}", environment=None).spec.compute.max_nodes == 2


def test_an_environment_that_is_not_declared_is_an_error():
    with pytest.raises(ResolutionError):
        define("spec: {}", environment="production")


def test_a_component_keeps_its_mapping_when_its_uri_is_overridden_and_the_other_way_round():
    kept = define("spec: {storage: {artifact_store: {lifecycle: {protect: true}}}}")
    assert kept.document["spec"]["storage"]["artifact_store"] == {"uri": "data", "lifecycle": {"protect": True}}
    moved = define("spec: {storage: {artifact_store: s3://b}}")
    assert moved.document["spec"]["storage"]["artifact_store"] == {"uri": "s3://b"}
    assert moved.provider == "aws"


def test_a_resource_of_another_kind_is_replaced_whole():
    definition = define("spec: {resources: {raw: {kind: sqlite, path: raw.db}, extra: null}}")
    assert definition.document["spec"]["resources"] == {"raw": {"kind": "sqlite", "path": "raw.db"}}


def test_places_are_in_the_file_that_has_the_last_word():
    definition = define("spec:\n  compute: {max_nodes: 9}\n  storage: {artifact_store: s3://b}\n")
    assert str(definition.location_of("spec", "compute", "max_nodes")) == "flowyml.yaml:6:30"
    assert str(definition.location_of("spec", "compute", "min_nodes")) == "m.yaml:7:37"
    assert str(definition.location_of("spec", "compute")) == "m.yaml:7:3"
    assert str(definition.location_of("spec", "storage", "artifact_store", "uri")) == "flowyml.yaml:7:35"


def test_what_is_wrong_with_overrides_is_told_where_they_are():
    with pytest.raises(DefinitionError) as caught:
        define("spec:\n  compute: {max_nodes: many, sise: x}\n  storage: {artifact_store: gss://b}\n")
    assert [str(item.location) for item in caught.value.diagnostics] == [
        "flowyml.yaml:6:30",
        "flowyml.yaml:6:36",
        "flowyml.yaml:7:35",
    ]


def test_a_contradiction_is_told_where_it_was_brought_in():
    with pytest.raises(DefinitionError, match="min_nodes is 7") as caught:
        define("spec: {compute: {min_nodes: 7}}")
    assert str(caught.value.diagnostics[0].location) == "flowyml.yaml:5:35"


@pytest.mark.parametrize("over", ["metadata: {name: other}", "kind: Other", "apiVersion: flowyml/v9"])
def test_overrides_cannot_make_another_stack_of_it(over):
    with pytest.raises(DefinitionError) as caught:
        define(over)
    assert "definition.override" in [item.code for item in caught.value.diagnostics]
    assert caught.value.diagnostics[0].location.file == "flowyml.yaml"


def test_a_manifest_that_needs_its_overrides_is_right_with_them():
    text = MANIFEST.replace("max_nodes: 2", "max_nodes: '${NODES}'")
    over = config("spec: {compute: {max_nodes: 4}}")
    with pytest.raises(DefinitionError, match="NODES is not set"):
        StackDefinition.from_text(text, config=over, environment="prod", environ={})
    text = MANIFEST.replace("min_nodes: 1, max_nodes: 2", "min_nodes: 3, max_nodes: 2")
    assert StackDefinition.from_text(text, config=over, environment="prod", environ={}).spec.compute.max_nodes == 4


def test_a_manifest_that_is_no_mapping_is_told_as_such_with_overrides_too():
    with pytest.raises(DefinitionError, match="not a mapping"):
        StackDefinition.from_text("- a\n", config=config("spec: {}\nkind: Stack"), environment="prod", environ={})


def test_variables_in_overrides_are_replaced_and_secrets_noted():
    definition = define(
        "spec: {compute: {max_nodes: '${N}'}, storage: {metadata_store: 'postgresql://u:${DB_PASSWORD}@h/d'}}",
        environ={"N": "5", "DB_PASSWORD": "p"},
    )
    assert definition.spec.compute.max_nodes == 5
    assert definition.consulted == {"N": "5"}
    assert definition.sensitive_variables == {"DB_PASSWORD"}


def test_variables_of_other_environments_need_not_be_set():
    assert define("spec: {compute: {max_nodes: '${UNSET}'}}", environment="dev").name == "train"


def test_overrides_count_towards_the_source():
    plain, one, other = (
        define("spec: {}", "dev"),
        define("spec: {compute: {size: a}}"),
        define("spec: {compute: {size: b}}"),
    )
    assert len({plain.source_digest, one.source_digest, other.source_digest}) == 3
    assert define("spec: {compute: {size: a}}").source_digest == one.source_digest


def test_a_definition_can_be_taken_into_an_environment_later():
    definition = StackDefinition.from_text(MANIFEST, source="m.yaml", environ={})
    over = config("spec: {compute: {max_nodes: 9}, storage: {artifact_store: s3://b}}")
    later = definition.in_environment(over, "prod", environ={})
    at_once = define("spec: {compute: {max_nodes: 9}, storage: {artifact_store: s3://b}}")
    assert later.document == at_once.document
    assert later.provider == "aws"
    assert str(later.location_of("spec", "compute", "max_nodes")).startswith("flowyml.yaml:")
    assert str(later.location_of("spec", "compute", "min_nodes")) == "m.yaml:7:37"
    assert definition.in_environment(over, "dev") is definition


json_values = st.recursive(
    st.integers() | st.text(max_size=3) | st.booleans(),
    lambda inner: st.dictionaries(st.sampled_from("abcd"), inner, max_size=3) | st.lists(inner, max_size=2),
    max_leaves=12,
)
mappings = st.dictionaries(st.sampled_from("abcd"), json_values, max_size=4)


@given(mappings, mappings)
def test_merging_the_same_overrides_twice_changes_nothing_more(base, over):
    once = merge(base, over)
    assert merge(once, over) == once


@given(mappings)
def test_nothing_overrides_nothing(base):
    assert merge(base, {}) == base
    assert merge({}, base) == without_nulls(base)
    assert merge(base, base) == base


@given(mappings, st.sampled_from("abcd"))
def test_null_removes_a_key(base, key):
    assert merge(base, {key: None}) == {name: value for name, value in base.items() if name != key}


@given(mappings, mappings)
def test_merging_changes_neither_side(base, over):
    before = repr((base, over))
    merge(base, over)
    assert repr((base, over)) == before
