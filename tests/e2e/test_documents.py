"""The README and the documents: what they show is what happens."""

from __future__ import annotations

import os
import re
import runpy
import shlex
from pathlib import Path

import pytest

from flowyml_infra.cli.arguments.parser import parse, read_line
from flowyml_infra.cli.main import execute

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md")), *sorted((ROOT / "stacks").rglob("README.md"))]
PROMPT = "flowyml-infra "


def block(text: str, language: str, number: int = 0) -> str:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, flags=re.M | re.S)[number]


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project with the README's stack, applied in an earlier version."""
    for name in [name for name in os.environ if name.startswith("FLOWYML_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.chdir(tmp_path)
    manifest = block(README, "yaml")
    earlier = manifest.replace('      mode: "0750"\n', "").replace("path: reports", "path: report")
    earlier = earlier[: earlier.index("    features:")]
    (tmp_path / "stacks").mkdir()
    (tmp_path / "flowyml.yaml").write_text(
        "active_stack: iris\npolicies: {required_labels: [team]}\n", encoding="utf-8"
    )
    (tmp_path / "stacks" / "iris.yaml").write_text(earlier, encoding="utf-8")
    assert execute(["apply", "--auto-approve", "-q"]) == 0
    (tmp_path / "stacks" / "iris.yaml").write_text(manifest, encoding="utf-8")
    return tmp_path


def test_the_picture_of_a_plan_is_what_the_command_prints(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert execute(["plan"]) == 0
    assert block(README, "text") == capsys.readouterr().out


@pytest.mark.parametrize("document", ["README.md", "docs/pipelines.md"])
def test_the_pipelines_shown_run(project: Path, document: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert execute(["apply", "--auto-approve", "-q"]) == 0
    text = (ROOT / document).read_text(encoding="utf-8")
    (project / "shown.py").write_text(block(text, "python"), encoding="utf-8")
    capsys.readouterr()
    runpy.run_path(str(project / "shown.py"), run_name="__main__")
    assert execute(["run", "shown.py"]) == 0
    assert "on iris@default, serial" in capsys.readouterr().out


def commands(text: str) -> list[str]:
    """The command lines of ours in ``text``: in code blocks at the beginning of a line, and in inline code."""
    fenced = "\n".join(re.findall(r"^```\w*\n(.*?)^```$", text, flags=re.M | re.S))
    rest = re.sub(r"^```\w*\n.*?^```$", "", text, flags=re.M | re.S)
    typed = [line for line in fenced.splitlines() if line.startswith((PROMPT, f"$ {PROMPT}"))]
    typed += re.findall(r"`(flowyml-infra [^`]+)`", rest)
    plain = [re.split(r"\s+#|[|>]|&&", line.removeprefix("$ "))[0].strip() for line in typed]
    return [line for line in plain if "COMMAND" not in line]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_is_mentioned_exists(document: Path) -> None:
    for line in commands(document.read_text(encoding="utf-8")):
        words = [word for word in shlex.split(line.removeprefix(PROMPT.strip())) if word != "…"]
        found = read_line(words)
        assert found.entry or found.asks or found.group, line
        if found.entry and "--help" not in words and not any(word.isupper() for word in words):
            parse(found.entry, found.rest)


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_between_documents_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)]+)\)", document.read_text(encoding="utf-8")):
        if target.startswith("http"):
            continue
        name, _, anchor = target.partition("#")
        path = (document.parent / name).resolve() if name else document
        assert path.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.*)$", path.read_text(encoding="utf-8"), flags=re.M)
            assert anchor in {re.sub(r"[^\w -]", "", title).lower().replace(" ", "-") for title in titles}, target


def test_the_test_command_is_the_one_that_ci_runs() -> None:
    assert block(README, "sh", 1).strip() in (ROOT / ".ci" / "run").read_text(encoding="utf-8").replace("--quiet ", "")


def test_the_changelog_has_a_place_for_what_is_new() -> None:
    assert "## [Unreleased]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
