from __future__ import annotations

import json
import math
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.errors import PipelineError
from flowyml_infra.runtime.artifacts.artifact import load, save, serialise
from flowyml_infra.runtime.artifacts.local import LocalArtifactStore
from flowyml_infra.runtime.materializers.registry import (
    materializer_for,
    materializer_of,
    register_materializer,
    unregister_materializer,
)

numpy = pytest.importorskip("numpy")

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


def there_and_back(value):
    form, pieces, _, size = serialise(value)
    data = bytearray(b"".join(bytes(piece) for piece in pieces))
    assert len(data) == size
    return form, materializer_of(form).load(memoryview(data))


def identical(one, two):
    return type(one) is type(two) and repr(one) == repr(two)


@given(PLAIN)
def test_plain_values_come_back_from_json_as_they_are(value):
    form, back = there_and_back(value)
    assert form == "json"
    assert identical(value, back)


@pytest.mark.parametrize(
    "value",
    [
        (1, 2),
        {"a": (1,)},
        {1: "a"},
        {True: 1},
        math.inf,
        [-math.inf],
        b"bytes",
        {1, 2},
        date(2024, 1, 1),
        Path("a/b"),
        10**5000,
        list(range(20_000)),
        complex(1, 2),
        numpy.float64(1.5),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_json_would_change_comes_back_all_the_same(value):
    form, back = there_and_back(value)
    assert form == "pickle"
    assert type(back) is type(value)
    assert back == value


def test_values_that_contain_themselves_or_go_deep_are_no_json():
    loop = []
    loop.append(loop)
    assert there_and_back(loop)[1][0] is not None
    deep = []
    for _ in range(200):
        deep = [deep]
    assert there_and_back(deep) == ("pickle", deep)


def test_json_is_what_other_programs_can_read():
    form, pieces, _, _ = serialise({"name": "ä", "value": [1, 2.5, None]})
    assert form == "json"
    assert json.loads(b"".join(bytes(piece) for piece in pieces)) == {"name": "ä", "value": [1, 2.5, None]}


ARRAYS = {
    "vector": numpy.arange(10),
    "matrix": numpy.arange(12.0).reshape(3, 4),
    "fortran": numpy.asfortranarray(numpy.arange(12).reshape(3, 4)),
    "slice": numpy.arange(20).reshape(4, 5)[::2, ::-1],
    "scalar": numpy.array(3),
    "empty": numpy.empty((0, 3), dtype="f4"),
    "booleans": numpy.array([True, False]),
    "texts": numpy.array(["a", "bcd"]),
    "no width": numpy.array([""], dtype="U0"),
    "times": numpy.array(["2024-01-01"], dtype="datetime64[D]"),
    "big endian": numpy.arange(3, dtype=">i4"),
    "complex": numpy.array([1 + 2j]),
}


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_arrays_come_back_as_they_are_and_can_be_written_to(array):
    form, back = there_and_back(array)
    assert form == "npy"
    assert (type(back), back.dtype, back.shape) == (numpy.ndarray, array.dtype, array.shape)
    assert (back == array).all()
    assert back.flags.writeable


@pytest.mark.parametrize("array", ARRAYS.values(), ids=ARRAYS)
def test_arrays_are_stored_as_numpy_reads_them(array, tmp_path):
    _, pieces, _, _ = serialise(array)
    path = tmp_path / "a.npy"
    path.write_bytes(b"".join(bytes(piece) for piece in pieces))
    assert (numpy.load(path) == array).all()


def test_arrays_of_objects_and_records_come_back_too():
    for array in (numpy.array([{"a": 1}, None]), numpy.array([(1, 2.0)], dtype=[("a", "i4"), ("b", "f8")])):
        form, back = there_and_back(array)
        assert form == "pickle"
        assert back.dtype == array.dtype
        assert list(back) == list(array)


def test_the_memory_of_an_array_is_not_copied_for_storing():
    array = numpy.arange(1000)
    _, pieces, _, _ = serialise(array)
    assert any(numpy.shares_memory(array, numpy.frombuffer(piece, dtype="u1")) for piece in pieces[1:])
    _, pieces, _, _ = serialise({"inside": array, "more": (1,)})
    assert any(
        numpy.shares_memory(array, numpy.frombuffer(piece, dtype="u1"))
        for piece in pieces
        if isinstance(piece, memoryview)
    )


def test_arrays_inside_other_values_are_read_in_place_aligned_and_writable(tmp_path):
    store = LocalArtifactStore(tmp_path)
    value = {"a": numpy.arange(200_000), "b": numpy.arange(3.0), "c": (1,)}
    artifact = save(value, store)
    back = load(artifact, store)
    assert (back["a"] == value["a"]).all()
    for name in ("a", "b"):
        assert back[name].flags.aligned
        back[name][0] = 7
    assert load(artifact, store)["a"][0] == 0


def test_equal_values_have_equal_digests():
    for one, two in (([1, {"a": 2}], [1, {"a": 2}]), (numpy.arange(4), numpy.arange(4)), ((1, "a"), (1, "a"))):
        assert serialise(one)[2] == serialise(two)[2]
    assert serialise(numpy.arange(4))[2] != serialise(numpy.arange(4.0))[2]


@dataclass
class Table:
    rows: list[str]


class Sheet(Table):
    pass


class Lines:
    format = "lines"

    def dump(self, value):
        return ["\n".join(value.rows).encode()]

    def load(self, data):
        return Table(bytes(data).decode().split("\n"))


class Others(Lines):
    pass


def test_a_type_can_have_a_form_of_its_own_which_its_subclasses_share(tmp_path):
    register_materializer(Table, Lines())
    try:
        assert there_and_back(Table(["a", "b"])) == ("lines", Table(["a", "b"]))
        assert materializer_for(Sheet(["a"])).format == "lines"
        with pytest.raises(PipelineError, match="'lines' is Lines's"):
            register_materializer(str, Others())
    finally:
        unregister_materializer(Table)
    assert materializer_for(Table([])).format == "pickle"
    assert materializer_of("lines").format == "lines"


def test_a_form_that_nobody_reads_is_named():
    with pytest.raises(PipelineError, match="'parquett'") as caught:
        materializer_of("parquett")
    assert caught.value.hint


def test_what_has_no_bytes_is_named_by_its_type():
    with pytest.raises(PipelineError, match="function"):
        serialise(lambda: 1)
