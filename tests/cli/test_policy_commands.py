"""``policy …`` on a real project: what is shown, written and recorded, and how it ends."""

from __future__ import annotations

import io
import json
import os
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flowyml_infra.cli.main import execute

CONFIG = """\
project: {name: a, org: b}
active_stack: demo
environments: {production: {stack: demo}}
policies:
  allowed_stacks: [demo]
  rules:
    folders: {rule: allowed_kinds, deny: [local.oci_registry], severity: warn}
    labelled: {rule: required_labels, labels: [owner], scope: {environments: [production]}}
  files: [policies/*.yaml]
"""
ORG = """\
rules:
  no-sqlite: {rule: allowed_kinds, deny: [local.sqlite]}
  fixed: {rule: allowed_kinds, deny: [aws.bucket], waivable: false}
"""
CASES = """\
cases:
  - name: a database on this machine
    given: {resources: [{address: local.sqlite.m, after: {path: m.db}}]}
    expect: deny
    rules: [no-sqlite]
"""
MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata: {name: demo}
spec:
  provider: local
  storage: {artifact_store: ./data, metadata_store: "sqlite:///data/m.db"}
"""
SQLITE = "local.sqlite.metadata_store"
Shell = Callable[..., tuple[int, str, str]]


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    for name in [name for name in os.environ if name.startswith(("FLOWYML_", "GITHUB_", "GITLAB_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase for tests alone")
    monkeypatch.setenv("LOGNAME", "ada")
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(tmp_path)
    texts = {
        "flowyml.yaml": CONFIG,
        "policies/org.yaml": ORG,
        "cases/org.cases.yaml": CASES,
        "stacks/demo.yaml": MANIFEST,
    }
    for name, text in texts.items():
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).write_text(text)

    def call(line: str, *more: str) -> tuple[int, str, str]:
        capsys.readouterr()
        code = execute([*line.split(), *more])
        return (code, *capsys.readouterr())

    return call


def day(days: int) -> str:
    return (datetime.now(UTC) + timedelta(days=days)).date().isoformat()


def allow(shell: Shell, days: int = 30) -> tuple[int, str, str]:
    return shell(f"policy waive org/no-sqlite {SQLITE} --until {day(days)} --why", "small: it is a demo")


class TestCheck:
    def test_a_denied_stack_ends_with_3_and_says_why_and_what_to_do(self, shell):
        code, out, _ = shell("policy check")
        assert code == 3
        assert out.splitlines()[0] == "Policies deny demo@default."
        assert f"   deny  org/no-sqlite on {SQLITE}: kind local.sqlite is not allowed" in out
        assert "hint: leave it out" in out

    def test_nothing_is_made_by_it(self, shell):
        shell("policy check")
        assert not Path("data").exists()

    def test_as_a_document(self, shell):
        code, out, _ = shell("policy check --json")
        document = json.loads(out)
        assert code == 3
        assert document["deployment"] == {"stack": "demo", "environment": "default"}
        assert document["policy"]["decision"] == "deny"
        [finding] = document["policy"]["findings"]
        assert finding == {
            "rule": "org/no-sqlite",
            "severity": "deny",
            "address": SQLITE,
            "message": "kind local.sqlite is not allowed",
            "waived_by": None,
            "hint": "leave it out",
            "deferred": False,
        }

    def test_an_environment_is_judged_by_what_counts_there(self, shell):
        assert "labelled: label 'owner' is missing" in shell("policy check --env production")[1]
        assert "labelled" not in shell("policy check")[1]

    def test_a_run_in_another_image_and_a_removal_can_be_judged(self, shell):
        Path("flowyml.yaml").write_text(CONFIG + "  image_policy: {allowed_registries: [gcr.io/p]}\n")
        assert shell("policy check --image evil.io/x:1")[0] == 3
        assert shell("policy check --image gcr.io/p/x:1")[0] == 0
        assert shell("policy check --destroy")[0] == 0
        assert shell("policy check --destroy --image gcr.io/p/x:1")[0] == 1

    def test_what_a_plan_says_is_the_same(self, shell):
        found = json.loads(shell("policy check --json")[1])["policy"]
        assert json.loads(shell("plan --json")[1])["policy"] == found

    def test_a_mistake_in_a_policy_has_its_place_and_validate_tells_it_too(self, shell):
        Path("policies/org.yaml").write_text("rules:\n  x: {rule: allowed_kind}\n")
        for command in ("policy check", "plan", "policy list", "validate"):
            assert shell(command)[0] == 1
        _, out, _ = shell("policy check --json")
        [problem] = json.loads(out)["diagnostics"]
        assert (problem["file"], problem["line"], problem["hint"]) == (
            "policies/org.yaml",
            2,
            "did you mean 'allowed_kinds'?",
        )


class TestList:
    def test_rules_are_listed_with_scope_and_source(self, shell):
        _, out, _ = shell("policy list")
        assert "labelled        required_labels  deny      @production  flowyml.yaml" in out
        assert "org/no-sqlite   allowed_kinds    deny      everything   policies/org.yaml" in out

    def test_as_a_document(self, shell):
        allow(shell)
        document = json.loads(shell("policy list --json")[1])
        assert [item["name"] for item in document["rules"]] == [
            "allowed_stacks",
            "folders",
            "labelled",
            "org/no-sqlite",
            "org/fixed",
        ]
        assert document["rules"][2]["scope"] == {"environments": ["production"]}
        assert document["rules"][4]["waivable"] is False
        [waiver] = document["waivers"]
        assert waiver["active"] is True
        assert waiver["who"].startswith("ada@")

    def test_what_there_is_can_be_listed(self, shell):
        assert "max_nodes" in shell("policy list --available")[1]
        names = [item["name"] for item in json.loads(shell("policy list --available --json")[1])["available"]]
        assert {"public_access", "rego"} <= set(names)

    def test_a_project_without_policies_says_so(self, shell):
        Path("flowyml.yaml").write_text("project: {name: a}\n")
        assert shell("policy list")[1] == "No policies are in force.\n"


class TestExamples:
    def test_examples_that_hold(self, shell):
        Path("policies/org.yaml").rename("cases/org.yaml")
        code, out, _ = shell("policy test cases/org.yaml")
        assert (code, out.splitlines()[-1]) == (0, "1 example: all hold.")
        assert shell("policy test")[1] == out

    def test_an_example_that_fails_is_an_error_with_what_came_out(self, shell):
        Path("cases/org.yaml").write_text("rules: {no-sqlite: {rule: allowed_kinds, deny: [aws.*]}}\n")
        code, out, _ = shell("policy test --json")
        assert code == 1
        document = json.loads(out)
        assert (document["passed"], document["failed"]) == (0, 1)
        assert document["cases"][0]["message"].startswith("expected deny, and it is allow")

    def test_without_examples_it_says_where_they_belong(self, shell):
        code, _, err = shell("policy test policies/org.yaml")
        assert code == 1
        assert "policies/org.cases.yaml of policies/org.yaml" in err


class TestReplay:
    def test_a_new_policy_is_tried_on_what_is_recorded(self, shell):
        allow(shell)
        assert shell("apply --auto-approve")[0] == 0
        Path("new.yaml").write_text(
            "required_labels: [owner]\nrules: {d: {rule: allowed_kinds, deny: [local.directory]}}\n"
        )
        code, out, _ = shell("policy replay new.yaml")
        assert code == 3
        assert "new/required_labels: label 'owner' is missing" in out
        assert "new/d on local.directory.artifact_store" in out
        document = json.loads(shell("policy replay new.yaml --json")[1])
        assert [(item["stack"], item["environment"], item["decision"]) for item in document["deployments"]] == [
            ("demo", "default", "deny")
        ]

    def test_the_policies_in_force_are_tried_when_none_is_named(self, shell):
        allow(shell)
        shell("apply --auto-approve")
        assert shell("policy replay")[0] == 0
        Path("flowyml.waivers.yaml").unlink()
        assert shell("policy replay")[0] == 3

    def test_a_deployment_whose_definition_is_gone_is_judged_all_the_same(self, shell):
        allow(shell)
        shell("apply --auto-approve")
        Path("flowyml.waivers.yaml").unlink()
        Path("stacks/demo.yaml").unlink()
        code, out, _ = shell("policy replay policies/org.yaml")
        assert code == 3
        assert "its definition is gone" in out

    def test_nothing_recorded_is_nothing_to_refuse(self, shell):
        assert shell("policy replay")[:2] == (0, "Nothing is recorded.\n")


class TestWaive:
    def test_a_waiver_lets_the_apply_through_and_stays_in_every_report(self, shell):
        assert shell("apply --auto-approve")[0] == 3
        code, out, _ = allow(shell)
        assert code == 0
        assert f"org/no-sqlite is waived at {SQLITE} for demo@default until {day(30)}" in out
        for command in ("policy check", "plan", "plan --markdown"):
            code, out, _ = shell(command)
            assert code == 0
            assert "waived by ada" in out
            assert f"until {day(30)}: small: it is a demo" in out
        assert shell("apply --auto-approve")[0] == 0
        _, out, _ = shell("audit list --json")
        events = {event["name"]: event["data"] for event in json.loads(out)["events"]}
        assert events["PolicyWaived"]["why"] == "small: it is a demo"
        assert any(item["waived_by"] for item in events["PolicyChecked"]["findings"])

    def test_more_than_one_are_kept_with_what_else_stands_in_the_file(self, shell):
        allow(shell)
        text = Path("flowyml.waivers.yaml").read_text()
        Path("flowyml.waivers.yaml").write_text("# reviewed\n" + text.rstrip("\n"))
        assert allow(shell, 31)[0] == 0
        assert Path("flowyml.waivers.yaml").read_text().startswith("# reviewed\n")
        assert len(json.loads(shell("policy list --json")[1])["waivers"]) == 2

    @pytest.mark.parametrize(
        ("line", "said"),
        [
            ("org/no-sqlit --until 2999-01-01 --why x", "did you mean 'org/no-sqlite'?"),
            ("org/fixed --until 2999-01-01 --why x", "org/fixed cannot be waived; policies/org.yaml says so"),
            ("org/no-sqlite --until 2001-01-01 --why x", "2001-01-01 is past"),
            ("org/no-sqlite --until 2999-01-01 --why x", "more than 366 days off"),
            ("org/no-sqlite --why x", "says until when it counts and why"),
            ("org/no-sqlite --until 2999-01-01", "says until when it counts and why"),
            ("org/no-sqlite not-an-address --until 2999-01-01 --why x", "not-an-address"),
        ],
    )
    def test_a_waiver_that_cannot_be_writes_nothing(self, shell, line, said):
        code, _, err = shell(f"policy waive {line}")
        assert code == 1
        assert said in err
        assert not Path("flowyml.waivers.yaml").exists()

    def test_one_that_would_break_the_file_leaves_it_as_it_was(self, shell):
        Path("flowyml.waivers.yaml").write_text("waivers: [1]\n")
        assert allow(shell)[0] == 1
        assert Path("flowyml.waivers.yaml").read_text() == "waivers: [1]\n"


def test_what_stands_pushed_is_judged(shell, tmp_path):
    allow(shell)
    shell("apply --auto-approve")
    Path("state.json").write_text(shell("state pull")[1])
    Path("flowyml.waivers.yaml").unlink()
    code, _, err = shell("state push state.json --auto-approve")
    assert code == 3
    assert "the state push of demo@default is denied by org/no-sqlite" in err
    allow(shell)
    assert shell("state push state.json --auto-approve")[0] == 0


def test_an_unchanged_plan_is_not_remembered_beyond_a_waiver(shell):
    allow(shell)
    shell("apply --auto-approve")
    assert shell("plan")[0] == 0
    Path("flowyml.waivers.yaml").unlink()
    assert "Policies deny" in shell("plan")[1]


def test_the_cost_stands_in_the_plan(shell):
    Path("flowyml.yaml").write_text("policies: {prices: {currency: EUR, kinds: {aws.bucket: 3}}}\n")
    _, out, _ = shell("plan demo --json")
    assert json.loads(out)["cost"] == {"currency": "EUR", "monthly_before": 0, "monthly_after": 0, "unpriced": []}
