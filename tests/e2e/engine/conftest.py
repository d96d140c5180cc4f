"""A project whose applies go through the real engine, to a real Kubernetes API server and an emulator of AWS."""

from __future__ import annotations

import gc
import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import yaml

from flowyml_infra.cli.main import execute
from tests.emulation import plugin_path, pulumi_cli
from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.plugin import call_log, faults

ROOT = Path(__file__).resolve().parents[3]


@dataclass
class Ended:
    """How one command ended."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> dict[str, Any]:
        return dict(json.loads(self.out))


@dataclass
class EngineProject:
    """A project, its commands, and what reached the plugins."""

    root: Path
    environment: dict[str, str]
    capsys: pytest.CaptureFixture[str]
    aws: AwsEmulator
    monkeypatch: pytest.MonkeyPatch
    names: list[str] = field(default_factory=list)

    @property
    def shared(self) -> Path:
        return Path(self.environment[call_log.FOLDER_VARIABLE])

    def declare(self, provider: str = "aws", **spec: Any) -> None:
        manifest = {
            "apiVersion": "flowyml/v1",
            "kind": "StackDefinition",
            "metadata": {"name": "s", "labels": {"team": "ml"}},
            "spec": {"provider": provider, **spec},
        }
        (self.root / "stacks").mkdir(exist_ok=True)
        (self.root / "stacks" / "s.yaml").write_text(yaml.safe_dump(manifest))

    def forget_variable(self, name: str) -> None:
        """From now on the environment does not have it."""
        self.monkeypatch.delenv(name)

    def run(self, line: str) -> Ended:
        self.capsys.readouterr()
        code = execute(line.split())
        out, err = self.capsys.readouterr()
        assert "Traceback" not in out + err
        return Ended(int(code), out, err)

    def apply(self, line: str = "apply s --auto-approve --json") -> Ended:
        return self.run(line)

    def spawn(self, line: str) -> subprocess.Popen[str]:
        """The same command in a process of its own, which can be killed."""
        return subprocess.Popen(
            [sys.executable, "-m", "flowyml_infra", *line.split()],
            cwd=self.root,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )

    def statuses(self) -> dict[str, str]:
        listed = self.run("state list s --json").document["resources"]
        return {item["address"]: item["status"] for item in listed}

    def calls(self, method: str, token: str) -> int:
        """How many calls of ``method`` for ``token`` were begun, previews apart."""
        return sum(
            (call.method, call.token, call.preview, call.result) == (method, token, False, call_log.BEGUN)
            for call in call_log.read(self.shared)
        )

    def calls_about(self, method: str, token: str, name: str) -> list[str]:
        """How the calls of ``method`` ended for the thing of this type that the engine calls ``name``."""
        return [
            call.result
            for call in call_log.read(self.shared)
            if (call.method, call.token, call.preview) == (method, token, False)
            and call.urn.endswith(f"::{name}")
            and call.result != call_log.BEGUN
        ]

    def engine_processes(self) -> list[int]:
        """The running CLI, as it is on record."""
        records = (self.root / ".flowyml" / "engine").glob("*.run")
        texts = [path.read_text() for path in records]
        return [int(json.loads(text)["pid"]) for text in texts if text]

    def every_call(self) -> int:
        return len(call_log.read(self.shared))

    def suffer(self, *ordered: faults.Fault) -> None:
        faults.order(self.shared, *ordered)

    def buckets(self) -> set[str]:
        """The buckets of this project, by the tag that all its resources carry or by its made-up names."""
        found = self.aws.client("s3").list_buckets()["Buckets"]
        return {item["Name"] for item in found if any(item["Name"].startswith(name) for name in self.names)}

    def wait_for(self, what: Callable[[], bool], seconds: float = 90) -> None:
        deadline = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < deadline, "it did not come to that"
            time.sleep(0.05)


@pytest.fixture
def project(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    aws: AwsEmulator,
    unique: str,
    request: pytest.FixtureRequest,
) -> Iterator[EngineProject]:
    """A project beside emulators of AWS; and beside a cluster, for a test that asks for ``kubernetes`` as well."""
    for name in [name for name in os.environ if name.startswith(("FLOWYML_", "AWS_", "PULUMI_"))]:
        if name != "FLOWYML_TEST_CACHE":
            monkeypatch.delenv(name)
    root, shared = tmp_path / "project", tmp_path / "plugins"
    root.mkdir()
    shared.mkdir()
    environment = {
        **aws.environment,
        "FLOWYML_PULUMI": str(pulumi_cli.executable()),
        "FLOWYML_STATE_KEY": "a passphrase for tests alone",
        "PATH": os.pathsep.join([str(plugin_path.write(tmp_path / "bin")), os.environ["PATH"]]),
        "PULUMI_HOME": str(tmp_path / "home"),
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        call_log.FOLDER_VARIABLE: str(shared),
    }
    if "kubernetes" in request.fixturenames:
        cluster: KubernetesServer = request.getfixturevalue("kubernetes")
        environment["KUBECONFIG"] = str(cluster.kubeconfig)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO())
    monkeypatch.chdir(root)
    # Made-up names hold the project's name, so that no two tests mean the same bucket or namespace.
    (root / "flowyml.yaml").write_text(f"project: {{name: {unique}}}\n")
    yield EngineProject(root, environment, capsys, aws, monkeypatch)
    faults.release(shared)
    gc.collect()


def kill(process: subprocess.Popen[str]) -> None:
    """As the system does it when memory is short: without a word."""
    with suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGKILL)
    process.communicate()
