"""Our plan and Terraform's name the same actions, on random graphs of terraform_data and of a kind that is its twin.

Some fifty graphs share one Terraform run, told apart by the prefix of their names. Where create_before_destroy meets a
deletion, Terraform may find a cycle and plan nothing; such graphs, which we do plan, are left out of the comparison.
"""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from flowyml_infra.plan.changes import NoOp, Replace, Update
from flowyml_infra.resources.spec import Lifecycle
from flowyml_infra.resources.values import Reference
from tests.support.planning import Bed, address, compiled, spec

BATCHES, CASES, COMPARED = 10, 54, 50


@dataclass
class Block:
    """One resource: ``fields`` map to a text, or to (name, output) of another."""

    name: str
    fields: dict[str, str | tuple[str, str]] = field(default_factory=dict)
    after: tuple[str, ...] = ()
    first: bool = False


@dataclass
class Case:
    before: list[Block]
    after: list[Block]
    moved: list[tuple[str, str]]


def make_case(chance: random.Random, prefix: str) -> Case:
    before = _blocks(chance, [f"{prefix}_r{index}" for index in range(chance.randint(1, 6))])
    after, moved = _edit(chance, before, prefix)
    return Case(before, after, moved)


def _blocks(chance: random.Random, names: list[str]) -> list[Block]:
    blocks: list[Block] = []
    for name in names:
        earlier = [block.name for block in blocks]
        blocks.append(
            Block(name, _fields(chance, earlier), _some(chance, earlier), chance.random() < 0.2),
        )
    return blocks


def _fields(chance: random.Random, earlier: list[str]) -> dict[str, str | tuple[str, str]]:
    fields: dict[str, str | tuple[str, str]] = {}
    for key, likely in (("input", 1.0), ("trigger", 0.4)):
        if chance.random() < likely:
            refers = earlier and chance.random() < 0.4
            fields[key] = (chance.choice(earlier), chance.choice(["id", "output"])) if refers else chance.choice("abc")
    return fields


def _some(chance: random.Random, earlier: list[str]) -> tuple[str, ...]:
    return tuple(sorted(name for name in earlier if chance.random() < 0.25))


def _edit(chance: random.Random, before: list[Block], prefix: str) -> tuple[list[Block], list[tuple[str, str]]]:
    names: dict[str, str] = {}
    moved: list[tuple[str, str]] = []
    kept = [block for block in before if chance.random() > 0.2]
    for block in kept:
        names[block.name] = block.name
        if chance.random() < 0.15:
            names[block.name] = f"{block.name}_moved"
            moved.append((block.name, names[block.name]))
    after: list[Block] = []
    for block in kept:
        earlier = [item.name for item in after]
        fields = _renamed(block.fields, names) if chance.random() < 0.6 else _fields(chance, earlier)
        depends = (
            _some(chance, earlier) if chance.random() < 0.3 else tuple(names[n] for n in block.after if n in names)
        )
        first = block.first if chance.random() < 0.9 else not block.first
        after.append(Block(names[block.name], fields, depends, first))
    if chance.random() < 0.6:
        earlier = [item.name for item in after]
        after.append(Block(f"{prefix}_new", _fields(chance, earlier), _some(chance, earlier)))
    return after, moved


def _renamed(fields: dict[str, str | tuple[str, str]], names: dict[str, str]) -> dict[str, str | tuple[str, str]]:
    result: dict[str, str | tuple[str, str]] = {}
    for key, value in fields.items():
        if isinstance(value, str):
            result[key] = value
        elif value[0] in names:
            result[key] = (names[value[0]], value[1])
    # Without an input the provider knows the output, none, before it makes anything; our twin has no such rule.
    result.setdefault("input", "a")
    return result


def to_terraform(blocks: list[Block], moved: list[tuple[str, str]]) -> str:
    lines: list[str] = []
    for block in blocks:
        lines.append(f'resource "terraform_data" "{block.name}" {{')
        for key, value in block.fields.items():
            name = "triggers_replace" if key == "trigger" else key
            text = f'"{value}"' if isinstance(value, str) else f"terraform_data.{value[0]}.{value[1]}"
            lines.append(f"  {name} = {text}")
        if block.after:
            lines.append(f"  depends_on = [{', '.join(f'terraform_data.{name}' for name in block.after)}]")
        if block.first:
            lines.append("  lifecycle {\n    create_before_destroy = true\n  }")
        lines.append("}")
    lines.extend(f"moved {{\n  from = terraform_data.{a}\n  to = terraform_data.{b}\n}}" for a, b in moved)
    return "\n".join(lines)


