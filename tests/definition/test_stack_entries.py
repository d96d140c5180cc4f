from __future__ import annotations

import pytest

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.errors import DefinitionError, ResolutionError


def define(entry, name="s", environ=None, **options):
    config = ProjectConfig.from_bytes(f"stacks:\n  {name}:\n{entry}".encode(), "/nowhere", environ=environ or {})
    return config.stack_definition(name, **options)


def spec_of(entry):
    definition = define(entry)
    return definition.document["spec"]


def test_a_local_entry():
    assert spec_of(
        "    type: local\n    artifact_path: data/artifacts\n"
        "    metadata_path: data/runs.db\n    registry_path: images\n"
    ) == {
        "provider": "local",
        "storage": {"artifact_store": {"uri": "data/artifacts"}, "metadata_store": {"uri": "data/runs.db"}},
        "registry": {"path": "images"},
    }


def test_a_gcp_entry():
    assert spec_of(
        "    type: gcp\n    project_id: p1\n    region: us-central1\n    bucket_name: b\n"
        "    registry_uri: gcr.io/p1\n    service_account: sa@p1.iam.gserviceaccount.com\n"
    ) == {
        "provider": "gcp",
        "location": {"region": "us-central1", "project_id": "p1"},
        "storage": {"artifact_store": {"uri": "gs://b"}},
        "registry": {"uri": "gcr.io/p1"},
        "identity": {"service_account": "sa@p1.iam.gserviceaccount.com"},
    }


@pytest.mark.parametrize("bucket", ["s3_bucket", "bucket_name", "s3Bucket"])
@pytest.mark.parametrize("registry", ["ecr_registry", "registry_uri"])
def test_an_aws_entry_in_its_spellings(bucket, registry):
    host = "123456789012.dkr.ecr.us-east-1.amazonaws.com"
    assert spec_of(
        f"    type: aws\n    region: us-east-1\n    account_id: 123456789012\n    {bucket}: b\n    {registry}: {host}\n"
    ) == {
        "provider": "aws",
        "location": {"region": "us-east-1", "account_id": "123456789012"},
        "storage": {"artifact_store": {"uri": "s3://b"}},
        "registry": {"uri": host},
    }


def test_an_account_number_keeps_its_leading_zero():
    spec = spec_of("    type: aws\n    account_id: 012345678901\n")
    assert spec["location"]["account_id"] == "012345678901"


def test_an_azure_entry():
    spec = spec_of(
        "    type: azure\n    subscription_id: 1b2c\n    resource_group: rg\n    region: westeurope\n"
        "    storage_account: acc\n    container: models\n    acr_registry: acc.azurecr.io\n"
    )
    assert spec["storage"] == {"artifact_store": {"uri": "abfs://models@acc.dfs.core.windows.net"}}
    assert spec["location"] == {"region": "westeurope", "subscription_id": "1b2c", "resource_group": "rg"}
    assert spec["registry"] == {"uri": "acc.azurecr.io"}


@pytest.mark.parametrize(
    ("given", "store"), [("storage_account: acc", {"name": "acc"}), ("bucket_name: models", {"container": "models"})]
)
def test_an_azure_entry_with_half_a_store(given, store):
    assert spec_of(f"    type: azure\n    {given}\n")["storage"] == {"artifact_store": store}


def test_a_kubernetes_entry():
    spec = spec_of(
        "    type: kubernetes\n    namespace: ml\n    kube_context: kind\n    storage_class: standard\n"
        "    bucket_name: artifacts\n"
    )
    assert spec["location"] == {"namespace": "ml", "kube_context": "kind"}
    assert spec["storage"] == {"artifact_store": {"bucket": "artifacts"}, "storage_class": "standard"}


