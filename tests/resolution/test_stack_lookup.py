"""Where stacks are found by name, by path or as objects, and what is said when they are not."""

import hashlib
import json

import pytest

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.resolution.resolver import StackResolver


def manifest(name, store="./artifacts", version='"1.0.0"'):
    return (
        f"apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata:\n  name: {name}\n  version: {version}\n"
        f"spec:\n  provider: local\n  storage:\n    artifact_store: {store}\n"
    )


class Registered:
    """A registry in memory that counts how often it is asked."""

    def __init__(self, **documents):
        self.documents = documents
        self.asked = 0

    def registered_stack(self, name):
        self.asked += 1
        return next((item for item in self.registered_stacks() if item.name == name), None)

    def registered_stacks(self):
        return [
            RegisteredStack(name, text, "somewhere.yaml", hashlib.sha256(text.encode()).hexdigest(), "3.0.0")
            for name, text in sorted(self.documents.items())
        ]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "first.yaml").write_text(manifest("prod"))
    (tmp_path / "stacks" / "second.yml").write_text(manifest("staging"))
    (tmp_path / "flowyml.yaml").write_text(
        "stacks:\n  inline:\n    type: local\n    artifact_path: .flowyml/artifacts\n    metadata_path: .flowyml/m.db\n"
    )
    return tmp_path


def resolver(root, registered=None):
    return StackResolver(root, registered, {})


class TestNames:
    @pytest.mark.parametrize(
        ("name", "where"),
        [
            ("prod", "stacks/first.yaml"),
            ("staging", "stacks/second.yml"),
            ("inline", "stacks in flowyml.yaml"),
            ("shared", "registered stacks"),
            ("local", "built-in"),
        ],
    )
    def test_each_source_is_searched(self, root, name, where):
        found = resolver(root, Registered(shared=manifest("shared"))).explain(name)
        assert (found.definition.name, found.where) == (name, where)

    def test_the_project_comes_before_the_registry_which_is_not_even_asked(self, root):
        registered = Registered(prod=manifest("prod"))
        assert resolver(root, registered).explain("prod").where == "stacks/first.yaml"
        assert registered.asked == 0

    def test_nothing_that_was_registered_passes_for_the_built_in_stack(self, root):
        registered = Registered(local=manifest("local", "./elsewhere"))
        assert resolver(root, registered).explain("local").where == "built-in"

    def test_a_registered_definition_says_that_it_is_one(self, root):
        registered = Registered(shared=manifest("shared"))
        assert resolver(root, registered).resolve("shared").source == "registered stack shared"

    def test_a_record_under_another_name_is_not_used(self, root):
        with pytest.raises(ResolutionError, match="'shared' is the definition of 'other'"):
            resolver(root, Registered(shared=manifest("other"))).resolve("shared")

    def test_a_registered_json_document_is_read(self, root):
        document = {
            "apiVersion": "flowyml/v1",
            "kind": "StackDefinition",
            "metadata": {"name": "shared"},
            "spec": {"provider": "local", "storage": {"artifact_store": "./a"}},
        }
        assert resolver(root, Registered(shared=json.dumps(document))).resolve("shared").name == "shared"

    def test_the_same_name_twice_is_an_error_that_names_both_files(self, root):
        (root / "stacks" / "third.yaml").write_text(manifest("prod"))
        with pytest.raises(ResolutionError, match=r"stacks/first\.yaml and stacks/third\.yaml") as caught:
            resolver(root).resolve("prod")
        assert caught.value.code == "resolution.ambiguous"
        assert resolver(root).resolve("staging").name == "staging"

    def test_a_name_in_flowyml_yaml_and_in_a_manifest_is_twice_too(self, root):
        (root / "stacks" / "third.yaml").write_text(manifest("inline"))
        with pytest.raises(ResolutionError, match=r"flowyml\.yaml and stacks/third\.yaml"):
            resolver(root).resolve("inline")

    def test_a_manifest_that_flowyml_yaml_names_is_there_but_once(self, root):
        (root / "flowyml.yaml").write_text("stacks:\n  prod: {manifest: stacks/first.yaml}\n")
        assert resolver(root).explain("prod").where == "stacks in flowyml.yaml"
        (root / "stacks" / "third.yaml").write_text(manifest("prod"))
        with pytest.raises(ResolutionError, match=r"flowyml\.yaml and stacks/third\.yaml"):
            resolver(root).resolve("prod")

    def test_other_folders_are_searched_when_flowyml_yaml_lists_them(self, root):
        (root / "more").mkdir()
        (root / "more" / "a.yaml").write_text(manifest("extra"))
        (root / "flowyml.yaml").write_text("sources:\n- {type: local, path: more}\n- {type: local, path: stacks}\n")
        assert resolver(root).explain("extra").where == "more/a.yaml"
        assert resolver(root).explain("prod").where == "stacks/first.yaml"
        (root / "more" / "a.yaml").write_text(manifest("prod"))
        with pytest.raises(ResolutionError, match=r"stacks/first\.yaml and more/a\.yaml"):
            resolver(root).resolve("prod")

    def test_no_manifest_may_take_the_built_in_name(self, root):
        (root / "stacks" / "third.yaml").write_text(manifest("local"))
        with pytest.raises(ResolutionError, match=r"stacks/third\.yaml.*built-in") as caught:
            resolver(root).resolve("local")
        assert caught.value.code == "resolution.reserved"

    def test_flowyml_yaml_may_adjust_the_built_in_stack(self, root):
        (root / "flowyml.yaml").write_text("stacks:\n  local: {type: local, artifact_path: elsewhere}\n")
        assert resolver(root).explain("local").where == "stacks in flowyml.yaml"

    def test_other_yaml_beside_manifests_is_left_alone(self, root):
        (root / "stacks" / "values.yaml").write_text("kind: Values\nmetadata: {name: prod}\n")
        (root / "stacks" / "notes.txt").write_text(manifest("prod"))
        assert resolver(root).explain("prod").where == "stacks/first.yaml"

    def test_a_broken_manifest_does_not_hide_the_others(self, root):
        (root / "stacks" / "broken.yaml").write_text("kind: [")
        assert resolver(root).resolve("prod").name == "prod"
        with pytest.raises(ResolutionError) as caught:
            resolver(root).resolve("absent")
        assert "stacks/broken.yaml could not be read" in caught.value.detail

    def test_only_the_manifest_that_is_meant_has_to_be_right(self, root):
        (root / "stacks" / "wrong.yaml").write_text(manifest("wrong").replace("artifact_store", "nonsense"))
        assert resolver(root).resolve("prod").name == "prod"

    def test_a_manifest_of_flowyml_2_is_found(self, root):
        text = manifest("older").replace("flowyml/v1", "flowyml.io/v1").replace("StackDefinition", "Stack")
        (root / "stacks" / "older.yaml").write_text(text)
        assert resolver(root).resolve("older").name == "older"


