"""Owns the class of applies that are killed at a random moment, and finished by the next."""

from __future__ import annotations

import json
import random
import shutil
import signal
import time
from pathlib import Path
from typing import Any

from flowyml_infra.project import Project
from flowyml_infra.state.key import DeploymentKey
from tests.reliability.failure_class import FailureClass, Ground
from tests.support.killing import apply

RESOURCES, ROUNDS = 60, 5
MARKER = ".flowyml-resource.json"


def manifest(chance: random.Random) -> str:
    """Sixty directories, one in five after another; labels and paths vary, so that a second one changes the first."""
    lines = ["apiVersion: flowyml/v1", "kind: StackDefinition", "metadata: {name: many}", "spec:", "  provider: local"]
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


def write(folder: Path, chance: random.Random) -> None:
    """Declare other directories than before."""
    (folder / "stacks").mkdir(exist_ok=True)
    (folder / "stacks" / "many.yaml").write_text(manifest(chance))


def kill_at_random(processes: Any, folder: Path, chance: random.Random, longest: float) -> float:
    """Kill an apply some time after it began; when it was through before, change the definition and try again.

    Gives how long an apply takes here, at the most: a little more than ``longest`` when it did not end before.
    """
    while True:
        write(folder, chance)
        begun = folder / "begun"
        child = processes.Process(target=apply, args=(str(folder), "many", str(begun)))
        child.start()
        deadline = time.monotonic() + 60
        while not begun.exists() and child.is_alive():
            assert time.monotonic() < deadline, "the apply never began"
            time.sleep(0.001)
        time.sleep(chance.random() * longest)
        child.kill()
        child.join()
        begun.unlink(missing_ok=True)
        if child.exitcode == -signal.SIGKILL:
            return longest * 1.2
        assert child.exitcode == 0
        longest *= 0.7


def check_ledgers(folder: Path) -> None:
    """What is recorded is what exists: each thing once, by the id of its creation."""
    with Project.open(folder) as project:
        snapshot = project.reader().snapshot(DeploymentKey("many"))
        assert project.plan("many").empty
    recorded = {row.creation_id: row for row in snapshot.rows.values()}
    assert len(snapshot.rows) == RESOURCES
    assert not snapshot.deposed
    assert {row.status for row in snapshot.rows.values()} == {"created"}
    made = [json.loads(path.read_text()) for path in (folder / "made").rglob(MARKER)]
    assert sorted(item["creation_id"] for item in made) == sorted(recorded)
    names = {Path(str(row.properties["path"])).name for row in recorded.values()}
    left = {path.name for path in (folder / "made").iterdir()} - names
    assert not left, f"half made or half removed: {left}"


def run(ground: Ground) -> None:
    """Kill, finish, compare; a project is killed a few times before the next one."""
    place, longest = ground.place(), 0.5
    for number in ground.numbers():
        if number % ROUNDS == 0 and ground.count:
            shutil.rmtree(place.root)
            place = ground.place()
        with ground.case(number) as chance:
            longest = kill_at_random(ground.processes, place.root, chance, longest)
            if chance.random() < 0.3:
                write(place.root, chance)
            apply(str(place.root), "many")
            check_ledgers(place.root)


KILL_AT_RANDOM = FailureClass(
    "kill-at-random",
    "an apply of 60 killed with SIGKILL at a random moment",
    "nothing recorded is lost, nothing is unrecorded, the next apply makes nothing twice",
    run,
    short=6,
    full=1000,
)
