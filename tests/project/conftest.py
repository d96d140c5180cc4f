from __future__ import annotations

from pathlib import Path

import pytest

from flowyml_infra.project import Project

MANIFEST = """\
apiVersion: flowyml/v1
kind: StackDefinition
metadata:
  name: demo
  version: "1.0.0"
  labels: {team: ml-platform}
spec:
  provider: local
  storage:
    artifact_store: {uri: ./data/artifacts, force_destroy: true}
    metadata_store: sqlite:///data/metadata.db
  resources:
    scratch:
      kind: directory
      path: data/scratch
      labels: {purpose: scratch}
"""

CONFIG = """\
project: {name: demo-project, org: acme}
active_stack: demo
environments:
  production: {stack: demo}
policies:
  allowed_stacks: [demo, "other-*"]
  required_labels: [team]
"""


class Folder:
    """A project folder that a test edits and opens."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "stacks").mkdir(parents=True)
        self.write("stacks/demo.yaml", MANIFEST)
        self.write("flowyml.yaml", CONFIG)

    def write(self, name: str, text: str) -> None:
        (self.root / name).write_text(text)

    def edit(self, name: str, old: str, new: str) -> None:
        text = (self.root / name).read_text()
        assert old in text
        self.write(name, text.replace(old, new))

    def open(self) -> Project:
        return Project.open(self.root)

    def apply(self, stack: str | None = "demo", **options):
        with self.open() as project:
            return project.apply(project.plan(stack, **options))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Folder:
    for name in ("FLOWYML_STATE_URL", "FLOWYML_STACK"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase that only tests use")
    return Folder(tmp_path / "project")
