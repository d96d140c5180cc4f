"""An apply of sixty local resources is killed a hundred times at random; the next one finishes it every time."""

from __future__ import annotations

import json
import multiprocessing
import random
import signal
import time
from pathlib import Path

import pytest

from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.support.killing import apply

RESOURCES, KILLS, BATCHES = 60, 100, 4
MARKER = ".flowyml-resource.json"


def manifest(chance: random.Random) -> str:
    """Sixty directories, one in five after another; labels and paths vary, so that a second one changes the first."""
    lines = [
        "apiVersion: flowyml/v1",
        "kind: StackDefinition",
        "metadata:",
        "  name: many",
        "spec:",
        "  provider: local",
    ]
    lines.append("  resources:")
    for index in range(RESOURCES):
        lines += [
            f"    r{index:02}:",
            "      kind: directory",
            f"      path: made/{index:02}-{chance.choice('ab')}",
            f"      labels: {{shade: {chance.choice(['red', 'blue'])}}}",
            "      force_destroy: true",
        ]
        if index % 5 == 4:
            lines.append(f"      depends_on: [local.directory.r{index - 1:02}]")
    return "\n".join(lines) + "\n"


@pytest.fixture(scope="module")
def processes():
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.support.killing"])
    return context


def kill_at_random(processes, folder: Path, chance: random.Random, longest: float) -> bool:
    """Start an apply and kill it some time after it began; False when it was through before."""
    begun = folder / f"begun-{chance.random()}"
    child = processes.Process(target=apply, args=(str(folder), "many", str(begun)))
    child.start()
    deadline = time.monotonic() + 60
    while not begun.exists() and child.is_alive():
        assert time.monotonic() < deadline, "the apply never began"
        time.sleep(0.0005)
    time.sleep(chance.random() * longest)
    child.kill()
    child.join()
    begun.unlink(missing_ok=True)
    return child.exitcode == -signal.SIGKILL


def check_ledgers(folder: Path) -> None:
    """What is recorded is what exists: each thing once, by the id of its creation."""
    with Project.open(folder) as project:
        snapshot = project.reader().snapshot(DeploymentKey("many"))
        recorded = {row.creation_id: row for row in snapshot.rows.values()}
    assert len(snapshot.rows) == RESOURCES
    assert not snapshot.deposed
    assert {row.status for row in snapshot.rows.values()} == {"created"}
    made = [json.loads(path.read_text()) for path in (folder / "made").rglob(MARKER)]
    assert sorted(item["creation_id"] for item in made) == sorted(recorded)
    assert {path.name for path in (folder / "made").iterdir()} == {
        Path(str(row.properties["path"])).name for row in recorded.values()
    }, "something half made or half removed is left"


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_killed_apply_is_finished_by_the_next(batch, tmp_path, processes):
    chance = random.Random(batch)
    kills, rounds = 0, 0
    longest = 0.5
    while kills < KILLS // BATCHES:
        rounds += 1
        assert rounds < KILLS * 3, "hardly any kill hit an apply"
        folder = tmp_path / f"project-{rounds // 5}"
        (folder / "stacks").mkdir(parents=True, exist_ok=True)
        (folder / "stacks" / "many.yaml").write_text(manifest(chance))
        if kill_at_random(processes, folder, chance, longest):
            kills += 1
        else:
            longest *= 0.8
        if chance.random() < 0.3:
            (folder / "stacks" / "many.yaml").write_text(manifest(chance))
        apply(str(folder), "many")
        check_ledgers(folder)
        with Project.open(folder) as project:
            assert project.plan("many").empty
