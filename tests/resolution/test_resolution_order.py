"""Which of the places that can name a stack wins, and what environments add to it."""

import pytest

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.active import read_active_stack, write_active_stack
from flowyml_infra.resolution.builtin import BUILTIN_SOURCE
from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resolution.resolver import StackResolver

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: {name}
  version: "1.0.0"
spec:
  provider: local
  storage:
    artifact_store: ./artifacts/{name}
"""
CONFIG = """\
active_stack: configured
environments:
  dev:
    stack: for-dev
  tied: {stack: for-tied}
  loose: {protect: true}
"""
NAMES = ["named", "for-dev", "for-tied", "from-variable", "activated", "configured", "for-default"]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "stacks").mkdir()
    for name in NAMES:
        (tmp_path / "stacks" / f"{name}.yaml").write_text(MANIFEST.format(name=name))
    (tmp_path / "flowyml.yaml").write_text(CONFIG)
    return tmp_path


def resolver(root, **environ):
    return StackResolver(root, environ=environ)


class TestOrder:
    def test_what_is_named_wins_over_everything(self, root):
        write_active_stack(root, "activated")
        assert resolver(root, FLOWYML_STACK="from-variable").resolve("named", env="loose").name == "named"

    def test_then_the_environment(self, root):
        write_active_stack(root, "activated")
        assert resolver(root, FLOWYML_STACK="from-variable").resolve(env="dev").name == "for-dev"

    def test_then_the_variable_also_in_an_environment_that_is_tied_to_no_stack(self, root):
        write_active_stack(root, "activated")
        assert resolver(root, FLOWYML_STACK="from-variable").resolve().name == "from-variable"
        assert resolver(root, FLOWYML_STACK="from-variable").resolve(env="loose").name == "from-variable"

    def test_then_the_active_stack_of_this_checkout(self, root):
        write_active_stack(root, "activated")
        assert resolver(root).resolve().name == "activated"
        assert resolver(root, FLOWYML_STACK="").resolve().name == "activated"

    def test_then_the_active_stack_of_the_project(self, root):
        assert resolver(root).resolve().name == "configured"

    def test_then_what_the_default_environment_is_for(self, root):
        (root / "flowyml.yaml").write_text("environments:\n  default: {stack: for-default}\n")
        assert resolver(root).resolve().name == "for-default"
        assert resolver(root, FLOWYML_STACK="named").resolve().name == "named"

    def test_then_the_built_in_stack(self, root):
        (root / "flowyml.yaml").unlink()
        found = resolver(root).explain()
        assert found.definition.name == "local"
        assert found.where == BUILTIN_SOURCE
        assert found.environment == "default"

    def test_the_built_in_stack_needs_no_project_at_all(self, tmp_path):
        assert resolver(tmp_path).resolve().name == "local"

    @pytest.mark.parametrize("place", ["variable", "active", "config", "environment", "argument"])
    def test_a_name_that_leads_nowhere_never_falls_back(self, root, place):
        environ = {"FLOWYML_STACK": "gone"} if place == "variable" else {}
        if place == "active":
            write_active_stack(root, "gone")
        if place == "config":
            (root / "flowyml.yaml").write_text("active_stack: gone\n")
        if place == "environment":
            (root / "flowyml.yaml").write_text("environments: {dev: {stack: gone}}\n")
        asked = {"stack": "gone"} if place == "argument" else {"env": "dev"} if place == "environment" else {}
        with pytest.raises(ResolutionError, match="there is no stack 'gone'") as caught:
            resolver(root, **environ).resolve(**asked)
        culprit = {
            "environment": "the environment 'dev'",
            "variable": "FLOWYML_STACK",
            "active": ".flowyml/active_stack",
            "config": "flowyml.yaml",
        }
        assert culprit.get(place, "") in caught.value.message

    def test_the_steps_tell_who_was_asked_and_who_answered(self, root):
        steps = resolver(root).explain(env="loose").steps
        assert [(step.place, step.answer) for step in steps] == [
            ("argument", None),
            ("environment", None),
            ("FLOWYML_STACK", None),
            (".flowyml/active_stack", None),
            ("flowyml.yaml", "configured"),
        ]
        assert all(step.why for step in steps)


class TestEnvironments:
    def test_a_stack_and_the_environment_that_maps_to_it_agree(self, root):
        found = resolver(root).explain("for-tied", env="tied")
        assert (found.definition.name, found.environment) == ("for-tied", "tied")

    def test_another_stack_is_refused_unless_insisted_on(self, root):
        with pytest.raises(ResolutionError, match="'tied' is for the stack 'for-tied', not 'named'") as caught:
            resolver(root).resolve("named", env="tied")
        assert "--force-env" in caught.value.hint
        found = resolver(root).explain("named", env="tied", force_env=True)
        assert (found.definition.name, found.environment) == ("named", "tied")

    @pytest.mark.parametrize("how", ["path", "definition"])
    def test_it_is_the_definition_s_name_that_has_to_agree(self, root, how):
        path = str(root / "stacks" / "named.yaml")
        stack = path if how == "path" else resolver(root).resolve("named")
        with pytest.raises(ResolutionError, match="not 'named'"):
            resolver(root).resolve(stack, env="tied")

    def test_a_wrong_environment_is_an_error_with_a_suggestion(self, root):
        with pytest.raises(ResolutionError, match="'tyed' is not declared") as caught:
            resolver(root).resolve("named", env="tyed")
        assert caught.value.code == "resolution.unknown_environment"
        assert "'tied'" in caught.value.hint
        assert "dev, tied, loose" in caught.value.detail

    def test_an_empty_name_is_not_nothing(self, root):
        with pytest.raises(ResolutionError, match="is empty"):
            resolver(root).resolve("named", env="")

    @pytest.mark.parametrize("env", ["Dev", " dev", "dеv"])  # noqa: RUF001 -- the last has a Cyrillic letter
    def test_an_environment_s_name_is_taken_literally(self, root, env):
        with pytest.raises(ResolutionError, match="is not declared"):
            resolver(root).resolve("named", env=env)

    def test_default_needs_no_declaration(self, root):
        assert resolver(root).explain("named", env="default").environment == "default"

    def test_without_one_it_is_default_whatever_the_stack_is_mapped_to(self, root):
        assert resolver(root).explain("for-tied").environment == "default"


class TestActiveStack:
    def test_it_can_be_chosen_changed_and_taken_back(self, root):
        for name in ("one", "two", None, None):
            write_active_stack(root, name)
            assert read_active_stack(root, Inputs({})) == name

    @pytest.mark.parametrize("name", ["./stacks/named.yaml", "named.yaml", "https://x/y", "", " "])
    def test_only_a_name_can_be_chosen(self, root, name):
        with pytest.raises(ResolutionError, match="only a name"):
            write_active_stack(root, name)
        assert read_active_stack(root, Inputs({})) is None

    def test_a_blank_file_chooses_nothing(self, root):
        write_active_stack(root, "x")
        (root / ".flowyml" / "active_stack").write_text(" \n")
        assert resolver(root).resolve().name == "configured"


def test_the_project_is_found_from_a_folder_inside_it(root, monkeypatch):
    inside = root / "a" / "b"
    inside.mkdir(parents=True)
    monkeypatch.chdir(inside)
    assert StackResolver(environ={}).root == root
    assert StackResolver(environ={}).resolve().name == "configured"


def test_the_variable_is_read_from_the_process_unless_given(root, monkeypatch):
    monkeypatch.setenv("FLOWYML_STACK", "from-variable")
    assert StackResolver(root).resolve().name == "from-variable"
    assert StackResolver(root, environ={}).resolve().name == "configured"
