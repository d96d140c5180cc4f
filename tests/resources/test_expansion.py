from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowyml_infra.address import Address
from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.builtin import BUILTIN_DOCUMENT
from flowyml_infra.resources.compiled import Move
from flowyml_infra.resources.expand import expand
from flowyml_infra.resources.spec import spec_digest
from flowyml_infra.resources.values import Reference, StackReference, Template, Variable, canonical_json
from tests.support.expansion import HEAD, at, expansion, only

LOCAL_STACK = """
    storage:
      artifact_store: {uri: ./data//artifacts/, mode: "700", labels: {team: ml}, force_destroy: true}
      metadata_store: sqlite:///data/meta.db
    registry: oci:data/images
"""


class TestComponents:
    def test_each_component_has_a_resource_of_its_name_with_every_property(self) -> None:
        compiled = expansion(LOCAL_STACK)
        assert {str(address): spec.properties for address, spec in compiled.graph.specs.items()} == {
            "local.directory.artifact_store": {
                "path": "data/artifacts",
                "mode": "0700",
                "labels": {"team": "ml"},
                "force_destroy": True,
                "allow_outside": False,
            },
            "local.oci_registry.container_registry": {
                "path": "data/images",
                "labels": {},
                "force_destroy": False,
                "allow_outside": False,
            },
            "local.sqlite.metadata_store": {
                "path": "data/meta.db",
                "journal_mode": "wal",
                "labels": {},
                "force_destroy": False,
                "allow_outside": False,
            },
        }
        assert {spec.component for spec in compiled.graph.specs.values()} == {
            "artifact_store",
            "metadata_store",
            "container_registry",
        }

    def test_the_outputs_of_a_component_are_those_of_its_resource(self) -> None:
        outputs = expansion(LOCAL_STACK).outputs
        store = Address("local.directory.artifact_store")
        assert outputs["artifact_store"] == {name: Reference(store, name) for name in ("path", "uri", "id")}
        assert outputs["metadata_store"]["uri"] == Reference(Address("local.sqlite.metadata_store"), "uri")
        assert outputs["container_registry"]["uri"] == Reference(
            Address("local.oci_registry.container_registry"), "uri"
        )

    @pytest.mark.parametrize(
        ("uri", "path"),
        [
            ("data", "data"),
            ("./data/", "data"),
            ("file:data", "data"),
            ("file://data/x", "data/x"),
        ],
    )
    def test_a_folder_can_be_named_in_several_ways(self, uri: str, path: str) -> None:
        assert only(expansion(f"storage: {{artifact_store: '{uri}'}}")).properties["path"] == path

    @pytest.mark.parametrize(
        ("uri", "path"),
        [("sqlite:///meta.db", "meta.db"), ("sqlite:////abs/meta.db", "/abs/meta.db"), ("meta.db", "meta.db")],
    )
    def test_a_database_can_be_named_in_several_ways(self, uri: str, path: str) -> None:
        spec = only(expansion(f"storage: {{metadata_store: {{uri: '{uri}', allow_outside: true}}}}"))
        assert spec.properties["path"] == path

    def test_a_path_can_be_given_instead_of_a_uri(self) -> None:
        assert only(expansion("storage: {artifact_store: {path: data}}")).properties["path"] == "data"

    def test_an_existing_component_has_no_resource_and_gives_what_was_written(self) -> None:
        compiled = expansion("""
            provider: local
            storage:
              artifact_store: {uri: data, existing: true, tier: cold}
              metadata_store: postgresql://u:${DB_PASSWORD}@h/d
            tracking: {experiment_tracker: mlflow, mlflow_uri: https://mlflow.example.com}
            secrets: {provider: azure_keyvault, vault_url: https://v.vault.azure.net}
            identity: {service_account: robot}
        """)
        assert not compiled.graph.specs
        password = Template(("postgresql://u:", Variable("DB_PASSWORD"), "@h/d"))
        assert compiled.outputs == {
            "artifact_store": {"uri": "data", "path": "data", "tier": "cold"},
            "metadata_store": {"uri": password},
            "tracking": {"uri": "https://mlflow.example.com", "experiment_tracker": "mlflow"},
            "secrets": {"uri": "https://v.vault.azure.net", "provider": "azure_keyvault"},
            "identity": {"service_account": "robot"},
            "compute": {"backend": "local"},
        }

    def test_compute_gives_its_settings(self) -> None:
        compiled = expansion("compute: {backend: local, cpu: 4, preemptible: true}")
        assert compiled.outputs["compute"] == {"backend": "local", "cpu": "4", "preemptible": True}

    def test_a_stack_of_nothing_expands_to_nothing(self) -> None:
        compiled = expansion("provider: local")
        assert not compiled.graph.specs
        assert compiled.outputs == {"compute": {"backend": "local"}}


