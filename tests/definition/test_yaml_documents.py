from __future__ import annotations

import gc
import json

import pytest
import yaml

from flowyml_infra.definition import document as module
from flowyml_infra.definition.document import load_document
from flowyml_infra.errors import DefinitionError


@pytest.fixture(params=["libyaml", "python"], autouse=True)
def parser(request, monkeypatch):
    if request.param == "python":
        monkeypatch.setattr(module, "_parser", lambda: module.PurePython)


def load(text):
    return load_document(text.encode(), "x.yaml").value


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("yes", "yes"),
        ("off", "off"),
        ("12", 12),
        ("-7", -7),
        ("+7", 7),
        ("0", 0),
        ("0x1F", 31),
        ("0o17", 15),
        ("0750", "0750"),
        ("012345678901", "012345678901"),
        ("1.50", 1.5),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("1_000", "1_000"),
        ("190:20:30", "190:20:30"),
        ("2024-01-31", "2024-01-31"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1.2.3", "1.2.3"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("! 12", "12"),
    ],
)
def test_plain_scalars_mean_what_yaml_1_2_says(text, value):
    found = load(f"key: {text}\n")["key"]
    assert (found, type(found)) == (value, type(value))


@pytest.mark.parametrize("text", ["9223372036854775808", "-9223372036854775809", "1e999", "9" * 5000, "0x" + "f" * 17])
def test_numbers_that_cannot_be_kept_exactly_are_refused(text):
    with pytest.raises(DefinitionError, match="too large") as caught:
        load(f"key: {text}\n")
    assert caught.value.diagnostics[0].location.column == 6


def test_the_largest_integers_are_kept():
    assert load("[9223372036854775807, -9223372036854775807]") == [2**63 - 1, -(2**63) + 1]


def test_a_document_of_nothing_but_comments_is_null():
    assert load("# nothing\n") is None


def test_json_is_read_as_it_is():
    data = {"a": [1, 2.5, None, True, "x"], "b": {"c": "d: e", "ü": "\t\n"}}
    assert load(json.dumps(data, ensure_ascii=False)) == data


def test_multi_line_texts_keep_what_yaml_says():
    assert load("a: |\n  one\n  two\nb: >-\n  one\n  two\n") == {"a": "one\ntwo\n", "b": "one two"}


def test_an_alias_repeats_its_anchor():
    assert load("a: &x {k: [1, 2]}\nb: *x\nc: &s text\nd: *s\n") == {
        "a": {"k": [1, 2]},
        "b": {"k": [1, 2]},
        "c": "text",
        "d": "text",
    }


def test_a_merge_gives_what_the_mapping_itself_lacks():
    text = "base: &base {a: 1, b: 2}\nother: &other {b: 3, c: 4}\nx:\n  <<: [*base, *other]\n  a: 9\ny: {<<: *other}\n"
    value = load(text)
    assert value["x"] == {"a": 9, "b": 2, "c": 4}
    assert value["y"] == {"b": 3, "c": 4}
    assert value == yaml.safe_load(text)


def test_a_merge_key_in_quotes_is_a_key_like_any_other():
    assert load('a: {"<<": 1}\n') == {"a": {"<<": 1}}


def test_merging_two_keys_that_are_both_merge_keys_is_refused():
    with pytest.raises(DefinitionError, match="'<<' is given twice"):
        load("a: &a {x: 1}\nb:\n  <<: *a\n  <<: *a\n")


@pytest.mark.parametrize(
    "text",
    [
        "!!python/object/apply:os.system [id]",
        "a: !!binary aGk=",
        "!!set {a, b}",
        "a: !custom b",
        "!!omap [a: b]",
        "a: !!timestamp 2024-01-01",
        "!!int '3': x",
        "a: !!float 1",
    ],
)
def test_tags_are_refused(text):
    with pytest.raises(DefinitionError) as caught:
        load(text)
    assert "tag" in caught.value.diagnostics[0].summary


