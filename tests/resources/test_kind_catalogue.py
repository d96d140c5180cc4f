from __future__ import annotations

import pkgutil
import subprocess
import sys
from importlib import import_module

import pytest

from flowyml_infra.address import Address
from flowyml_infra.errors import GraphError
from flowyml_infra.resources import kinds
from flowyml_infra.resources.catalogue import NAMES, every_kind, find_kind, kind
from flowyml_infra.resources.values import Json

KINDS = {found.id: found for found in every_kind()}
LOCAL = sorted(name for name in KINDS if name.startswith("local."))


@pytest.mark.parametrize("provider", sorted(NAMES))
def test_every_module_of_a_kind_is_in_the_catalogue_under_its_name(provider: str) -> None:
    package = import_module(f"{kinds.__name__}.{provider}")
    modules = {module.name for module in pkgutil.iter_modules(package.__path__)}
    assert modules == set(NAMES[provider])


def test_the_local_provider_has_the_contracted_kinds() -> None:
    assert set(LOCAL) == {"local.directory", "local.sqlite", "local.oci_registry"}


def test_a_kind_is_found_by_its_parts_and_by_an_address() -> None:
    assert kind("local", "sqlite") is KINDS["local.sqlite"]
    assert find_kind(Address("local.sqlite.metadata_store")) is KINDS["local.sqlite"]


def test_a_misspelt_kind_names_the_closest() -> None:
    with pytest.raises(GraphError) as caught:
        kind("local", "directroy")
    assert caught.value.message == "kind local.directroy is not available in this version"
    assert caught.value.code == "kind.unavailable"
    assert caught.value.hint == "did you mean 'local.directory'?"


def test_a_kind_of_another_provider_is_not_taken_for_a_slip_of_the_pen() -> None:
    with pytest.raises(GraphError) as caught:
        find_kind(Address("local.bucket.artifact_store"))
    assert caught.value.message == "kind local.bucket is not available in this version"
    assert caught.value.address == "local.bucket.artifact_store"
    assert caught.value.hint == "aws has it: set `provider: aws` if that is meant"


def test_the_catalogue_loads_nothing_heavy() -> None:
    heavy = {"pydantic", "sqlalchemy", "yaml", "rich", "cryptography", "sqlite3", "flowyml_infra.definition"}
    code = f"import sys, flowyml_infra.resources.catalogue; print(sorted({heavy} & set(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"


@pytest.mark.parametrize("name", sorted(KINDS))
def test_defaults_pass_the_checks_of_their_own_property(name: str) -> None:
    for item in KINDS[name].properties:
        if item.required or item.default is None:
            continue
        assert item.check is None or item.check(item.default) is None
        assert not item.choices or item.default in item.choices
        assert item.normalise is None or item.normalise(item.default) == item.default


@pytest.mark.parametrize("name", LOCAL)
def test_what_names_a_resource_cannot_change_in_place(name: str) -> None:
    chosen = KINDS[name]
    assert chosen.identity == ("path",)
    flags = {item.name: (item.replaces, item.stored, item.public) for item in chosen.properties}
    assert flags["path"] == (True, True, True)
    assert flags["labels"] == (False, True, False)
    assert flags["force_destroy"] == flags["allow_outside"] == (False, False, True)
    assert {item.name for item in chosen.outputs} == {"path", "uri", "id"}
    assert chosen.stateful


def test_settings_change_in_place() -> None:
    mode = KINDS["local.directory"].property("mode")
    journal = KINDS["local.sqlite"].property("journal_mode")
    assert mode is not None
    assert journal is not None
    assert not mode.replaces
    assert not journal.replaces
    assert journal.choices == ("wal", "delete")


def problem(kind_name: str, property_name: str, value: Json) -> str | None:
    item = KINDS[f"local.{kind_name}"].property(property_name)
    assert item is not None
    assert item.check is not None
    return item.check(value)


