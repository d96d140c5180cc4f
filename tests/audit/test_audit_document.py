"""docs/audit.md: its commands do what it says, and its configuration is one."""

import json
import re
from pathlib import Path

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.cli.main import execute
from flowyml_infra.definition.project_config import ProjectConfig

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = (ROOT / "docs" / "audit.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENT, re.DOTALL)


def test_every_command_of_the_document_runs(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert execute(["init", "iris"]) == 0
    monkeypatch.chdir(tmp_path / "iris")
    assert execute(["apply", "--env", "dev", "--auto-approve"]) == 0
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    assert len(lines) > 6
    for line in lines:
        capsys.readouterr()
        assert (line, int(execute(line.split()[1:]))) == (line, 0)
        if line.endswith("--json"):
            (event,) = json.loads(capsys.readouterr().out)["events"]
            assert event.keys() == set(AuditEvent._fields)
            assert event["origin"]["command"] == "apply"
            assert {"plan_digest", "policy_digest", "definition_digest", "decision", "waivers", "result"} <= event[
                "data"
            ].keys()


def test_every_key_of_an_event_is_explained():
    table = DOCUMENT.partition("## What an event says")[2].partition("##")[0]
    assert [name for name in AuditEvent._fields if f"`{name}`" not in table] == []


def test_the_webhook_of_the_document_is_one(tmp_path, monkeypatch):
    monkeypatch.setenv("AUDIT_WEBHOOK_SECRET", "secret")
    tokens, block = blocks("yaml")
    (tmp_path / "flowyml.yaml").write_text(tokens)
    section = ProjectConfig.load(tmp_path).model.audit.tokens
    assert (section.audience, section.keys) == ("flowyml", "ci-keys.json")
    hook = ProjectConfig.from_bytes(block.encode(), tmp_path).webhook
    hook.check()
    assert (hook.host, hook.seconds) == ("siem.example.com", 5)


def test_the_variables_of_the_document_are_those_of_the_code():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "flowyml_infra" / "audit").glob("*.py"))
    named = set(re.findall(r"FLOWYML_[A-Z_]+", DOCUMENT))
    assert {"FLOWYML_AUDIT_KEY", "FLOWYML_AUDIT_TOKEN"} <= named
    assert [name for name in named if f'"{name}"' not in code] == []
