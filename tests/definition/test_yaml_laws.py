from __future__ import annotations

import re

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from flowyml_infra.definition import document as module
from flowyml_infra.definition.document import load_document

# YAML 1.1, which PyYAML writes, leaves these texts without quotes, and YAML 1.2 reads them as numbers.
_NUMBERS_OF_1_2_ONLY = re.compile(r"0o[0-7]+|[-+]?(\.?[0-9]+|[0-9]+\.[0-9]*)[eE][-+]?[0-9]+")

# PyYAML's own writer does not bring these line breaks back.
_BREAKS = "\x85\u2028\u2029"

texts = st.text(st.characters(exclude_categories=("Cs",), exclude_characters=_BREAKS), max_size=20).filter(
    lambda text: not _NUMBERS_OF_1_2_ONLY.fullmatch(text)
)
keys = texts.filter(lambda text: not text.startswith("$"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**63) + 1, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | texts
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(keys, inner, max_size=4), max_leaves=25
)


def _same(one, other):
    """Equality that tells 1 from 1.0 and True."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return one == other


@given(documents, st.sampled_from([None, True, False]), st.booleans())
def test_what_pyyaml_writes_is_read_as_pyyaml_reads_it(value, flow, wide):
    text = yaml.safe_dump(value, default_flow_style=flow, allow_unicode=wide, width=60)
    assert _same(load_document(text.encode(), "x").value, yaml.safe_load(text))
    assert _same(load_document(text.encode(), "x").value, value)


@given(documents)
def test_both_parsers_read_the_same(value):
    text = yaml.safe_dump(value, allow_unicode=True).encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_parser", lambda: module.PurePython)
        slow = load_document(text, "x")
    fast = load_document(text, "x")
    assert _same(slow.value, fast.value)
    for path in _paths(value):
        assert slow.locations.key(path) == fast.locations.key(path)
        assert slow.locations.value(path) == fast.locations.value(path)


def _paths(value, path=()):
    for step, item in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        yield (*path, step)
        yield from _paths(item, (*path, step))


@given(documents)
def test_every_value_has_a_place_and_a_scalar_begins_there(value):
    assume(isinstance(value, (dict, list)) and value)
    text = yaml.safe_dump(value, default_flow_style=False, allow_unicode=False, width=10_000)
    locations = load_document(text.encode(), "x").locations
    for path in _paths(value):
        place = locations.value(path)
        assert place is not None
        written = locations.line(place.line)[place.column - 1 :]
        assert written


@given(st.binary(max_size=200))
def test_no_bytes_do_worse_than_be_refused(data):
    from flowyml_infra.errors import DefinitionError

    try:
        load_document(data, "x")
    except DefinitionError as error:
        assert error.diagnostics
