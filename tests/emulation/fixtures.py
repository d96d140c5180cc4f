"""Owns the fixtures of the test bed. Servers live as long as the test process and keep their tests apart by names."""

from __future__ import annotations

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.emulation import aws_emulator, kubernetes_server, postgresql_server
from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.bed import Bed
from tests.emulation.kubernetes_server import KubernetesServer
from tests.emulation.postgresql_server import PostgresServer

if TYPE_CHECKING:
    from tests.emulation.direct import Direct


@pytest.fixture(scope="session")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where servers keep their data and logs; gone after the session."""
    folder = tmp_path_factory.mktemp("servers")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def kubernetes(servers_folder: Path) -> Iterator[KubernetesServer]:
    """A real control plane of Kubernetes."""
    with kubernetes_server.started(servers_folder) as server:
        yield server


@pytest.fixture(scope="session")
def aws(servers_folder: Path) -> Iterator[AwsEmulator]:
    """An emulator of AWS."""
    with aws_emulator.started(servers_folder) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """A real PostgreSQL server; each test takes a schema of its own in it."""
    server = postgresql_server.started()
    yield server
    server.close()


@pytest.fixture
def unique() -> str:
    """A name that no other test uses."""
    return f"t{uuid.uuid4().hex[:10]}"


@pytest.fixture
def aws_bed(tmp_path: Path, aws: AwsEmulator) -> Bed:
    """An engine whose plugins ask the AWS emulator."""
    return Bed(tmp_path, aws.environment)


@pytest.fixture
def kubernetes_bed(tmp_path: Path, kubernetes: KubernetesServer) -> Bed:
    """An engine whose plugins ask the Kubernetes control plane."""
    return Bed(tmp_path, {"KUBECONFIG": str(kubernetes.kubeconfig)})


@pytest.fixture
def direct(aws: AwsEmulator) -> Iterator[Direct]:
    """The AWS stand-in without an engine."""
    # Most tests need no plugin of their own.
    from tests.emulation.direct import opened as opening

    with opening(aws, aws_emulator.REGION) as opened:
        yield opened
