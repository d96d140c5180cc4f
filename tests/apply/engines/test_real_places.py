"""Where a path really leads: the short way of finding out agrees with the system's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowyml_infra.apply.engines.local.place import _real_parent, _real_root

SEGMENTS = st.lists(st.sampled_from(["plain", "other", "inner", "aside", "away", "missing"]), max_size=4)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project that is reached through a link, with links in it that stay inside and one that leads out."""
    base = tmp_path_factory.mktemp("places")
    (base / "real").mkdir()
    (base / "project").symlink_to(base / "real")
    for folder in ("plain", "other"):
        (base / "real" / folder / "inner").mkdir(parents=True)
    (base / "real" / "plain" / "aside").symlink_to(base / "real" / "other")
    (base / "real" / "other" / "away").symlink_to(base)
    (base / "real" / "away").symlink_to(base)
    return base / "project"


@settings(max_examples=300, deadline=None)
@given(segments=SEGMENTS)
def test_a_folder_is_where_the_system_says_it_is(project: Path, segments: list[str]) -> None:
    folder = project.joinpath(*segments)
    assert _real_parent(folder, project, _real_root(project)) == os.path.realpath(folder)


def test_a_folder_outside_of_the_project_is_looked_up_whole(project: Path) -> None:
    outside = project.parent / "project" / ".." / "real"
    assert _real_parent(outside, project, _real_root(project)) == os.path.realpath(outside)
