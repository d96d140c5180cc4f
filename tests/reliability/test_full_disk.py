"""A disk that is really full: what is on it stays whole, and what was asked for is said to have failed, and why."""

from __future__ import annotations

import pytest

from flowyml_infra.cli.exits import Exit
from tests.reliability.classes.disk_full import made, recorded
from tests.reliability.classes.kill_at_commits import SHADES, check_ledgers, declare
from tests.state.places import SqlitePlace
from tests.support.killing import apply
from tests.support.small_disk import LimitedFiles, full_disk

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: s}
spec:
  provider: local
  storage:
    artifact_store: disk/artifacts
    metadata_store: sqlite:///.flowyml/metadata.db
"""
PIPELINE = """\
from flowyml_infra import Pipeline, step

@step(outputs=["numbers"])
def load():
    return b"x" * 1_000_000

pipeline = Pipeline("large").add_step(load)
"""


@pytest.fixture
def mounted(tmp_path, processes):
    """A disk of its own; the project and what it makes are elsewhere."""
    with full_disk(tmp_path / "disk", processes) as found:
        if found is None:
            pytest.skip("this user may mount nothing")
        yield found


@pytest.fixture(params=["full", "limited"])
def disk(request, tmp_path, processes):
    """Where the room runs out: on a disk of its own, and by a limit of the system, which any user can set."""
    if request.param == "full":
        return request.getfixturevalue("mounted")
    (tmp_path / "disk").mkdir()
    return LimitedFiles(tmp_path / "disk", processes)


@pytest.fixture
def place(disk, tmp_path):
    """A project whose state is on the disk."""
    url = f"sqlite:///{disk.folder}/state.db"
    (tmp_path / "flowyml.yaml").write_text(f"project: {{name: reliable}}\nstate: {{url: '{url}'}}\n")
    return SqlitePlace(tmp_path, url)


def test_an_apply_on_a_full_disk_records_all_that_it_makes_and_the_next_one_finishes_it(disk, place):
    shade, room, codes = "red", 0, []
    declare(place, shade)
    apply(str(place.root), "few")
    while Exit.DONE not in codes:
        shade = SHADES[shade]
        declare(place, shade)
        before = made(place)
        ended = disk.run("--project", str(place.root), "apply", "few", "--auto-approve", room=room)
        assert made(place) <= recorded(place)[0], "made, and not recorded"
        assert ended.code in (Exit.PARTIAL, Exit.DONE) or (ended.code == Exit.ERROR and made(place) == before)
        assert "Traceback" not in ended.said
        assert ended.code == Exit.DONE or "has room" in ended.said
        codes.append(ended.code)
        apply(str(place.root), "few")
        check_ledgers(place)
        room += 2
    assert codes[0] == Exit.ERROR
    # A limit strikes where the file is longest, which is before anything was begun.
    assert Exit.PARTIAL in codes or isinstance(disk, LimitedFiles)


def test_a_plan_that_finds_no_room_leaves_no_file_and_the_one_that_was_there(mounted, tmp_path):
    (tmp_path / "flowyml.yaml").write_text("project: {name: reliable}\n")
    place = SqlitePlace(tmp_path)
    declare(place, "red")
    saved = mounted.folder / "few.plan"
    saved.write_text("an earlier one")
    ended = mounted.run("--project", str(tmp_path), "plan", "few", "--out", str(saved), room=0)
    assert ended.code == Exit.ERROR
    assert f"No space left on device: {saved}" in ended.said
    assert "make room" in ended.said
    assert "Traceback" not in ended.said
    assert [path.name for path in mounted.folder.iterdir()] == ["few.plan"]
    assert saved.read_text() == "an earlier one"


def test_a_step_whose_output_finds_no_room_fails_and_the_next_run_stores_it(disk, tmp_path):
    (tmp_path / "flowyml.yaml").write_text("project: {name: reliable}\n")
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "s.yaml").write_text(MANIFEST)
    (tmp_path / "pipeline.py").write_text(PIPELINE)
    apply(str(tmp_path), "s")
    words = ("--project", str(tmp_path), "run", str(tmp_path / "pipeline.py"), "--stack", "s")
    ended = disk.run(*words, room=100)
    assert ended.code == Exit.ERROR
    assert "cannot be written" in ended.said
    assert "Traceback" not in ended.said
    artifacts = disk.folder / "artifacts"
    assert not [path for path in artifacts.rglob("*") if path.is_file() and path.name != ".flowyml-resource.json"]
    assert disk.run(*words, room=1000).code == Exit.DONE
    assert [path.stat().st_size > 1_000_000 for path in artifacts.rglob("*") if path.is_file()].count(True) == 1
