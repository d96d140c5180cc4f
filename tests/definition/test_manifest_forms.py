from __future__ import annotations

import json

import pytest

from flowyml_infra.definition.jsonvalue import digest_of
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import DefinitionError

ENTERPRISE = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: recsys-gpu
  version: "3.4.1"
  labels:
    team: recommendations
    environment: production
    approved: "true"
spec:
  compute:
    backend: azureml
    size: Standard_NC12s_v3
    min_nodes: 1
    max_nodes: 6
  runtime:
    python_version: "3.12"
    docker_image: recsys.azurecr.io/training:2024
  storage:
    artifact_store: abfs://models@recsysdata.dfs.core.windows.net
    metadata_store: sqlite:///runs/metadata.db
  tracking:
    experiment_tracker: mlflow
    mlflow_uri: https://mlflow.recsys.example
  secrets:
    provider: azure_keyvault
    vault_url: https://recsys.vault.azure.net
"""

EVERYTHING = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: everything
  version: 1.0.0-rc.1+build.5
  description: all of it
  labels: {team: ml, "example.com/tier": gold}
  annotations: {note: "two words"}
spec:
  provider: gcp
  location:
    region: us-central1
    project_id: recsys-prod
    account_id: "012345678901"
    subscription_id: 1b2c
    resource_group: rg
    namespace: ml
    kube_context: kind-ml
  registry:
    uri: europe-docker.pkg.dev/recsys/images
    existing: true
  storage:
    artifact_store:
      uri: gs://recsys-artifacts
      versioning: true
      lifecycle: {protect: true, on_destroy: retain, ignore_changes: [labels], create_before_destroy: true}
    metadata_store:
      provider: aws
      engine: postgres
    storage_class: standard-rwo
  identity:
    service_account: trainer@recsys-prod.iam.gserviceaccount.com
  network:
    existing: true
    id: vpc-1
  compute:
    backend: vertex
    machine_type: n1-highmem-16
    cpu: 16
    memory: 64Gi
    gpu: nvidia-tesla-v100
    gpu_count: 4
    disk_size: 100Gi
    preemptible: true
    autoscaling: false
    min_nodes: 0
    max_nodes: 8
    properties: {zone: a}
  runtime:
    python_version: 3.11.9
    docker_image: gcr.io/recsys/train@sha256:0123456789012345678901234567890123456789012345678901234567890123
  tracking: {experiment_tracker: mlflow}
  secrets: {provider: gcp_secret_manager}
  resources:
    raw:
      kind: bucket
      location: ${resources.landing.outputs.location}
      labels: {camelKey: kept}
      depends_on: [gcp.bucket.landing]
      lifecycle: {protect: true}
    landing: {kind: bucket, provider: gcp}
  moved:
    - {from: gcp.bucket.old, to: gcp.bucket.raw}
  imports:
    - {to: gcp.bucket.landing, id: recsys-landing}
  removed:
    - {from: gcp.bucket.gone, destroy: false}
"""


def load(text, **options):
    return StackDefinition.from_text(text, source="m.yaml", environ={}, **options)


def test_a_manifest_of_the_documented_form_is_accepted_as_it_is():
    definition = load(ENTERPRISE)
    assert definition.name == "recsys-gpu"
    assert definition.version == "3.4.1"
    assert definition.labels["approved"] == "true"
    assert definition.provider == "azure"
    assert definition.image == "recsys.azurecr.io/training:2024"
    assert definition.spec.compute.max_nodes == 6
    assert definition.spec.runtime.python_version == "3.12"
    assert definition.warnings == ()


def test_every_field_is_accepted():
    definition = load(EVERYTHING)
    spec = definition.document["spec"]
    assert spec["storage"]["artifact_store"]["versioning"] is True
    assert spec["resources"]["raw"]["labels"] == {"camelKey": "kept"}
    assert spec["compute"]["cpu"] == "16"
    assert spec["removed"] == [{"from": "gcp.bucket.gone", "destroy": False}]
    assert spec["runtime"]["python_version"] == "3.11.9"


def test_only_a_name_is_needed():
    definition = load("apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata: {name: small}\n")
    assert definition.document == {
        "api_version": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "small"},
        "spec": {"provider": "local"},
    }
    assert definition.version is None
    assert definition.image is None
    assert definition.labels == {}


def test_the_older_spellings_make_the_same_document():
    new = load(
        "apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata: {name: a}\n"
        "spec:\n  runtime: {docker_image: x/y, python_version: '3.11'}\n  compute: {max_nodes: 3}\n"
        "  storage: {artifact_store: {uri: data, lifecycle: {on_destroy: retain}}}\n"
        "  resources: {r: {kind: directory, path: p, force_destroy: true, labels: {aB: c}}}\n"
    )
    old = load(
        "apiVersion: flowyml.io/v1\nkind: Stack\nmetadata: {name: a}\n"
        "spec:\n  runtime: {dockerImage: x/y, pythonVersion: '3.11'}\n  compute: {maxNodes: 3}\n"
        "  storage: {artifactStore: {uri: data, lifecycle: {onDestroy: retain}}}\n"
        "  resources: {r: {kind: directory, path: p, forceDestroy: true, labels: {aB: c}}}\n"
    )
    assert old.document == new.document
    assert old.digest == new.digest
    assert old.source_digest != new.source_digest
    assert str(old.location_of("spec", "runtime", "docker_image")) == "m.yaml:5:26"