def to_ours(blocks: list[Block], moved: list[tuple[str, str]]):
    specs = [
        spec(
            block.name,
            {key: v if isinstance(v, str) else Reference(address(v[0]), v[1]) for key, v in block.fields.items()},
            after=block.after,
            lifecycle=Lifecycle(create_before_destroy=block.first),
        )
        for block in blocks
    ]
    return compiled(*specs, moved=tuple((address(a), address(b)) for a, b in moved))


class Terraform:
    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-4000:]
        return done.stdout

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["terraform", *arguments], cwd=self.folder, capture_output=True, text=True, check=False, timeout=600
        )

    def write(self, text: str) -> None:
        (self.folder / "main.tf").write_text(text)

    def plan(self, cases: dict[str, Case]) -> dict[str, Case]:
        """Plan what comes after; returns the cases without those in which Terraform finds a cycle."""
        planned = dict(cases)
        while True:
            blocks = [
                to_terraform(case.after, case.moved) if name in planned else to_terraform(case.before, [])
                for name, case in cases.items()
            ]
            self.write("\n".join(blocks))
            done = self.run("plan", "-out=plan", "-input=false", "-no-color", "-parallelism=2")
            if done.returncode == 0:
                return planned
            assert "Error: Cycle:" in done.stderr, done.stderr[-4000:]
            for name in set(re.findall(r"terraform_data\.(c\d+)_", done.stderr.partition("Error: Cycle:")[2])):
                del planned[name]

    def actions(self) -> dict[str, tuple[str, str | None]]:
        document = json.loads(self("show", "-json", "plan"))
        names = {
            ("no-op",): "noop",
            ("create",): "create",
            ("update",): "update",
            ("delete",): "delete",
            ("delete", "create"): "replace delete_first",
            ("create", "delete"): "replace create_first",
        }
        return {
            change["name"]: (
                names[tuple(change["change"]["actions"])],
                change.get("previous_address", "").rpartition(".")[2] or None,
            )
            for change in document.get("resource_changes", [])
        }


def our_actions(case: Case) -> dict[str, tuple[str, str | None]]:
    bed = Bed()
    bed.apply(to_ours(case.before, []))
    found: dict[str, tuple[str, str | None]] = {}
    for change in bed.plan(to_ours(case.after, case.moved)).changes:
        action = f"replace {change.order}" if isinstance(change, Replace) else change.action
        previous = change.previous_address if isinstance(change, (Update, Replace, NoOp)) else None
        found[change.address.name] = (action, previous.name if previous else None)
    return found


@pytest.mark.slow
@pytest.mark.parametrize("batch", range(BATCHES))
def test_actions_are_those_of_terraform(batch, tmp_path):
    assert shutil.which("terraform"), "this test compares with Terraform: install the `terraform` command"
    chance = random.Random(batch)
    cases = {f"c{index}": make_case(chance, f"c{index}") for index in range(CASES)}
    terraform = Terraform(tmp_path)
    terraform.write("\n".join(to_terraform(case.before, []) for case in cases.values()))
    terraform("init", "-input=false", "-no-color")
    terraform("apply", "-auto-approve", "-input=false", "-no-color", "-parallelism=2")
    compared = terraform.plan(cases)
    assert len(compared) >= COMPARED
    theirs = terraform.actions()
    seen: set[str] = set()
    for name, case in compared.items():
        ours = our_actions(case)
        expected = {key: value for key, value in theirs.items() if key.startswith(f"{name}_")}
        assert ours == expected, f"batch {batch}, graph {name}:\n{to_terraform(case.before, [])}\n=>\n" + to_terraform(
            case.after, case.moved
        )
        seen.update(action for action, _ in ours.values())
    assert seen == {"noop", "create", "update", "delete", "replace delete_first", "replace create_first"}