@pytest.mark.parametrize(
    ("value", "clause"),
    [
        ("", "is empty"),
        ("  ", "is empty"),
        (" a", "begins or ends with a space"),
        (".", "names the project folder itself"),
        ("a/..", "names the project folder itself"),
        ("~/data", "begins with ~, which is not expanded; write the folder out"),
        ("a\\b", "has a backslash in it"),
        ("a?b", "has a ? in it"),
        ("a\nb", "has a control character in it"),
        ("a\x00b", "has a control character in it"),
        ("\ud800", "is not valid text"),
        ("x" * 201, "has a name of 201 bytes in it; 200 are allowed"),
        ("ä" * 101, "has a name of 202 bytes in it; 200 are allowed"),
        ("/".join(["x" * 100] * 11), "is 1110 bytes long; 1024 are allowed"),
    ],
)
def test_a_path_that_nobody_can_mean_is_refused(value: str, clause: str) -> None:
    assert problem("directory", "path", value) == clause


@pytest.mark.parametrize("value", ["a", "a/b", ".flowyml/artifacts", "/abs", "../x", "x" * 200, "täglich/数据"])
def test_a_usable_path_passes(value: str) -> None:
    assert problem("directory", "path", value) is None


@pytest.mark.parametrize(
    ("written", "normal"),
    [("a/", "a"), ("./a//b/", "a/b"), ("a/x/../b", "a/b"), ("//a/b", "/a/b"), ("../a/./b", "../a/b")],
)
def test_a_path_has_one_spelling(written: str, normal: str) -> None:
    item = KINDS["local.sqlite"].property("path")
    assert item is not None
    assert item.normalise is not None
    assert item.normalise(written) == normal
    assert item.normalise(normal) == normal


@pytest.mark.parametrize("value", ["0750", "755", "2775", "1777", "0700"])
def test_a_mode_that_lets_the_owner_work_passes(value: str) -> None:
    assert problem("directory", "mode", value) is None


@pytest.mark.parametrize(
    ("value", "part"),
    [("rwxr-x---", "in octal"), ("0855", "in octal"), ("0o750", "in octal"), ("75", "in octal"), ("0550", "the owner")],
)
def test_a_mode_that_means_nothing_or_shuts_us_out_is_refused(value: str, part: str) -> None:
    assert part in str(problem("directory", "mode", value))


def test_a_mode_has_four_digits() -> None:
    item = KINDS["local.directory"].property("mode")
    assert item is not None
    assert item.normalise is not None
    assert item.normalise("750") == "0750"


@pytest.mark.parametrize(
    ("labels", "part"),
    [
        ({"": "x"}, "the name ''"),
        ({"-a": "x"}, "the name '-a'"),
        ({"a" * 64: "x"}, "1 to 63 letters"),
        ({"a": "x" * 257}, "257 characters at a; 256 are allowed"),
        ({"a": "x\ny"}, "cannot be printed"),
        ({f"n{number}": "x" for number in range(65)}, "has 65 labels; 64 are allowed"),
    ],
)
def test_labels_have_bounds(labels: dict[str, Json], part: str) -> None:
    assert part in str(problem("oci_registry", "labels", labels))


@pytest.mark.parametrize("labels", [{}, {"a": "x"}, {"team/sub.name_1-x": "Ein Text, auch länger"}, {"a": ""}])
def test_usable_labels_pass(labels: dict[str, Json]) -> None:
    assert problem("oci_registry", "labels", labels) is None


@pytest.mark.parametrize("path", ["/abs", "../x", ".."])
def test_a_path_out_of_the_project_needs_leave(path: str) -> None:
    check = KINDS["local.directory"].check
    assert check is not None
    (fault,) = check({"path": path, "allow_outside": False})
    assert (fault.property, fault.hint) == ("path", "set allow_outside: true if that is meant")
    assert not list(check({"path": path, "allow_outside": True}))
    assert not list(check({"path": "in/side", "allow_outside": False}))