class TestResources:
    def test_a_resource_is_called_by_its_key_and_is_where_it_was_written(self) -> None:
        spec = only(expansion("resources:\n  raw: {kind: directory, path: data}\n"))
        assert spec.address == "local.directory.raw"
        assert str(spec.location) == "demo.yaml:6:5"
        assert spec.component is None

    def test_the_provider_can_be_another_than_the_stacks(self) -> None:
        spec = only(expansion("provider: aws\nresources: {raw: {kind: sqlite, provider: local, path: x}}"))
        assert spec.address == "local.sqlite.raw"

    def test_texts_from_variables_count_as_flags(self) -> None:
        spec = only(
            expansion(
                "resources: {a: {kind: directory, path: '${WHERE}', force_destroy: '${FORCE}'}}",
                WHERE="x",
                FORCE="true",
            )
        )
        assert spec.properties["path"] == "x"
        assert spec.properties["force_destroy"] is True
        assert not spec.dynamic

    def test_a_dollar_sign_is_written_twice_and_read_once(self) -> None:
        spec = only(expansion("resources: {a: {kind: directory, path: x, labels: {price: 5$$, raw: '$x'}}}"))
        assert spec.properties["labels"] == {"price": "5$", "raw": "$x"}
        assert not spec.dynamic

    def test_the_lifecycle_is_taken_over(self) -> None:
        lifecycle = only(
            expansion("""
            resources:
              a:
                kind: directory
                path: x
                lifecycle:
                  protect: true
                  on_destroy: retain
                  ignore_changes: [labels.team, mode]
                  create_before_destroy: true
        """)
        ).lifecycle
        assert (lifecycle.protect, lifecycle.on_destroy, lifecycle.create_before_destroy) == (True, "retain", True)
        assert lifecycle.ignore_changes == ("labels.team", "mode")

    def test_the_digest_is_that_of_what_is_asked_for_and_of_no_more(self) -> None:
        first = only(expansion("resources: {a: {kind: directory, path: x/../y, mode: '755'}}"))
        other = only(expansion("\n\nresources:\n  a:\n    path: ./y/\n    kind: directory"))
        assert first.digest == other.digest == spec_digest(first.properties, (), first.lifecycle)
        changed = only(expansion("resources: {a: {kind: directory, path: y, mode: '0700'}}"))
        assert changed.digest != first.digest


class TestReferences:
    SPEC = """
        storage: {artifact_store: store}
        resources:
          a: {kind: directory, path: a}
          b:
            kind: directory
            path: ${resources.a.outputs.path}/b
            labels:
              whole: ${resources.artifact_store.outputs.uri}
              secret: key ${API_TOKEN:-none}!
              other: ${stacks.shared.outputs.network.id}
            depends_on: [local.directory.c]
          c: {kind: directory, path: c}
    """

    def test_what_is_not_known_yet_stays_a_reference(self) -> None:
        compiled = expansion(self.SPEC)
        spec = at(compiled, "local.directory.b")
        store = Address("local.directory.artifact_store")
        assert spec.properties["path"] == Template((Reference(Address("local.directory.a"), "path"), "/b"))
        assert spec.properties["labels"] == {
            "whole": Reference(store, "uri"),
            "secret": Template(("key ", Variable("API_TOKEN", "none"), "!")),
            "other": StackReference("shared", "network", "id"),
        }
        assert spec.dynamic
        assert not at(compiled, "local.directory.a").dynamic

    def test_dependencies_are_those_written_and_those_implied(self) -> None:
        compiled = expansion(self.SPEC)
        assert at(compiled, "local.directory.b").depends_on == (
            "local.directory.a",
            "local.directory.artifact_store",
            "local.directory.c",
        )
        order = list(compiled.graph.specs)
        assert order[-1] == "local.directory.b"

    def test_no_secret_is_in_the_clear(self) -> None:
        compiled = expansion(self.SPEC, API_TOKEN="canary-1")
        assert "canary-1" not in repr(compiled)

    def test_a_resource_inside_of_another_ones_folder_comes_after_it(self) -> None:
        compiled = expansion("""
            storage: {metadata_store: data/deep/er/meta.db}
            resources:
              outer: {kind: directory, path: data}
              inner: {kind: directory, path: data/deep}
              beside: {kind: directory, path: database}
        """)
        assert at(compiled, "local.directory.inner").depends_on == ("local.directory.outer",)
        assert at(compiled, "local.sqlite.metadata_store").depends_on == ("local.directory.inner",)
        assert at(compiled, "local.directory.beside").depends_on == ()


