from __future__ import annotations

import traceback

import pytest

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.definition.template import EnvironmentVariable, parse_template
from flowyml_infra.errors import InfraError

CANARY = "c4n4ry-7f2e"
ENVIRON = {"DB_PASSWORD": CANARY, "CORP_DSN": CANARY, "API_TOKEN": CANARY, "REGION": "eu"}
HEAD = "apiVersion: flowyml/v1\nkind: Stack\nmetadata:\n  name: a\n"
FIELDS = [
    "metadata: {name: '${DB_PASSWORD}'}",
    "metadata: {name: a, version: '${DB_PASSWORD}'}",
    "metadata: {name: a, labels: {x: 'y-${DB_PASSWORD}'}}",
    "metadata: {name: a, '${DB_PASSWORD}': x}",
    "metadata: {name: a}\nspec: {provider: '${DB_PASSWORD}'}",
    "metadata: {name: a}\nspec: {location: {region: '${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {compute: {max_nodes: '${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {compute: {preemptible: '${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {compute: {backend: '${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {compute: {memory: 'x${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {runtime: {docker_image: 'x/${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {runtime: {python_version: '${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {storage: {artifact_store: 'x4://${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {tracking: {mlflow_uri: 'ftp://${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {registry: 'https://${DB_PASSWORD}'}",
    "metadata: {name: a}\nspec: {secrets: {provider: '${DB_PASSWORD}'}}",
    "metadata: {name: a}\nspec: {resources: {r: {kind: '${DB_PASSWORD}'}}}",
    "metadata: {name: a}\nspec: {resources: {r: {kind: directory, depends_on: ['${DB_PASSWORD}']}}}",
    "metadata: {name: a}\nspec: {moved: [{from: '${DB_PASSWORD}', to: x}]}",
    "metadata: {name: a}\nspec: {oops: '${DB_PASSWORD}'}",
    "metadata: {name: a}\nspec: '${DB_PASSWORD}'",
    "metadata: {name: a}\nspec: {storage: '${DB_PASSWORD}'}",
    "metadata: {name: a}\nspec: {compute: {size: '${DB_PASSWORD} ${'}}",
]


@pytest.mark.parametrize("fields", FIELDS)
def test_no_error_shows_a_secret(fields):
    text = f"apiVersion: flowyml/v1\nkind: Stack\n{fields}\n"
    with pytest.raises(InfraError) as caught:
        StackDefinition.from_text(text, environ=ENVIRON)
    error = caught.value
    shown = "".join(traceback.format_exception(error)) + repr(error.diagnostics) + str(vars(error))
    assert CANARY not in shown


def test_neither_document_nor_repr_nor_record_has_a_secret():
    config = ProjectConfig.from_bytes(b"variables: {sensitive: [CORP_*]}\n", "/nowhere", environ=ENVIRON)
    text = (
        f"{HEAD}spec:\n  storage:\n    metadata_store: postgresql://u:${{DB_PASSWORD}}@h/d\n"
        "  resources:\n    r: {kind: directory, path: 'p-${API_TOKEN:-none}-${REGION}', labels: {a: '${CORP_DSN}'}}\n"
    )
    definition = StackDefinition.from_text(text, config=config, environ=ENVIRON)
    assert definition.sensitive_variables == {"DB_PASSWORD", "API_TOKEN", "CORP_DSN"}
    assert definition.consulted == {"REGION": "eu"}
    resource = definition.document["spec"]["resources"]["r"]
    assert parse_template(resource["path"]) == ("p-", EnvironmentVariable("API_TOKEN", "none"), "-eu")
    everything = [
        repr(definition),
        repr(definition.document),
        repr(definition.model),
        repr(definition.components()),
        repr(definition.warnings),
        repr(definition.sources),
        repr(config),
        *(repr(getattr(definition, name)) for name in ("consulted", "digest", "labels", "spec", "source_digest")),
    ]
    assert CANARY not in "".join(everything)


def test_the_digest_does_not_depend_on_a_secret():
    text = f"{HEAD}spec: {{storage: {{metadata_store: 'postgresql://u:${{DB_PASSWORD}}@h/d'}}}}\n"
    one = StackDefinition.from_text(text, environ={"DB_PASSWORD": "one"})
    other = StackDefinition.from_text(text, environ={"DB_PASSWORD": "two"})
    assert one.digest == other.digest


@pytest.mark.parametrize(
    "uri",
    [f"postgresql://u:{CANARY}@h/d", "${PLAIN_URL}", f"mysql+pymysql://u:{CANARY}@h/d", f"https://u:{CANARY}@h/x"],
)
def test_a_password_in_the_clear_is_refused_and_not_repeated(uri):
    text = f"{HEAD}spec: {{storage: {{metadata_store: '{uri}'}}}}\n"
    with pytest.raises(InfraError, match="password in the clear") as caught:
        StackDefinition.from_text(text, environ={"PLAIN_URL": f"postgresql://u:{CANARY}@h/d"})
    assert CANARY not in "".join(traceback.format_exception(caught.value)) + repr(caught.value.diagnostics)


def test_a_url_whose_password_is_a_secret_variable_is_accepted():
    text = f"{HEAD}spec: {{storage: {{metadata_store: 'postgresql://u:${{DB_PASSWORD:-x}}@h/d'}}}}\n"
    assert StackDefinition.from_text(text, environ=ENVIRON).sensitive_variables == {"DB_PASSWORD"}


def test_a_remote_definition_learns_nothing():
    config = ProjectConfig.from_bytes(b"variables: {allow: [REGION]}\n", "/nowhere", environ=ENVIRON)
    text = f"{HEAD}spec: {{location: {{region: '${{REGION}}'}}}}\n"
    assert StackDefinition.from_text(text, config=config, environ=ENVIRON, trusted=False).consulted == {"REGION": "eu"}
    with pytest.raises(InfraError) as caught:
        StackDefinition.from_text(
            text.replace("REGION", "HOME"), config=config, environ={"HOME": CANARY}, trusted=False
        )
    assert CANARY not in repr(caught.value.diagnostics)
    assert "variables.allow" in caught.value.diagnostics[0].hint