class TestUnknownNames:
    def test_the_closest_name_is_suggested_and_all_are_listed(self, root):
        with pytest.raises(ResolutionError, match="there is no stack 'prdo'") as caught:
            resolver(root, Registered(shared=manifest("shared"))).resolve("prdo")
        error = caught.value
        assert error.code == "resolution.unknown_stack"
        assert error.hint == "did you mean 'prod'?"
        assert "known stacks: inline, local, prod, shared, staging" in error.detail
        for place in ("stacks in flowyml.yaml", "manifests in stacks/", "registered stacks", "built-in"):
            assert place in error.detail

    @pytest.mark.parametrize("name", ["Prod", "prod ", "рrod", "PROD", "prod\n", "first", "..", "*"])  # noqa: RUF001
    def test_a_name_is_taken_literally(self, root, name):
        with pytest.raises(ResolutionError, match="no stack"):
            resolver(root).resolve(name)

    @pytest.mark.parametrize("name", ["", "  "])
    def test_an_empty_name_is_not_nothing(self, root, name):
        with pytest.raises(ResolutionError, match="is empty"):
            resolver(root).resolve(name)


class TestPaths:
    def test_a_path_is_relative_to_the_working_directory(self, root, tmp_path_factory, monkeypatch):
        elsewhere = tmp_path_factory.mktemp("elsewhere")
        (elsewhere / "mine.yaml").write_text(manifest("mine"))
        monkeypatch.chdir(elsewhere)
        assert resolver(root).resolve("mine.yaml").name == "mine"
        assert resolver(root).resolve("./mine.yaml").name == "mine"

    def test_or_else_to_the_project(self, root, tmp_path_factory, monkeypatch):
        monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
        assert resolver(root).resolve("stacks/first.yaml").name == "prod"

    def test_absolute_paths_path_objects_and_file_uris_do_as_well(self, root):
        path = root / "stacks" / "first.yaml"
        for stack in (str(path), path, path.as_uri()):
            assert resolver(root).resolve(stack).name == "prod"

    def test_a_file_that_is_not_there_is_named_with_its_neighbour(self, root, monkeypatch):
        monkeypatch.chdir(root)
        with pytest.raises(ResolutionError, match=r"there is no manifest stacks/frist\.yaml") as caught:
            resolver(root).resolve("stacks/frist.yaml")
        assert caught.value.hint == "did you mean 'first.yaml'?"

    def test_a_folder_is_no_manifest(self, root):
        with pytest.raises(ResolutionError, match="is a folder"):
            resolver(root).resolve(str(root / "stacks"))