def test_an_entry_can_hold_a_spec_and_labels_beside_its_own_keys():
    definition = define(
        "    type: gcp\n    version: 1.2.3\n    labels: {team: ml}\n    dockerImage: gcr.io/p/x:1\n    bucket_name: b\n"
        "    spec:\n      compute: {backend: vertex, maxNodes: 3}\n      storage: {storage_class: fast}\n"
    )
    assert (definition.name, definition.version, definition.labels) == ("s", "1.2.3", {"team": "ml"})
    assert definition.image == "gcr.io/p/x:1"
    assert definition.document["spec"]["compute"] == {"backend": "vertex", "max_nodes": 3}
    assert definition.document["spec"]["storage"] == {"storage_class": "fast", "artifact_store": {"uri": "gs://b"}}
    assert str(definition.location_of("spec", "compute", "max_nodes")) == "flowyml.yaml:9:44"
    assert str(definition.location_of("spec", "runtime", "docker_image")) == "flowyml.yaml:6:18"
    assert str(definition.location_of("spec", "storage", "artifact_store", "uri")) == "flowyml.yaml:7:18"
    assert str(definition.location_of("metadata", "labels", "team")) == "flowyml.yaml:5:20"
    assert definition.source == "flowyml.yaml#s"


def test_an_entry_can_be_a_spec_alone():
    definition = define("    spec: {storage: {artifact_store: s3://b}}\n")
    assert definition.provider == "aws"


@pytest.mark.parametrize(
    "entry",
    [
        "    type: aws\n    s3_bucket: a\n    bucket_name: b\n",
        "    type: gcp\n    bucket_name: a\n    spec: {storage: {artifact_store: 'gs://b'}}\n",
        "    type: gcp\n    spec: {provider: aws}\n",
    ],
)
def test_what_is_said_twice_is_refused(entry):
    with pytest.raises(DefinitionError, match="say the same thing twice"):
        define(entry)


def test_what_is_said_twice_in_the_same_way_is_accepted():
    assert define("    type: gcp\n    spec: {provider: gcp}\n").provider == "gcp"


def test_values_of_an_entry_are_checked_when_it_is_used():
    with pytest.raises(DefinitionError) as caught:
        define("    type: gcp\n    region: us east\n    labels: {a: 1}\n    spec:\n      compute: {max_nodes: x}\n")
    assert [str(item.location) for item in caught.value.diagnostics] == ["flowyml.yaml:4:13", "flowyml.yaml:5:17"]
    with pytest.raises(DefinitionError) as caught:
        define("    type: gcp\n    spec:\n      compute: {max_node: x}\n")
    assert [str(item.location) for item in caught.value.diagnostics] == ["flowyml.yaml:5:17"]
    assert caught.value.diagnostics[0].hint == "did you mean 'max_nodes'?"


def test_an_entry_can_name_its_manifest(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks/train.yaml").write_text("apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: train}\n")
    config = ProjectConfig.from_bytes(b"stacks: {train: {manifest: stacks/train.yaml}}\n", tmp_path)
    definition = config.stack_definition("train")
    assert (definition.name, definition.source) == ("train", "stacks/train.yaml")
    assert definition.location_of("metadata", "name").file == "stacks/train.yaml"


def test_a_manifest_is_read_by_whoever_keeps_the_record_of_it(tmp_path):
    asked = []

    def read(path):
        asked.append(path)

    config = ProjectConfig.from_bytes(b"stacks: {train: {manifest: stacks/train.yaml}}\n", tmp_path)
    with pytest.raises(ResolutionError, match=r"stacks/train\.yaml of the stack 'train' is not there"):
        config.stack_definition("train", read=read)
    assert asked == [tmp_path / "stacks/train.yaml"]


def test_a_manifest_of_another_name_is_refused(tmp_path):
    text = b"apiVersion: flowyml/v1\nkind: Stack\nmetadata: {name: other}\n"
    config = ProjectConfig.from_bytes(b"stacks: {train: {manifest: m.yaml}}\n", tmp_path)
    with pytest.raises(DefinitionError, match="is for 'other', not for 'train'") as caught:
        config.stack_definition("train", read=lambda path: text)
    assert str(caught.value.diagnostics[0].location) == "flowyml.yaml:1:28"


def test_a_stack_that_is_not_declared_is_an_error_with_a_guess():
    config = ProjectConfig.from_bytes(b"stacks: {train: {type: local}}\n", "/nowhere")
    with pytest.raises(ResolutionError, match="no stack 'trian'") as caught:
        config.stack_definition("trian")
    assert caught.value.hint == "did you mean 'train'?"


def test_secrets_of_an_entry_are_known():
    definition = define("    spec: {storage: {metadata_store: 'postgresql://u:${DB_PASSWORD}@h/d'}}\n")
    assert definition.sensitive_variables == {"DB_PASSWORD"}
    assert [item.code for item in definition.warnings] == ["variable.unset"]
