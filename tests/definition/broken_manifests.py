"""Manifests that are wrong, each with the place and the words that help the person who wrote it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Broken:
    """One wrong document: the problems it has, each as ``line:column``, words of the summary, words of the hint."""

    name: str
    text: str
    problems: tuple[tuple[str, tuple[str, ...], tuple[str, ...]], ...]


HEAD = "apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata:\n  name: train\nspec:\n"
"""Five lines; what follows begins in line 6."""


def manifest(name: str, spec: str, *problems: tuple[str, tuple[str, ...], tuple[str, ...]]) -> Broken:
    """A manifest whose ``spec`` is wrong."""
    return Broken(name, HEAD + spec, problems)


def document(name: str, text: str, *problems: tuple[str, tuple[str, ...], tuple[str, ...]]) -> Broken:
    """A whole document."""
    return Broken(name, text, problems)


SYNTAX = (
    document(
        "a tab as indentation",
        "metadata:\n\tname: train\n",
        ("2:1", ("tab", "indentation"), ("spaces",)),
    ),
    document(
        "a key without a colon above its entries",
        "apiVersion: flowyml/v1\nmetadata\n  name: train\n",
        ("2:1", ("no ':'",), ("'metadata:'",)),
    ),
    document(
        "a key without a colon further in",
        "spec:\n  compute\n    size: large\n",
        ("2:10", ("no ':'",), ("'compute:'",)),
    ),
    document(
        "a key without a colon at the end",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata\n",
        ("3:1", ("no ':'",), ("'metadata:'", "quote")),
    ),
    document(
        "a quote that is never closed",
        'apiVersion: flowyml/v1\nkind: "Stack\nmetadata:\n  name: train\n',
        ("2:7", ("quoted", "never closed"), ("closing quote",)),
    ),
    document(
        "a list that is never closed",
        "spec:\n  removed: [a, b\n",
        ("2:12", ("[ ]",), ("']'",)),
    ),
    document(
        "a mapping in braces that is never closed",
        "metadata: {name: train\nkind: Stack\n",
        ("1:11", ("{ }",), ("'}'",)),
    ),
    document(
        "a variable without quotes in braces",
        "metadata: {name: ${NAME}}\n",
        ("1:11", ("{ }",), ("quote", "${…}")),
    ),
    document(
        "a text with a colon in it",
        "metadata:\n  description: first: second\n",
        ("2:21", ("':'",), ("quote",)),
    ),
    document(
        "keys of one mapping in different columns",
        "metadata:\n   name: train\n  version: 1.0.0\n",
        ("3:3", ("indentation",), ("same number of spaces",)),
    ),
    document(
        "a text that begins with an at sign",
        "metadata:\n  name: @train\n",
        ("2:9", ("cannot begin with '@'",), ("quote",)),
    ),
    document(
        "a backslash in double quotes",
        'spec:\n  storage:\n    artifact_store: "C:\\data"\n',
        ("3:24", ("backslash",), ("single quotes",)),
    ),
    document(
        "a list item in another column",
        "spec:\n  moved:\n    - a\n   - b\n",
        ("4:4", ("indentation",), ("spaces",)),
    ),
    document("two documents", "kind: Stack\n---\nkind: Stack\n", ("2:1", ("second document",), ("one document",))),
    document(
        "bytes that are not UTF-8",
        "metadata:\n  name: \udcff\n",
        ("2:9", ("not UTF-8",), ("UTF-8",)),
    ),
    document("a control character", "metadata:\n  name: a\x07b\n", ("2:10", ("U+0007",), ("remove",))),
)

YAML = (
    document(
        "a key that is given twice",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  version: 1.0.0\n  name: b\n",
        ("6:3", ("'name'", "twice"), ("line 4",)),
    ),
    document(
        "several keys that are wrong",
        "kind: Stack\n1: one\nyes: fine\ntrue: two\n$x: three\nkind: Stack\n",
        ("2:1", ("key 1", "not a text"), ('"1"',)),
        ("4:1", ("key true", "not a text"), ('"true"',)),
        ("5:1", ("'$x'", "begins with $"), ("reserved",)),
        ("6:1", ("'kind'", "twice"), ("line 1",)),
    ),
    document("a tag", "metadata:\n  name: !!python/name:os.system train\n", ("2:9", ("tag",), ("remove",))),
    document("an alias to nothing", "metadata: *base\n", ("1:11", ("no anchor &base",), ("&base",))),
    document("an alias inside of itself", "metadata: &m\n  labels: *m\n", ("2:11", ("*m", "inside"), ("write",))),
    document("a merge of a text", "metadata:\n  <<: base\n  name: a\n", ("2:3", ("<<", "mappings"), ("&name",))),
    document("a number beyond 64 bits", "spec: 99999999999999999999\n", ("1:7", ("too large",), ("quote",))),
    document("a list as a key", "? [a, b]\n: c\n", ("1:3", ("where a key must be",), ("text",))),
)

SHAPE = (
    document("nothing at all", "", ("-", ("empty",), ("apiVersion: flowyml/v1",))),
    document("a list", "- a\n- b\n", ("1:1", ("not a mapping",), ("apiVersion: flowyml/v1",))),
    document(
        "only a spec",
        "spec: {}\n",
        ("1:1", ("apiVersion is missing",), ("`apiVersion: flowyml/v1`",)),
        ("1:1", ("kind is missing",), ("`kind: StackDefinition`",)),
        ("1:1", ("metadata is missing",), ("metadata",)),
    ),
    document(
        "an unknown version and kind",
        "apiVersion: flowyml/v2\nkind: StackDefintion\nmetadata:\n  name: train\n",
        ("1:13", ("apiVersion", "'flowyml/v2'"), ("flowyml/v1",)),
        ("2:7", ("kind", "'StackDefintion'"), ("did you mean 'StackDefinition'",)),
    ),
    document(
        "metadata without a name",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  version: 1.0.0\n",
        ("3:1", ("metadata.name is missing",), ("`name: my-stack` under metadata",)),
    ),
    document(
        "a misspelt required key",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  nmae: train\n",
        ("3:1", ("metadata.name is missing",), ("'nmae'", "the key is name")),
        ("4:3", ("no key 'nmae'",), ("did you mean 'name'",)),
    ),
    document(
        "a name with capitals and a space",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: Prod GPU\n",
        ("4:9", ("metadata.name", "'Prod GPU'", "lower-case"), ("prod-gpu",)),
    ),
    document(
        "the built-in stack's name",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: local\n",
        ("4:9", ("'local'", "built-in"), ("another name", "flowyml.yaml")),
    ),
    document(
        "a version that YAML reads as a number",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  version: 2.10\n",
        ("5:12", ("metadata.version must be a text", "number"), ('quote it: "2.10"',)),
    ),
    document(
        "a version with a v and one of two numbers",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  version: v2.1.0\n",
        ("5:12", ("'v2.1.0'", "semantic version"), ('leave out the v: "2.1.0"',)),
    ),
    document(
        "a version of two numbers",
        'apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  version: "2.1"\n',
        ("5:12", ("'2.1'", "semantic version"), ('"2.1.0"',)),
    ),
    document(
        "labels that are no texts",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  labels:\n    approved: true\n    cost: 12\n",
        ("6:15", ("metadata.labels.approved", "not true"), ('quote it: "true"',)),
        ("7:11", ("metadata.labels.cost", "number 12"), ('quote it: "12"',)),
    ),
    document(
        "a label's name with a space",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  labels:\n    my team: ml\n",
        ("6:5", ("'my team'",), ("letters, digits",)),
    ),
    document(
        "a section that is a text",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata: train\n",
        ("3:11", ("metadata must be a mapping", "'train'"), ("indented", "name")),
    ),
    document(
        "a section with nothing in it",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\nspec: {}\n",
        ("3:10", ("metadata must be a mapping", "empty"), ("remove the key",)),
    ),
)

SPEC = (
    manifest(
        "a misspelt key in compute",
        "  compute:\n    max_node: 4\n",
        ("7:5", ("spec.compute", "'max_node'"), ("did you mean 'max_nodes'",)),
    ),
    manifest(
        "a misspelt key in camelCase",
        "  compute:\n    maxNode: 4\n",
        ("7:5", ("spec.compute", "'maxNode'"), ("did you mean 'maxNodes'",)),
    ),
    manifest(
        "a key in the wrong section",
        "  compute:\n    docker_image: a/b:c\n",
        ("7:5", ("spec.compute", "'docker_image'"), ("spec.runtime.docker_image",)),
    ),
    manifest(
        "a key in both spellings",
        "  runtime:\n    docker_image: a/b\n    dockerImage: a/c\n",
        ("8:5", ("'dockerImage'", "same key"), ("one of the two",)),
    ),
    manifest(
        "an unknown provider",
        "  provider: gpc\n",
        ("6:13", ("spec.provider", "'gpc'", "aws"), ("did you mean 'gcp'",)),
    ),
    manifest(
        "an unknown backend",
        "  compute:\n    backend: azurml\n",
        ("7:14", ("spec.compute.backend", "'azurml'"), ("did you mean 'azureml'",)),
    ),
    manifest(
        "a number written out",
        "  compute:\n    max_nodes: four\n",
        ("7:16", ("max_nodes must be a whole number", "'four'"), ()),
    ),
    manifest(
        "yes for true",
        "  compute:\n    preemptible: yes\n",
        ("7:18", ("preemptible must be true or false", "'yes'"), ("write true",)),
    ),
    manifest(
        "more nodes at least than at most",
        "  compute:\n    min_nodes: 5\n    max_nodes: 2\n",
        ("7:16", ("min_nodes is 5", "max_nodes, which is 2"), ("raise max_nodes",)),
    ),
    manifest(
        "a negative number of nodes",
        "  compute:\n    min_nodes: -1\n",
        ("7:16", ("min_nodes must be at least 0", "-1"), ()),
    ),
    manifest(
        "accelerators without a name",
        "  compute:\n    gpu_count: 2\n",
        ("7:16", ("gpu_count",), ("under gpu",)),
    ),
    manifest(
        "a disk size without a proper unit",
        "  compute:\n    disk_size: 100 gigs\n",
        ("7:16", ("disk_size", "'100 gigs'"), ("32Gi",)),
    ),
    manifest(
        "a Python version that YAML reads as a number",
        "  runtime:\n    python_version: 3.10\n",
        ("7:21", ("python_version must be a text",), ('quote it: "3.10"',)),
    ),
    manifest(
        "a Python version that is none",
        '  runtime:\n    python_version: "2.7"\n',
        ("7:21", ("python_version", "'2.7'"), ('"3.11"',)),
    ),
    manifest(
        "an image with capitals",
        "  runtime:\n    docker_image: ghcr.io/Team/Train:v1\n",
        ("7:19", ("docker_image", "'Team/Train'"), ("team/train",)),
    ),
    manifest(
        "an image with a scheme",
        "  runtime:\n    docker_image: https://ghcr.io/team/train\n",
        ("7:19", ("docker_image", "scheme"), ("leave out https://",)),
    ),
    manifest(
        "an artifact store with a misspelt scheme",
        "  storage:\n    artifact_store: s4://bucket/x\n",
        ("7:21", ("artifact_store", "unknown scheme 's4'"), ("s3://bucket",)),
    ),
    manifest(
        "an artifact store with nothing behind the scheme",
        "  storage:\n    artifact_store: gs://\n",
        ("7:21", ("artifact_store", "nothing after the scheme"), ("gs://bucket",)),
    ),
    manifest(
        "a store that is a list",
        "  storage:\n    artifact_store: [a]\n",
        ("7:5", ("artifact_store must be a mapping", "a list"), ("uri",)),
    ),
    manifest(
        "a password in the clear",
        "  storage:\n    metadata_store: postgresql://u:hunter2@db/x\n",
        ("7:21", ("metadata_store", "password in the clear"), ("environment variable", "variables.sensitive")),
    ),
    manifest(
        "an endpoint that is no URL",
        "  tracking:\n    mlflow_uri: mlflow.internal\n",
        ("7:17", ("mlflow_uri", "http(s) URL"), ("https://",)),
    ),
    manifest(
        "a registry with a scheme",
        "  registry: https://ghcr.io/team\n",
        ("6:13", ("spec.registry", "scheme"), ("leave out https://",)),
    ),
    manifest(
        "an unknown secret store",
        "  secrets:\n    provider: azure_key_vault\n",
        ("7:15", ("secrets.provider", "'azure_key_vault'"), ("did you mean 'azure_keyvault'",)),
    ),
    manifest(
        "a misspelt key of a component",
        "  storage:\n    artifact_store:\n      uri: data\n      existng: true\n",
        ("9:7", ("artifact_store", "'existng'"), ("did you mean 'existing'",)),
    ),
    manifest(
        "a lifecycle that is wrong",
        "  storage:\n    artifact_store:\n      uri: data\n"
        "      lifecycle:\n        protected: true\n        on_destroy: keep\n",
        ("10:9", ("lifecycle", "'protected'"), ("did you mean 'protect'",)),
        ("11:21", ("on_destroy", "'keep'"), ("delete, retain",)),
    ),
    manifest(
        "a resource without a kind",
        "  resources:\n    data:\n      path: data\n",
        ("7:5", ("spec.resources.data.kind is missing",), ("`kind: directory` under spec.resources.data",)),
    ),
    manifest(
        "a resource that is a text",
        "  resources:\n    data: directory\n",
        ("7:11", ("spec.resources.data must be a mapping", "'directory'"), ("indented",)),
    ),
    manifest(
        "a resource with a bad name",
        "  resources:\n    Raw Data:\n      kind: directory\n",
        ("7:5", ("'Raw Data'", "lower-case"), ("raw-data",)),
    ),
    manifest(
        "a misspelt dependency list",
        "  resources:\n    data:\n      kind: directory\n      depend_on: [local.directory.x]\n",
        ("9:7", ("spec.resources.data", "'depend_on'"), ("did you mean 'depends_on'",)),
    ),
    manifest(
        "a dependency that is no address",
        "  resources:\n    data:\n      kind: directory\n      depends_on: [x]\n",
        ("9:20", ("depends_on[0]", "'x'", "address"), ("provider.kind.name",)),
    ),
    manifest(
        "a dependency that is no list",
        "  resources:\n    data:\n      kind: directory\n      depends_on: local.directory.x\n",
        ("9:19", ("depends_on must be a list",), ("[local.directory.x]",)),
    ),
    manifest(
        "a move that goes nowhere",
        "  moved:\n    - from: local.directory.a\n    - from: local.directory.b\n      to: local.directory.b\n",
        ("7:7", ("spec.moved[0].to is missing",), ("`to: …` under spec.moved[0]",)),
    ),
    manifest(
        "a move to itself",
        "  moved:\n    - from: local.directory.b\n      to: local.directory.b\n",
        ("7:13", ("moves local.directory.b to itself",), ("remove",)),
    ),
    manifest(
        "a region with a space",
        "  location:\n    region: us east\n",
        ("7:13", ("region", "'us east'"), ("letters",)),
    ),
)

GRAMMAR = (
    manifest(
        "a registry without a path", "  registry: 'oci:'\n", ("6:13", ("no path after oci:",), ("oci:./registry",))
    ),
    manifest("a registry with a space", "  registry: my registry\n", ("6:13", ("no registry",), ("host/path",))),
    manifest(
        "an image with an empty tag",
        "  runtime:\n    docker_image: 'a/b:'\n",
        ("7:19", ("tag ''",), ("letters, digits",)),
    ),
    manifest(
        "an image with half a digest",
        "  runtime:\n    docker_image: ghcr.io/a@sha256:12\n",
        ("7:19", ("digest",), ("64 hexadecimal",)),
    ),
    manifest(
        "an image from an impossible host",
        "  runtime:\n    docker_image: my_host.io!/a/b\n",
        ("7:19", ("'my_host.io!'",), ("host/path:tag",)),
    ),
    manifest("an empty store", "  storage:\n    artifact_store: ''\n", ("7:21", ("is empty",), ("s3://bucket",))),
    manifest(
        "a store with a colon",
        "  storage:\n    artifact_store: data:x\n",
        ("7:21", ("neither a path nor a URL",), ("s3://bucket",)),
    ),
    manifest("an empty size", "  compute:\n    size: ''\n", ("7:11", ("spec.compute.size is empty",), ("remove",))),
    manifest("a number for a provider", "  provider: 3\n", ("6:13", ("must be one of local, aws", "number 3"), ())),
    manifest("too many nodes", "  compute:\n    max_nodes: 99999999\n", ("7:16", ("at most 1000000",), ())),
    manifest(
        "two moves of one resource",
        "  moved:\n    - {from: local.directory.a, to: local.directory.b}\n"
        "    - {from: local.directory.a, to: local.directory.c}\n",
        ("8:14", ("local.directory.a is in spec.moved twice",), ("spec.moved[0]",)),
    ),
    manifest(
        "a move that is a text",
        "  moved: [a]\n",
        ("6:11", ("spec.moved[0] must be a mapping",), ("known here: from, to",)),
    ),
    manifest(
        "an address with an index",
        "  imports:\n    - {to: 'local.directory.x[0]', id: y}\n",
        ("7:12", ("spec.imports[0].to",), ("indices are reserved",)),
    ),
    document(
        "a name that is too long",
        f"apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: {'a' * 64}\n",
        ("4:9", ("64 characters", "63"), ("shorten",)),
    ),
    document(
        "an empty name",
        "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: ''\n",
        ("4:9", ("metadata.name is empty",), ("letter",)),
    ),
    document(
        "labels with values that no tool would show",
        f'apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n  labels: {{a: "x\\ny", b: {"b" * 257}}}\n',
        ("5:12", ("metadata.labels.a", "cannot be printed"), ("one line",)),
        ("5:23", ("metadata.labels.b", "257 characters"), ("shorten",)),
    ),
    document("a key that is too long", f"{'k' * 300}: 1\n", ("1:1", ("300 characters",), ("256",))),
)

VARIABLES = (
    manifest(
        "a variable that is not set",
        "  location:\n    region: eu-${MISSING_REGION}\n",
        ("7:16", ("MISSING_REGION is not set",), ("export MISSING_REGION", "${MISSING_REGION:-…}")),
    ),
    manifest(
        "a variable that is never closed",
        "  location:\n    region: ${REGION\n",
        ("7:13", ("never closed",), ("'}'",)),
    ),
    manifest(
        "a reference with a missing s",
        "  resources:\n    a:\n      kind: directory\n      path: ${resource.b.outputs.path}/x\n",
        ("9:13", ("${resource.b.outputs.path} is not understood",), ("did you mean 'resources'",)),
    ),
    manifest(
        "a reference without outputs",
        "  resources:\n    a:\n      kind: directory\n      path: x/${resources.b.path}\n",
        ("9:15", ("${resources.b.path} is not understood",), ("${resources.NAME.outputs.X}",)),
    ),
    manifest(
        "a variable as other tools write it",
        "  location:\n    region: ${env.REGION}\n",
        ("7:13", ("${env.REGION}",), ("write ${REGION}",)),
    ),
    manifest(
        "a default in the manner of bash",
        "  location:\n    region: ${REGION-eu}\n",
        ("7:13", ("not understood",), ("${NAME:-default}",)),
    ),
    manifest(
        "a reference in a place that must be known",
        "  location:\n    region: ${resources.a.outputs.region}\n",
        ("7:13", ("spec.location.region", "cannot be a reference"), ("properties of resources",)),
    ),
    manifest(
        "a secret in a place that is shown",
        "  runtime:\n    docker_image: ghcr.io/${REGISTRY_TOKEN}/x\n",
        ("7:19", ("docker_image", "secret REGISTRY_TOKEN"), ("write the value",)),
    ),
    manifest(
        "a reference for a number",
        "  compute:\n    max_nodes: ${resources.a.outputs.count}\n",
        ("7:16", ("max_nodes must be a whole number",), ("reference",)),
    ),
)

BROKEN_MANIFESTS = (*SYNTAX, *YAML, *SHAPE, *SPEC, *GRAMMAR, *VARIABLES)
