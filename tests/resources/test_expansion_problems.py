"""What a person is told about a definition that is right by its form and wrong by its meaning."""

from __future__ import annotations

import pytest

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.definition.stack_definition import StackDefinition
from flowyml_infra.errors import DefinitionError
from flowyml_infra.resources.catalogue import kind_ids
from flowyml_infra.resources.expand import expand
from tests.support.expansion import expansion, problems
from tests.support.kinds import forget


class TestKinds:
    def test_a_component_of_another_cloud_names_the_kind_that_is_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        forget(monkeypatch, "azure")
        assert problems(
            "provider: azure\nstorage:\n  artifact_store: abfs://b@c\n  metadata_store: postgresql://h/d"
        ) == [
            (
                3,
                "kind azure.storage is not available in this version, and the component artifact_store needs it",
                f"this version has {', '.join(kind_ids())}",
            )
        ]

    @pytest.mark.parametrize(
        ("spec", "kind"),
        [
            ("compute: {backend: azureml}", "azure.ml_workspace"),
            ("provider: azure\nsecrets: {provider: azure_keyvault}", "azure.vault"),
            ("network: {range: 10.0.0.0/8}", "local.network"),
        ],
    )
    def test_each_component_is_taken_for_the_contracted_kind(
        self, spec: str, kind: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        forget(monkeypatch, "azure", "kubernetes")
        assert any(f"kind {kind} is not available in this version" in summary for _, summary, _ in problems(spec))

    def test_a_misspelt_kind_names_the_closest(self) -> None:
        assert problems("resources:\n  a:\n    kind: directroy\n    path: x") == [
            (
                3,
                "kind local.directroy is not available in this version, and the resource a needs it",
                "did you mean 'local.directory'?",
            )
        ]

    def test_a_kind_of_another_provider_says_which(self) -> None:
        (_, _, hint), *_ = problems("provider: aws\nresources: {a: {kind: sqlite, path: x}}")
        assert hint == "local has it: set `provider: local` if that is meant"


class TestProperties:
    def test_a_missing_property_is_named_with_what_it_is(self) -> None:
        assert problems("resources:\n  a:\n    kind: directory") == [
            (2, "spec.resources.a.path is missing", "add `path: …`: where the folder is. Relative to the project.")
        ]

    def test_a_component_without_a_place_is_told_how_to_give_one(self) -> None:
        assert problems("storage:\n  artifact_store: {mode: '0700'}") == [
            (
                2,
                "the component artifact_store names no place",
                "add `uri: artifact_store`, a path relative to the project",
            )
        ]

    def test_a_misspelt_property_names_the_closest(self) -> None:
        assert problems(
            "resources:\n  a: {kind: directory, path: x}\n  b: {kind: sqlite, path: y,\n    jornal_mode: wal}"
        ) == [(4, "local.sqlite has no property 'jornal_mode'", "did you mean 'journal_mode'?")]

    def test_a_property_of_another_kind_lists_those_there_are(self) -> None:
        assert problems("resources:\n  b: {kind: sqlite, path: y, zone: eu}") == [
            (
                2,
                "local.sqlite has no property 'zone'",
                "it has path, journal_mode, labels, force_destroy, allow_outside",
            )
        ]

    @pytest.mark.parametrize(
        ("properties", "summary", "hint"),
        [
            ("path: 3", "spec.resources.a.path must be a text, not the number 3", 'quote it: "3"'),
            ("path: [x]", "spec.resources.a.path must be a text, not a list", None),
            ("path: ", "spec.resources.a.path must be a text, not empty", "write a value or remove the key"),
            ("{path: x, mode: 750}", "spec.resources.a.mode must be a text, not the number 750", 'quote it: "750"'),
            (
                "{path: x, mode: '0999'}",
                "spec.resources.a.mode is '0999'; write it in octal, in quotes, for example \"0750\"",
                None,
            ),
            (
                "{path: x, force_destroy: 1}",
                "spec.resources.a.force_destroy must be true or false, not the number 1",
                None,
            ),
            (
                "{path: x, force_destroy: 'yes'}",
                "spec.resources.a.force_destroy must be true or false, not a text",
                None,
            ),
            (
                "{path: x, labels: [a]}",
                "spec.resources.a.labels must be a mapping of texts, not a list",
                "write `name: value` below it, indented",
            ),
            (
                "{path: x, labels: {a: true}}",
                "spec.resources.a.labels.a must be a text, not true",
                'quote it: "true"',
            ),
            ("{path: x, labels: {a: {}}}", "spec.resources.a.labels.a must be a text, not a mapping", "write a text"),
            ("{path: x, labels: {'-a': x}}", None, None),
            (
                "path: ../x",
                "spec.resources.a.path leads out of the project",
                "set allow_outside: true if that is meant",
            ),
            ("path: /x", "spec.resources.a.path leads out of the project", "set allow_outside: true if that is meant"),
            ("path: a/..", "spec.resources.a.path names the project folder itself", None),
        ],
    )
    def test_a_wrong_value_is_named_with_its_place(
        self, properties: str, summary: str | None, hint: str | None
    ) -> None:
        inline = properties[1:-1] if properties.startswith("{") else properties
        found = problems(f"resources:\n  a: {{kind: directory, {inline}}}")
        ((line, said, cure),) = found
        assert line == 2
        if summary is not None:
            assert (said, cure) == (summary, hint)
        else:
            assert "has the name '-a'" in said

    def test_a_choice_names_the_closest(self) -> None:
        assert problems("resources: {a: {kind: sqlite, path: x, journal_mode: WALL}}") == [
            (1, "spec.resources.a.journal_mode is not one of wal, delete", "did you mean 'wal'?")
        ]

    def test_uri_and_path_at_once_are_one_too_many(self) -> None:
        ((_, summary, hint),) = problems("storage: {artifact_store: {uri: a, path: b}}")
        assert (summary, hint) == ("uri and path both name the place", "keep one of the two")

    def test_what_is_ignored_has_to_be_there(self) -> None:
        ((_, summary, hint),) = problems(
            "resources: {a: {kind: directory, path: x, lifecycle: {ignore_changes: [labels.x, mod]}}}"
        )
        assert summary == "spec.resources.a.lifecycle.ignore_changes[1]: local.directory has no property 'mod'"
        assert hint == "did you mean 'mode'?"


class TestSecrets:
    @pytest.mark.parametrize(
        "properties",
        [
            "path: '${STORE_TOKEN}'",
            "path: 'a/${STORE_TOKEN}'",
            "{path: x, mode: '${STORE_TOKEN}'}",
            "{path: x, force_destroy: '${STORE_TOKEN}'}",
        ],
    )
    def test_a_secret_cannot_be_where_everybody_sees_it(self, properties: str) -> None:
        inline = properties[1:-1] if properties.startswith("{") else properties
        ((_, summary, hint),) = problems(f"resources: {{a: {{kind: directory, {inline}}}}}", STORE_TOKEN="canary-2")
        assert "cannot be a secret, because everybody can see it in the world" in summary
        assert "canary-2" not in f"{summary} {hint}"

    @pytest.mark.parametrize(
        "spec",
        [
            "storage: {metadata_store: 'postgresql://u:canary-3@h/d'}",
            "resources: {a: {kind: directory, path: x, labels: {url: 'https://u:canary-3@h'}}}",
            "storage: {artifact_store: {uri: x, existing: true, endpoint: 'https://u:canary-3@h'}}",
            "storage: {metadata_store: {uri: 'postgresql://u@h/d', password: canary-3}}",
        ],
    )
    def test_a_password_in_a_url_is_refused_without_repeating_it(self, spec: str) -> None:
        with pytest.raises(DefinitionError) as caught:
            expansion(spec)
        error = caught.value
        assert "holds a password in the clear" in error.message
        assert "${NAME_PASSWORD}" in str(error.diagnostics[0].hint)
        assert "canary-3" not in repr(error) + repr(error.diagnostics)

    def test_a_password_that_came_from_a_plain_variable_is_refused_too(self) -> None:
        with pytest.raises(DefinitionError, match="password in the clear") as caught:
            expansion("storage: {metadata_store: '${DATABASE}'}", DATABASE="postgresql://u:canary-4@h/d")
        assert "canary-4" not in str(caught.value)
        with pytest.raises(DefinitionError, match="password in the clear") as caught:
            expansion("storage: {metadata_store: {uri: 'postgresql://u@h/d', password: '${PLAIN}'}}", PLAIN="canary-4")
        assert "canary-4" not in str(caught.value)


class TestReferences:
    def test_a_reference_to_nothing_names_the_closest(self) -> None:
        assert problems("""
            resources:
              store: {kind: directory, path: x}
              b: {kind: directory, path: "${resources.stroe.outputs.path}/b"}
        """) == [(3, "there is no resource 'stroe' to refer to", "did you mean 'store'?")]

    def test_an_output_that_is_not_there_names_the_closest(self) -> None:
        assert problems("""
            resources:
              store: {kind: directory, path: x}
              b: {kind: directory, path: b, labels: {u: "${resources.store.outputs.url}"}}
        """) == [(3, "local.directory has no output 'url'", "did you mean 'uri'?")]

    def test_a_component_that_is_there_already_has_no_outputs(self) -> None:
        ((_, summary, hint),) = problems("""
            storage: {artifact_store: {uri: x, existing: true}}
            resources: {b: {kind: directory, path: "${resources.artifact_store.outputs.path}/b"}}
        """)
        assert summary == "the component artifact_store is there already, so it has no outputs here"
        assert hint

    def test_an_output_of_another_type_does_not_fit(self) -> None:
        assert problems("""
            resources:
              a: {kind: directory, path: a}
              b: {kind: directory, path: b, force_destroy: "${resources.a.outputs.path}"}
        """) == [(3, "spec.resources.b.force_destroy must be true or false, and path is a text", None)]

    def test_a_text_around_a_reference_is_no_flag(self) -> None:
        ((_, summary, _),) = problems("""
            resources:
              a: {kind: directory, path: a}
              b: {kind: directory, path: b, labels: "x${resources.a.outputs.path}"}
        """)
        assert "must be a mapping of texts, not a text with a secret or reference in it" in summary

    def test_a_dependency_on_nothing_names_the_closest(self) -> None:
        assert problems("""
            resources:
              store: {kind: directory, path: x}
              b:
                kind: directory
                path: b
                depends_on:
                  - local.directory.store
                  - local.directory.stroe
        """) == [
            (
                8,
                "local.directory.b depends on local.directory.stroe, which is not declared",
                "did you mean 'local.directory.store'?",
            )
        ]

    def test_a_cycle_through_references_is_named(self) -> None:
        ((line, summary, hint),) = problems("""
            resources:
              a: {kind: directory, path: a, labels: {x: "${resources.b.outputs.path}"}}
              b: {kind: directory, path: b, depends_on: [local.directory.a]}
        """)
        assert line == 2
        assert summary.endswith("local.directory.a -> local.directory.b -> local.directory.a")
        assert hint == "remove one of these dependencies"

    def test_a_cycle_through_folders_is_named(self) -> None:
        ((_, summary, _),) = problems("""
            resources:
              outer: {kind: directory, path: a, depends_on: [local.directory.inner]}
              inner: {kind: directory, path: a/b}
        """)
        assert summary.startswith("these resources depend on each other")

    def test_a_resource_with_a_components_name_is_unclear(self) -> None:
        ((line, summary, _), *_) = problems("""
            storage: {artifact_store: a}
            resources: {artifact_store: {kind: sqlite, path: b}}
        """)
        assert line == 2
        assert summary == "artifact_store is both a component and a resource, so references to it are unclear"


class TestPlaces:
    def test_two_resources_in_one_place_are_both_named(self) -> None:
        assert problems("""
            storage: {artifact_store: ./data/}
            resources: {a: {kind: sqlite, path: x/../data}}
        """) == [
            (
                2,
                "local.sqlite.a is at data, where local.directory.artifact_store is too",
                "give one of them another path",
            )
        ]

    def test_a_resource_inside_of_a_file_is_refused(self) -> None:
        assert problems("""
            storage: {metadata_store: meta.db}
            resources: {a: {kind: directory, path: meta.db/x}}
        """) == [
            (
                2,
                "local.directory.a is at meta.db/x, inside of local.sqlite.metadata_store, which is a file",
                "choose a path outside of it",
            )
        ]


def test_a_definition_without_a_text_is_named_by_its_source() -> None:
    document = {
        "apiVersion": "flowyml/v1",
        "kind": "StackDefinition",
        "metadata": {"name": "demo"},
        "spec": {"resources": {"a": {"kind": "directory", "path": "../x"}}},
    }
    config = ProjectConfig.from_bytes(b"", "/nowhere", environ={})
    definition = StackDefinition.from_mapping(document, source="made in Python", environ={})
    with pytest.raises(DefinitionError, match=r"^made in Python: spec\.resources\.a\.path leads out"):
        expand(definition, "default", config=config)


def test_every_problem_is_told_at_once_in_the_order_of_the_text() -> None:
    found = problems("""
        resources:
          a: {kind: directory, path: ../x}
          b: {kind: directroy, path: x}
          c: {kind: sqlite, path: "${resources.a.outputs.nothing}", jornal_mode: wal}
          d: {kind: sqlite, path: y, depends_on: [local.sqlite.e], lifecycle: {ignore_changes: [zone]}}
    """)
    assert [line for line, _, _ in found] == [2, 3, 4, 4, 5, 5]
