"""Amounts: two spellings of one are no change, and what is none is told how one is written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.definition.quantity import cores, size_bytes
from flowyml_infra.resources.amounts import normal_bytes, normal_cores
from tests.support.clusters import problem, properties

UNITS = st.sampled_from(["", "k", "M", "G", "T", "P", "Ki", "Mi", "Gi", "Ti", "Pi"])


@given(st.integers(1, 10**9))
def test_the_one_spelling_of_cores_means_the_same_and_stays(thousandths):
    text = f"{thousandths}m"
    normal = str(normal_cores(text))
    assert cores(normal) == cores(text)
    assert normal_cores(normal) == normal


@given(st.integers(1, 10_000), UNITS)
def test_the_one_spelling_of_bytes_means_the_same_and_stays(number, unit):
    text = f"{number}{unit}"
    normal = str(normal_bytes(text))
    assert size_bytes(normal) == size_bytes(text)
    assert normal_bytes(normal) == normal


@given(st.integers(1, 10_000), UNITS, st.integers(1, 10_000), UNITS)
def test_spellings_are_one_just_where_the_amounts_are(one, unit, other, another):
    texts = (f"{one}{unit}", f"{other}{another}")
    assert (normal_bytes(texts[0]) == normal_bytes(texts[1])) == (size_bytes(texts[0]) == size_bytes(texts[1]))


@pytest.mark.parametrize(
    ("one", "other", "spelling"),
    [("1000m", "1", "1"), ("0.5", "500m", "500m"), ("8.0", "8", "8"), ("1.25", "1250m", "1250m")],
)
def test_cores_in_another_spelling_are_no_change(one, other, spelling):
    assert {properties(kind="quota", cpu=text)["cpu"] for text in (one, other)} == {spelling}


@pytest.mark.parametrize(
    ("one", "other", "spelling"),
    [
        ("1024Mi", "1Gi", "1Gi"),
        ("1.5Gi", "1536Mi", "1536Mi"),
        ("1000M", "1G", "1G"),
        ("1T", "1000G", "1T"),
        ("32GB", "32G", "32G"),
        ("1000Ki", "1024k", "1000Ki"),
        ("1", "1", "1"),
    ],
)
def test_bytes_in_another_spelling_are_no_change(one, other, spelling):
    assert {properties(kind="quota", memory=text)["memory"] for text in (one, other)} == {spelling}


@pytest.mark.parametrize("text", ["0", "0m", "-1", "many", "8 cores", "1Gi", "0.0001", ""])
def test_what_is_no_number_of_cores_is_told_how_one_is_written(text):
    assert problem(kind="quota", pods=1, cpu=text).startswith(f"cpu is {text!r}; write a number of cores above 0")


@pytest.mark.parametrize("text", ["0", "0Gi", "-1Gi", "32 GiB", "500m", "1gb", ""])
def test_what_is_no_number_of_bytes_is_told_how_one_is_written(text):
    found = problem(kind="quota", pods=1, memory=text)
    assert found == f'memory is {text!r}; write a number above 0 with a unit, such as "32Gi" or "512Mi"'