class TestVersions:
    def test_a_range_that_holds_the_version_leads_to_the_stack(self, root):
        for versions in ("1.0.0", "^1", "~1.0", "*"):
            assert resolver(root).resolve(f"prod@{versions}").name == "prod"

    def test_one_that_does_not_is_an_error_and_not_another_source_s_stack(self, root):
        registered = Registered(prod=manifest("prod", version='"2.0.0"'))
        with pytest.raises(
            ResolutionError, match=r"stacks/first\.yaml is version 1\.0\.0, and \^2 is asked for"
        ) as caught:
            resolver(root, registered).resolve("prod@^2")
        assert caught.value.code == "resolution.version"

    def test_a_stack_without_a_version_is_in_no_range(self, root):
        with pytest.raises(ResolutionError, match="says no version"):
            resolver(root).resolve("inline@*")

    @pytest.mark.parametrize("name", ["prod@", "prod@nonsense", "prod@^"])
    def test_what_is_no_range_is_said(self, root, name):
        with pytest.raises(ResolutionError, match="no range of versions"):
            resolver(root).resolve(name)

    def test_an_environment_can_say_which_versions_it_takes(self, root):
        (root / "flowyml.yaml").write_text("environments: {live: {stack: prod@^2}, dev: {stack: prod@^1}}\n")
        assert resolver(root).resolve("prod", env="dev").name == "prod"
        with pytest.raises(ResolutionError, match=r"\^2 is asked for"):
            resolver(root).resolve("prod", env="live")
        with pytest.raises(ResolutionError, match="'dev' is for the stack 'prod', not 'staging'"):
            resolver(root).resolve("staging", env="dev")


class TestObjects:
    def test_a_definition_is_used_as_it_is(self, root):
        definition = resolver(root).resolve("prod")
        assert resolver(root).resolve(definition) is definition

    def test_an_object_is_asked_for_its_definition(self, root):
        definition = resolver(root).resolve("prod")

        class Stack:
            def to_definition(self):
                return definition

        assert resolver(root).resolve(Stack()) is definition
        with pytest.raises(ResolutionError, match="type is not a stack"):
            resolver(root).resolve(Stack)

    @pytest.mark.parametrize("stack", [1, b"prod", ["prod"], object()])
    def test_anything_else_is_refused(self, root, stack):
        with pytest.raises(ResolutionError, match="is not a stack"):
            resolver(root).resolve(stack)


class TestListing:
    def test_every_stack_is_listed_once_with_where_it_is_and_which_is_active(self, root):
        (root / ".flowyml").mkdir()
        (root / ".flowyml" / "active_stack").write_text("prod\n")
        registered = Registered(shared=manifest("shared"), prod=manifest("prod"))
        listed = resolver(root, registered).list_stacks()
        assert [(item.name, item.source, item.version, item.active) for item in listed] == [
            ("inline", "stacks in flowyml.yaml", None, False),
            ("local", "built-in", None, False),
            ("prod", "stacks/first.yaml", "1.0.0", True),
            ("shared", "registered stacks", "3.0.0", False),
            ("staging", "stacks/second.yml", "1.0.0", False),
        ]

    def test_the_version_of_a_manifest_that_flowyml_yaml_names_is_shown(self, root):
        (root / "flowyml.yaml").write_text(
            "stacks: {prod: {manifest: stacks/first.yaml}, b: {version: 2.0.0, type: local}}\n"
        )
        versions = {item.name: item.version for item in resolver(root).list_stacks()}
        assert (versions["prod"], versions["b"]) == ("1.0.0", "2.0.0")

    def test_without_any_choice_the_built_in_stack_is_active(self, root):
        assert [item.name for item in resolver(root).list_stacks() if item.active] == ["local"]