class TestDefinition:
    def test_what_is_said_of_the_stack_is_kept(self) -> None:
        compiled = expansion("runtime: {docker_image: 'gcr.io/p/i:1'}")
        assert (compiled.name, compiled.environment, compiled.version) == ("demo", "default", "1.2.3")
        assert (compiled.labels, compiled.provider, compiled.image) == ({"team": "ml"}, "local", "gcr.io/p/i:1")
        assert compiled.source == "demo.yaml"
        assert compiled.document["metadata"] == {"name": "demo", "version": "1.2.3", "labels": {"team": "ml"}}
        assert len(compiled.source_digest) == len(compiled.definition_digest) == 64

    def test_the_environment_gives_protection_overrides_and_the_project_its_policies(self) -> None:
        project = """
environments:
  production: {protect: true, overrides: {spec: {storage: {artifact_store: {mode: "0700"}}}}}
policies: {required_labels: [team]}
"""
        config = ProjectConfig.from_bytes(project.encode(), "/nowhere", environ={})
        text = f"{HEAD}  storage: {{artifact_store: x}}"
        definition = StackDefinition.from_text(text, config=config, environment="production", environ={})
        compiled = expand(definition, "production", config=config)
        assert compiled.protected
        assert compiled.environment == "production"
        assert compiled.policies == {"required_labels": ["team"]}
        assert only(compiled).properties["mode"] == "0700"
        assert not expand(definition, "default", config=config).protected
        with pytest.raises(ResolutionError):
            expand(definition, "prodution", config=config)

    def test_moves_are_taken_over_in_their_order(self) -> None:
        compiled = expansion("""
            resources: {c: {kind: directory, path: x}}
            moved:
              - {from: local.directory.a, to: local.directory.b}
              - {from: local.directory.b, to: local.directory.c}
        """)
        assert compiled.moved == (
            Move(Address("local.directory.a"), Address("local.directory.b")),
            Move(Address("local.directory.b"), Address("local.directory.c")),
        )

    def test_a_secret_that_is_not_set_is_a_warning_with_its_place(self) -> None:
        (warning,) = expansion("resources: {a: {kind: directory, path: x, labels: {t: '${API_TOKEN}'}}}").warnings
        assert warning.severity == "warning"
        assert "API_TOKEN is not set" in warning.summary
        assert str(warning.location).startswith("demo.yaml:5:")

    def test_the_built_in_stack_has_a_place_for_artifacts_and_for_metadata(self) -> None:
        config = ProjectConfig.from_bytes(b"", "/nowhere", environ={})
        definition = StackDefinition.from_mapping(BUILTIN_DOCUMENT, environ={})
        compiled = expand(definition, "default", config=config)
        paths = {str(address): spec.properties["path"] for address, spec in compiled.graph.specs.items()}
        assert paths == {
            "local.directory.artifact_store": ".flowyml/artifacts",
            "local.sqlite.metadata_store": ".flowyml/metadata.db",
        }


@settings(max_examples=40, deadline=None)
@given(
    st.dictionaries(st.from_regex(r"[a-z]{1,6}", fullmatch=True), st.integers(0, 99), min_size=1, max_size=8), st.data()
)
def test_expanding_is_the_same_every_time_and_in_every_order(paths: dict[str, int], data: st.DataObject) -> None:
    names = list(paths)

    def text(order: list[str]) -> str:
        lines = [f"  r{name}: {{kind: directory, path: p{paths[name]}/{name}}}" for name in order]
        return "resources:\n" + "\n".join(lines)

    shuffled = data.draw(st.permutations(names))
    first, second = expansion(text(names)), expansion(text(shuffled))
    assert first.graph == second.graph
    assert list(first.graph.specs) == list(second.graph.specs)
    assert canonical_json(first.document) == canonical_json(second.document)
    assert first.definition_digest == second.definition_digest
