"""Ranges of versions, and which version is the best."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.versions import Wanted, best_version, newest_first, parse_range, read_version

ORDERED = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2", "1.0.0-beta.11"]
ORDERED += ["1.0.0-rc.1", "1.0.0", "1.2.0", "1.10.0", "2.0.0-0", "2.0.0", "2.0.10", "2.1.0", "10.0.0"]


def test_versions_are_ordered_as_semver_orders_them():
    assert newest_first(reversed(ORDERED)) == ORDERED[::-1]
    assert newest_first(["x", "1.0.0", "2.0.0"]) == ["2.0.0", "1.0.0", "x"]


@pytest.mark.parametrize(
    ("versions", "best"),
    [
        ("^2.1", "2.11.0"),
        ("^2", "2.11.0"),
        ("~2.1", "2.1.3"),
        ("~2.1.0", "2.1.3"),
        ("2.1.0", "2.1.0"),
        ("=2.1.0", "2.1.0"),
        ("v2.1.0", "2.1.0"),
        ("^v2.1", "2.11.0"),
        ("2", "2.11.0"),
        ("2.x", "2.11.0"),
        (">=2.1 <2.2", "2.1.3"),
        (">=2.1, <2.2", "2.1.3"),
        ("1 || 3", "3.0.0"),
        ("2.1.0 - 2.9.0", "2.9.0"),
        ("<2", "1.0.0"),
        ("*", "3.0.0"),
        ("latest", "3.0.0"),
        ("^0.2.1", "0.2.9"),
        ("^0.0.3", "0.0.3"),
        ("~0.2", "0.2.9"),
        ("^2.12.0-rc.1", "2.12.0-rc.2"),
        ("^4", None),
        (">3", None),
    ],
)
def test_a_range_takes_the_best_that_fits(versions, best):
    there = ["0.0.3", "0.0.4", "0.2.1", "0.2.9", "1.0.0", "2.1.0", "2.1.3", "2.9.0", "2.11.0", "2.12.0-rc.1"]
    there += ["2.12.0-rc.2", "3.0.0", "4.0.0-rc.1", "nonsense"]
    assert best_version(there, versions) == best


def test_without_a_range_a_pre_release_is_taken_only_when_there_is_nothing_else():
    assert best_version(["1.0.0", "2.0.0-rc.1"]) == "1.0.0"
    assert best_version(["2.0.0-rc.1", "2.0.0-rc.2"]) == "2.0.0-rc.2"
    assert best_version([]) is None


@pytest.mark.parametrize("text", ["", " ", "^", "1.2.3.4", "~>1", "abc", "^1.x.2.3", "9" * 200, "^2.1;rm", "१"])
def test_what_is_no_range_is_an_error(text):
    with pytest.raises(ResolutionError, match="no range of versions") as caught:
        parse_range(text)
    assert "prod@^2.1" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "read"),
    [("2.1.0", "2.1.0"), ("v2.1.0", "2.1.0"), ("2.1", "2.1.0"), ("2", "2.0.0"), ("2.1.0+b", "2.1.0+b")],
)
def test_short_versions_are_filled_up(text, read):
    assert str(read_version(text)) == read


@pytest.mark.parametrize("text", [None, "", "x", "01.0.0", "1.2.3.4", "1..0", "१.0.0", "1" * 200, "1." + "9" * 5000])
def test_what_is_no_version_is_none(text):
    assert read_version(text) is None


def test_what_is_wanted_is_a_name_and_a_range():
    assert Wanted.parse("prod") == ("prod", None)
    assert Wanted.parse("prod@^2.1") == ("prod", "^2.1")
    assert str(Wanted("prod", "^2.1")) == "prod@^2.1"
    assert Wanted("prod").accepts(None)
    assert Wanted("prod", "^2").accepts("2.9")
    assert not Wanted("prod", "^2").accepts("3.0.0")
    assert not Wanted("prod", "*").accepts(None)


SMALL = st.builds("{}.{}.{}".format, *[st.integers(0, 30)] * 3)


@given(st.lists(SMALL, min_size=1), SMALL)
def test_the_best_of_a_caret_range_is_the_greatest_that_is_compatible(there, least):
    low = tuple(map(int, least.split(".")))
    # https://github.com/npm/node-semver#caret-ranges-123-025-004
    kept = next((index for index, part in enumerate(low) if part), 2) + 1
    numbers = [tuple(map(int, text.split("."))) for text in there]
    fitting = [item for item in numbers if item >= low and item[:kept] == low[:kept]]
    expected = ".".join(map(str, max(fitting))) if fitting else None
    assert best_version(there, f"^{least}") == expected


@given(st.text(max_size=30))
def test_no_text_does_more_than_be_refused(text):
    read_version(text)
    try:
        parse_range(text)
    except ResolutionError:
        return