def test_a_uri_and_a_mapping_with_it_make_the_same_document():
    head = "apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: a}\n"
    text = load(head + "spec: {storage: {artifact_store: s3://b}, registry: ghcr.io/x}\n")
    mapping = load(head + "spec: {storage: {artifact_store: {uri: s3://b}}, registry: {uri: ghcr.io/x}}\n")
    assert text.document == mapping.document
    assert str(text.location_of("spec", "storage", "artifact_store", "uri")) == "m.yaml:4:34"


def test_empty_keys_count_as_left_out():
    definition = load("apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: a, version: }\nspec: {compute: }\n")
    assert "version" not in definition.document["metadata"]
    assert "compute" not in definition.document["spec"]


def test_an_empty_spec_counts_as_left_out():
    head = "apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: a}\n"
    assert load(head + "spec:\n  # storage:\n").document == load(head).document


def test_numbers_and_flags_may_come_from_variables():
    head = "apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: a}\n"
    text = head + "spec: {compute: {max_nodes: '${N}', preemptible: '${P}'}}\n"
    definition = StackDefinition.from_text(text, environ={"N": "7", "P": "true"})
    assert definition.document["spec"]["compute"] == {"max_nodes": 7, "preemptible": True}
    assert definition.consulted == {"N": "7", "P": "true"}


def test_the_document_is_a_template_and_the_attributes_are_not():
    text = "apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: a, labels: {cost: '5$$ ${C}', raw: '$${X}'}}\n"
    definition = StackDefinition.from_text(text, environ={"C": "$9"})
    assert definition.document["metadata"]["labels"] == {"cost": "5$$ $$9", "raw": "$${X}"}
    assert definition.labels == {"cost": "5$ $9", "raw": "${X}"}


def test_the_digest_is_that_of_the_canonical_document():
    definition = load(ENTERPRISE)
    assert definition.digest == digest_of(json.loads(json.dumps(definition.document)))
    assert load(ENTERPRISE + "# a comment\n").digest == definition.digest
    assert load(ENTERPRISE.replace("max_nodes: 6", "max_nodes: 7")).digest != definition.digest


def test_places_are_known_and_what_was_inferred_has_none():
    definition = load(EVERYTHING)
    assert str(definition.location_of("spec", "resources", "raw")) == "m.yaml:55:5"
    assert str(definition.location_of("spec", "resources", "raw", "kind")) == "m.yaml:56:13"
    assert str(definition.location_of("spec", "moved", 0, "to")) == "m.yaml:63:34"
    assert load(ENTERPRISE).location_of("spec", "provider") is None


def test_a_file_is_read_and_named_as_the_user_did(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m.yaml").write_text(ENTERPRISE)
    definition = StackDefinition.load("m.yaml")
    assert definition.source == "m.yaml"
    assert definition.location_of("metadata", "name").file == "m.yaml"
    assert repr(definition) == "StackDefinition(name='recsys-gpu', version='3.4.1', source='m.yaml')"


def test_a_file_that_is_not_there_is_an_error_of_ours(tmp_path):
    with pytest.raises(DefinitionError, match="cannot be read"):
        StackDefinition.load(tmp_path / "nothing.yaml")


def test_a_mapping_makes_the_same_definition_as_its_text():
    import yaml

    definition = StackDefinition.from_mapping(yaml.safe_load(ENTERPRISE), environ={})
    assert definition.document == load(ENTERPRISE).document
    assert definition.location_of("metadata", "name") is None


def test_a_mapping_may_hold_tuples_and_is_not_kept():
    data = {"apiVersion": "flowyml/v1", "kind": "Stack", "metadata": {"name": "a"}, "spec": {"moved": ()}}
    definition = StackDefinition.from_mapping(data)
    data["metadata"]["name"] = "b"
    assert definition.name == "a"


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ({"resources": {1: {}}}, "spec.resources has the key 1"),
        ({"resources": {"$a": {}}}, "begins with $"),
        ({"compute": {"size": object()}}, "spec.compute.size is a object"),
        ({"compute": {"max_nodes": float("nan")}}, "spec.compute.max_nodes is a float"),
    ],
)
def test_a_mapping_that_is_no_json_is_refused(spec, words):
    data = {"apiVersion": "flowyml/v1", "kind": "Stack", "metadata": {"name": "a"}, "spec": spec}
    with pytest.raises(DefinitionError) as caught:
        StackDefinition.from_mapping(data)
    assert words in caught.value.message


def test_a_mapping_without_end_is_refused():
    data = {"apiVersion": "flowyml/v1"}
    data["spec"] = data
    with pytest.raises(DefinitionError, match="nested"):
        StackDefinition.from_mapping(data)


def test_a_mapping_that_is_wrong_says_so_without_a_line():
    with pytest.raises(DefinitionError) as caught:
        StackDefinition.from_mapping(
            {"apiVersion": "flowyml/v1", "kind": "Stack", "metadata": {"name": "A"}}, source="code"
        )
    assert str(caught.value.diagnostics[0].location) == "code"


def test_a_stack_is_made_of_a_definition_by_the_layer_above(monkeypatch):
    import flowyml_infra.stacks

    definition = load(ENTERPRISE)
    monkeypatch.setattr(flowyml_infra.stacks, "stack_from_definition", lambda given: ("stack", given), raising=False)
    assert definition.to_stack() == ("stack", definition)


def test_a_definition_cannot_be_changed():
    definition = load(ENTERPRISE)
    with pytest.raises(AttributeError):
        definition.source = "x"


def test_a_definition_that_was_read_reads_the_same_again():
    once = load(EVERYTHING)
    again = StackDefinition.from_text(json.dumps(once.document, ensure_ascii=False), environ={})
    assert again.document == once.document