@pytest.mark.parametrize("text", ["1: a", "1.5: a", "true: a", "null: a", "~: a", "? [x]\n: a", "? {x: y}\n: a"])
def test_keys_that_are_no_texts_are_refused(text):
    with pytest.raises(DefinitionError) as caught:
        load(text)
    assert caught.value.diagnostics[0].code == "definition.key"


def test_an_alias_as_a_key_is_refused():
    with pytest.raises(DefinitionError, match="where a key must be"):
        load("a: &x y\n*x : z\n")


def test_a_quoted_number_is_a_key():
    assert load("'1': a\n\"true\": b\n") == {"1": "a", "true": "b"}


def test_keys_of_reserved_form_are_refused_anywhere():
    with pytest.raises(DefinitionError) as caught:
        load("a:\n  - b: {$ref: c}\n")
    assert (caught.value.diagnostics[0].location.line, caught.value.diagnostics[0].location.column) == (2, 9)


def test_utf_16_is_refused_by_name():
    with pytest.raises(DefinitionError, match="UTF-16"):
        load_document("a: b".encode("utf-16"), "x.yaml")


def test_a_byte_order_mark_of_utf_8_does_no_harm():
    assert load_document(b"\xef\xbb\xbfa: b\n", "x.yaml").value == {"a": "b"}


def test_places_are_those_of_key_and_value():
    text = "a:\n  b: one\n  list:\n    - x\n    - k: v\nc: {d: two}\n"
    places = load_document(text.encode(), "x.yaml").locations

    def at(location):
        return location.line, location.column

    assert at(places.key(("a", "b"))) == (2, 3)
    assert at(places.value(("a", "b"))) == (2, 6)
    assert at(places.value(("a",))) == (1, 1)
    assert at(places.value(("a", "list", 0))) == (4, 7)
    assert at(places.value(("a", "list", 1))) == (5, 7)
    assert at(places.key(("a", "list", 1, "k"))) == (5, 7)
    assert at(places.value(("a", "list", 1, "k"))) == (5, 10)
    assert at(places.value(("c", "d"))) == (6, 8)
    assert places.value(("a", "nothing")) is None
    assert places.value(("a", "list", 7)) is None
    assert places.value(("a", "b", "c")) is None


def test_places_count_characters_not_bytes():
    places = load_document("ä: {ö: ü}\n".encode(), "x.yaml").locations
    assert places.value(("ä", "ö")).column == 8


def test_what_was_merged_or_repeated_is_placed_where_it_was_written():
    text = "base: &b\n  k: {n: 1}\nx:\n  <<: *b\ny: *b\n"
    places = load_document(text.encode(), "x.yaml").locations
    assert places.value(("x", "k", "n")).line == 2
    assert places.key(("x", "k")).line == 2
    assert places.value(("y", "k", "n")).line == 2
    assert places.key(("y",)).line == 5


def test_the_digest_is_that_of_the_bytes():
    one, other = load_document(b"a: 1", "x"), load_document(b"a:  1", "x")
    assert one.value == other.value
    assert one.digest != other.digest
    assert len(one.digest) == 64


def test_problems_stop_after_a_while():
    with pytest.raises(DefinitionError) as caught:
        load("".join("a: 1\n" for _ in range(1000)))
    assert len(caught.value.diagnostics) == 51


def test_problems_before_a_syntax_error_are_told_with_it():
    with pytest.raises(DefinitionError) as caught:
        load("a: 1\na: 2\nb: [\n")
    assert [item.code for item in caught.value.diagnostics] == ["definition.duplicate_key", "definition.syntax"]


@pytest.mark.parametrize("text", ["a: 1", "a: [", "a: *x"])
def test_the_garbage_collector_is_left_as_it_was(text):
    assert gc.isenabled()
    for enabled in (True, False):
        (gc.enable if enabled else gc.disable)()
        try:
            load_document(text.encode(), "x")
        except DefinitionError:
            pass
        finally:
            left = gc.isenabled()
            gc.enable()
        assert left is enabled
