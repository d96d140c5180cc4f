from __future__ import annotations

import copy

import pytest
import yaml
from jsonschema import Draft202012Validator

from flowyml_infra.definition.schema import json_schema

MANIFEST = {
    "apiVersion": "flowyml/v1",
    "kind": "StackDefinition",
    "metadata": {"name": "recsys", "version": "1.0.0", "labels": {"team": "ml"}},
    "spec": {
        "provider": "gcp",
        "compute": {"backend": "vertex", "max_nodes": 4, "preemptible": True},
        "runtime": {"python_version": "3.12", "docker_image": "gcr.io/recsys/train:1"},
        "storage": {"artifact_store": "gs://recsys", "metadata_store": {"existing": True, "engine": "postgres"}},
        "registry": "gcr.io/recsys",
        "resources": {"raw": {"kind": "bucket", "versioning": True, "depends_on": ["gcp.bucket.artifact_store"]}},
        "moved": [{"from": "gcp.bucket.old", "to": "gcp.bucket.raw"}],
    },
}
PROJECT = """
project: {name: churn, org: telco}
state: {url: "sqlite:///s.db"}
stacks:
  local: {type: local, artifact_path: data}
  cloud: {type: aws, region: us-east-1, account_id: 123456789012, s3_bucket: b, spec: {compute: {max_nodes: 2}}}
  file: {manifest: stacks/x.yaml}
  whole: {spec: {storage: {artifact_store: s3://b}}}
policies: {allowed_stacks: ["prod-*"], image_policy: {allowed_registries: [gcr.io/x]}}
environments:
  far: {stack: 'github://a/b@v1#c'}
  prod: {stack: cloud, protect: true, overrides: {spec: {compute: {max_nodes: 9}}}}
sources: [{type: git, url: "https://example.com/x", ref: v1}]
fetch: {private_hosts: [git.internal]}
active_stack: cloud@^1.2
preview: {stack: cloud, ttl: 72h, budget: 30}
variables: {allow: [REGION], sensitive: [DSN]}
"""


def _changed(path, value):
    document = copy.deepcopy(MANIFEST)
    around = document
    for step in path[:-1]:
        around = around[step]
    around[path[-1]] = value
    return document


@pytest.fixture(scope="module")
def manifest():
    return Draft202012Validator(json_schema("manifest"))


@pytest.fixture(scope="module")
def project():
    return Draft202012Validator(json_schema("project"))


@pytest.mark.parametrize("name", ["manifest", "project"])
def test_the_schema_is_one(name):
    Draft202012Validator.check_schema(json_schema(name))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "StackDefinition"),
        (("spec", "compute", "max_nodes"), "${NODES}"),
        (("spec", "compute", "preemptible"), "${SPOT:-true}"),
        (("spec", "compute", "maxNodes"), 3),
        (("spec", "runtime", "dockerImage"), "a/b"),
        (("spec", "storage", "artifact_store"), {"uri": "s3://b", "anything": [1]}),
        (("spec", "resources", "raw"), {"kind": "bucket", "other": {"a": 1}}),
    ],
)
def test_what_the_loader_accepts_passes(manifest, path, value):
    assert list(manifest.iter_errors(_changed(path, value))) == []


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("kind",), "Stuck"),
        (("metadata",), {}),
        (("metadata", "name"), "Not A Name"),
        (("metadata", "version"), 2.1),
        (("metadata", "labels"), {"approved": True}),
        (("spec", "provider"), "gpc"),
        (("spec", "compute", "max_node"), 4),
        (("spec", "compute", "max_nodes"), "four"),
        (("spec", "compute", "max_nodes"), -1),
        (("spec", "compute", "preemptible"), "yes"),
        (("spec", "runtime", "python_version"), 3.11),
        (("spec", "storage", "artifact_store"), ["a"]),
        (("spec", "storage", "artefact_store"), "a"),
        (("spec", "resources", "raw"), {"path": "x"}),
        (("spec", "moved"), [{"from": "gcp.bucket.a"}]),
        (("spec", "tracking"), {"mlflow_uri": "mlflow"}),
        (("spec", "storage", "artifact_store"), {"uri": "a", "lifecycle": {"on_destroy": "keep"}}),
    ],
)
def test_what_is_wrong_fails(manifest, path, value):
    assert list(manifest.iter_errors(_changed(path, value)))


def test_a_whole_project_passes(project):
    assert list(project.iter_errors(yaml.safe_load(PROJECT))) == []


@pytest.mark.parametrize(
    "text",
    [
        "environment: {}",
        "policies: {allowed_stack: [a]}",
        "policies: {allowed_stacks: a}",
        "stacks: {x: {type: google}}",
        "stacks: {x: {type: gcp, projectid: a}}",
        "stacks: {x: {type: local, project_id: a}}",
        "stacks: {x: {spec: {compute: {max_node: 1}}}}",
        "environments: {dev: local}",
        "environments: {Dev: {stack: local}}",
        "sources: [{type: ftp}]",
        "preview: {ttl: soon}",
    ],
)
def test_a_wrong_project_fails(project, text):
    assert list(project.iter_errors(yaml.safe_load(text)))


@pytest.mark.parametrize("name", ["manifest", "project"])
def test_every_field_says_what_it_is_for(name):
    schema = json_schema(name)
    definitions = schema["$defs"]

    def described(field):
        target = definitions.get(field.get("$ref", "").removeprefix("#/$defs/"), {})
        return bool(field.get("description") or target.get("description"))

    missing = [
        f"{title}.{key}"
        for title, part in {"": schema, **definitions}.items()
        for branch in [part, *part.get("anyOf", ())]
        for key, field in branch.get("properties", {}).items()
        if key != "type" and not described(field)
    ]
    assert missing == []
