"""A secret that runs through every place where one may stand is found in the clear in none of the files we write."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flowyml_infra.state.key import DeploymentKey
from tests.support.terraform import instance, managed, state_bytes

CANARY = "canary-hunter2-8d1f"


@pytest.fixture
def secretive(folder, monkeypatch):
    monkeypatch.setenv("DB_PASSWORD", CANARY)
    folder.edit("stacks/demo.yaml", "purpose: scratch", 'purpose: "${DB_PASSWORD}", mixed: "a-${DB_PASSWORD}-b"')
    folder.edit(
        "stacks/demo.yaml",
        "metadata_store: sqlite:///data/metadata.db",
        "metadata_store: {uri: 'postgresql://user:${DB_PASSWORD}@db.example.com/meta', existing: true}",
    )
    return folder


def command(folder, *arguments: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "flowyml_infra", "--project", str(folder.root), *arguments],
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def files_with_canary(folder) -> list[str]:
    needle = CANARY.encode()
    return [str(path) for path in folder.root.rglob("*") if path.is_file() and needle in path.read_bytes()]


def test_no_file_and_no_output_holds_a_secret_in_the_clear(secretive, tmp_path, monkeypatch):
    plan, terraform = tmp_path / "a.plan", tmp_path / "terraform.tfstate"
    terraform.write_bytes(
        state_bytes(
            managed("aws_s3_bucket", "a", instance(sensitive=("bucket",), id=CANARY, bucket=CANARY)),
            managed("aws_db_instance", "b", instance(sensitive=("password",), identifier="b", password=CANARY)),
            managed("random_password", "c", instance(result=CANARY)),
            outputs={"password": {"value": CANARY, "type": "string", "sensitive": True}},
        )
    )
    said = [
        command(secretive, "plan", "demo", "--out", str(plan)),
        command(secretive, "plan", "demo", "--json"),
        command(secretive, "plan", "demo", "--markdown"),
        command(secretive, "plan", "demo", "--html", str(secretive.root / "plan.html")),
        command(secretive, "apply", str(plan)),
        command(secretive, "show", "demo"),
        command(secretive, "show", "demo", "--json"),
        command(secretive, "output", "--json"),
        command(secretive, "state", "pull"),
        command(secretive, "state", "export"),
        command(secretive, "state", "export", "--out", str(secretive.root / "export.json")),
        command(secretive, "state", "export", "--format", "terraform-import"),
        command(secretive, "state", "import-terraform", str(terraform), "--stack", "demo"),
        command(secretive, "state", "import-terraform", str(terraform), "--stack", "demo", "--dry-run", "--json"),
        command(secretive, "audit", "list", "--json"),
        command(secretive, "graph", "demo"),
        command(secretive, "validate", "demo"),
    ]
    monkeypatch.setenv("DB_PASSWORD", f"{CANARY}-changed")
    said += [
        command(secretive, "-v", "plan", "demo"),
        command(secretive, "-v", "apply", "demo", "--auto-approve"),
        command(secretive, "state", "show", "local.directory.scratch"),
        command(secretive, "state", "history"),
    ]
    for text in said:
        assert CANARY not in text
    assert "(secret)" in said[0]
    assert any("aws_s3_bucket.a: Terraform holds its bucket as sensitive" in text for text in said)
    assert CANARY.encode() not in plan.read_bytes()
    assert files_with_canary(secretive) == []


def test_neither_the_state_nor_a_plan_has_a_secret_that_stands_in_a_definition(folder, tmp_path, monkeypatch):
    monkeypatch.delenv("DB_PASSWORD", raising=False)
    folder.edit("stacks/demo.yaml", "purpose: scratch", f'purpose: "${{DB_PASSWORD:-{CANARY}}}"')
    plan, back = tmp_path / "a.plan", tmp_path / "back.plan"
    said = [
        command(folder, "plan", "demo", "--out", str(plan)),
        command(folder, "apply", str(plan)),
    ]
    folder.edit("stacks/demo.yaml", "labels: {purpose:", "labels: {more: x, purpose:")
    said += [
        command(folder, "apply", "demo", "--auto-approve"),
        command(folder, "state", "history", "--json"),
        command(folder, "state", "rollback-plan", "--out", str(back)),
        command(folder, "state", "rollback-plan", "--json"),
        command(folder, "show", str(back)),
        command(folder, "apply", str(back)),
        command(folder, "state", "pull"),
        command(folder, "state", "backup", str(tmp_path / "copy.db")),
    ]
    assert "Done: 1 updated" in said[-3]
    assert CANARY not in "".join(said)
    written = [plan, back, tmp_path / "copy.db", *(folder.root / ".flowyml").glob("state.db*")]
    assert [path.name for path in written if CANARY.encode() in path.read_bytes()] == []
    with folder.open() as project:
        digest = project.reader().history(DeploymentKey("demo"))[0].recorded_definition
        kept = project.reader().definition(DeploymentKey("demo"), digest)
    assert CANARY in str(kept.graph.specs), "it is there, for who has the key"


def test_a_changed_secret_still_shows_as_a_change(secretive, monkeypatch):
    command(secretive, "apply", "demo", "--auto-approve")
    assert json.loads(command(secretive, "plan", "demo", "--json"))["summary"]["update"] == 0
    monkeypatch.setenv("DB_PASSWORD", "another")
    document = json.loads(command(secretive, "plan", "demo", "--json"))
    assert document["summary"]["update"] == 1
    (change,) = [item for item in document["changes"] if item["action"] == "update"]
    assert {field["path"] for field in change["fields"]} == {"labels.purpose", "labels.mixed"}
    assert {field["after"] for field in change["fields"]} == {"(secret)"}


def test_a_secret_is_in_no_error(secretive):
    (secretive.root / "data").mkdir()
    (secretive.root / "data" / "scratch").write_text("in the way")
    text = command(secretive, "-v", "apply", "demo", "--auto-approve")
    assert "data/scratch" in text
    assert CANARY not in text


def test_an_output_is_shown_only_when_asked_for(secretive):
    command(secretive, "apply", "demo", "--auto-approve")
    assert CANARY not in command(secretive, "output", "metadata_store")
    assert CANARY in command(secretive, "output", "metadata_store", "--json", "--show-secrets")


def test_the_key_is_not_in_the_project(secretive):
    command(secretive, "apply", "demo", "--auto-approve")
    for path in Path(secretive.root).rglob("*"):
        assert not path.is_file() or b"a passphrase that only tests use" not in path.read_bytes()


LITERALS = {
    "a value": ("value: canary-hunter2-8d1f", "kubernetes.secret.login.value"),
    "a default": ('value: "${LOGIN_PASSWORD:-canary-hunter2-8d1f}"', "${LOGIN_PASSWORD:-…}"),
    "a default in a text": (
        'value: "${LOGIN_PASSWORD}", labels: {a: "x${LOGIN_PASSWORD:-canary-hunter2-8d1f}"}',
        "${LOGIN_PASSWORD:-…}",
    ),
}


@pytest.mark.parametrize(("written", "where"), LITERALS.values(), ids=LITERALS)
def test_a_secret_that_the_manifest_holds_in_the_clear_is_copied_nowhere(folder, written, where, tmp_path, monkeypatch):
    monkeypatch.setenv("LOGIN_PASSWORD", "another one")
    resource = f"login: {{kind: secret, provider: kubernetes, kube_context: c, namespace: x, key: login, {written}}}"
    folder.edit("stacks/demo.yaml", "    scratch:\n", f"    {resource}\n    scratch:\n")
    plan = tmp_path / "a.plan"
    said = [
        command(folder, "plan", "demo", "--out", str(plan)),
        command(folder, "plan", "demo", "--json"),
        command(folder, "show", str(plan), "--json"),
        command(folder, "apply", str(plan)),
        command(folder, "audit", "list", "--json"),
    ]
    assert "kubernetes.secret.login" in said[0]
    for text in said:
        assert CANARY not in text
    assert CANARY.encode() not in plan.read_bytes()
    folder.write("other.yaml", (folder.root / "stacks/demo.yaml").read_text().replace("hunter2", "hunter3"))
    said = command(folder, "stack", "diff", "stacks/demo.yaml", "other.yaml")
    if where.startswith("kubernetes"):
        assert "login.value = (secret) -> (secret)" in said
        assert "hunter" not in said
    (folder.root / "other.yaml").unlink()
    refused = command(folder, "stack", "apply", "stacks/demo.yaml")
    assert f"demo holds a secret in the clear, at {where}" in refused
    assert files_with_canary(folder) == [str(folder.root / "stacks/demo.yaml")]


def test_a_plan_of_a_definition_with_a_secret_in_the_clear_is_applied_as_it_was_saved(folder, tmp_path):
    folder.edit("stacks/demo.yaml", "purpose: scratch", 'purpose: "${DEMO_PASSWORD:-canary-hunter2-8d1f}"')
    plan = tmp_path / "a.plan"
    command(folder, "plan", "demo", "--out", str(plan))
    assert "to create" in command(folder, "show", str(plan))
    assert "local.directory.scratch" in command(folder, "apply", str(plan))
    assert "local.directory.scratch" in command(folder, "state", "list")
    assert files_with_canary(folder) == [str(folder.root / "stacks/demo.yaml")]
