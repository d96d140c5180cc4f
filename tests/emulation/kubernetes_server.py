"""Owns a real Kubernetes control plane for tests: etcd, the API server and its controllers, on private ports.

There is no scheduler and no kubelet: what is declared is stored, checked, defaulted and reconciled, and no pod ever
runs (see `tests.emulation.plugin.kubernetes.readiness`). One control plane serves one test process: workers of a
parallel run have one each, so that none has to know when the others are done. Tests keep apart by namespaces.
"""

from __future__ import annotations

import base64
import contextlib
import json
import secrets
import time
from collections.abc import Iterator
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any

from tests.emulation import certificates, kubernetes_programs, servers
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.kubernetes.cluster import ApiError, Cluster

CONTEXT = "testbed"
STORAGE_CLASS = "standard"
READY_SECONDS = 60.0


@dataclass(frozen=True)
class KubernetesServer:
    """A running control plane."""

    kubeconfig: Path
    cluster: Cluster

    def get(self, path: str) -> dict[str, Any] | None:
        """The object at ``path`` of the API; None when there is none."""
        try:
            found: dict[str, Any] = self.cluster.call("GET", path)
        except ApiError as error:
            if error.code == HTTPStatus.NOT_FOUND:
                return None
            raise
        return found


@contextlib.contextmanager
def started(folder: Path) -> Iterator[KubernetesServer]:
    """A control plane that ends with the block; its data and logs are in ``folder``."""
    programs, etcd = kubernetes_programs.kubernetes(), kubernetes_programs.etcd()
    files = _Files.written(folder)
    port, storage = servers.free_port(), servers.free_port()
    cluster = Cluster(f"https://{servers.LOCALHOST}:{port}", files.authority.read_text(), files.token)
    kubeconfig = _write_kubeconfig(folder / "kubeconfig", cluster)
    controllers = [str(programs / "kube-controller-manager"), *_controller_flags(folder, files, kubeconfig)]
    with contextlib.ExitStack() as stack:
        etcd_command = [str(etcd), *_etcd_flags(folder, storage)]
        stack.enter_context(servers.running(etcd_command, folder / "etcd.log", lambda: servers.listens(storage)))
        api_command = [str(programs / "kube-apiserver"), *_api_flags(folder, files, port, storage)]
        stack.enter_context(
            servers.running(api_command, folder / "apiserver.log", lambda: _answers(cluster, "/readyz"))
        )
        stack.enter_context(servers.running(controllers, folder / "controllers.log", lambda: True))
        _furnish(cluster)
        yield KubernetesServer(kubeconfig, cluster)


@dataclass(frozen=True)
class _Files:
    """Where the keys lie."""

    authority: Path
    certificate: Path
    certificate_key: Path
    account_key: Path
    account_public_key: Path
    tokens: Path
    token: str

    @classmethod
    def written(cls, folder: Path) -> _Files:
        served, accounts, token = certificates.serving(), certificates.key_pair(), secrets.token_hex(16)
        contents = {
            "ca.crt": served.authority,
            "server.crt": served.server.public,
            "server.key": served.server.private,
            "accounts.key": accounts.private,
            "accounts.pub": accounts.public,
            "tokens.csv": f"{token},admin,admin,system:masters\n".encode(),
        }
        for name, content in contents.items():
            (folder / name).touch(mode=0o600)
            (folder / name).write_bytes(content)
        return cls(*(folder / name for name in contents), token)


def _etcd_flags(folder: Path, port: int) -> list[str]:
    client, peer = f"http://{servers.LOCALHOST}:{port}", f"http://{servers.LOCALHOST}:{servers.free_port()}"
    return [
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=default={peer}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def _api_flags(folder: Path, files: _Files, port: int, storage: int) -> list[str]:
    return [
        f"--etcd-servers=http://{servers.LOCALHOST}:{storage}",
        f"--bind-address={servers.LOCALHOST}",
        f"--advertise-address={servers.LOCALHOST}",
        f"--secure-port={port}",
        f"--cert-dir={folder}",
        f"--tls-cert-file={files.certificate}",
        f"--tls-private-key-file={files.certificate_key}",
        f"--token-auth-file={files.tokens}",
        f"--service-account-key-file={files.account_public_key}",
        f"--service-account-signing-key-file={files.account_key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.0.0.0/16",
        "--authorization-mode=RBAC",
        "--endpoint-reconciler-type=none",
    ]


def _controller_flags(folder: Path, files: _Files, kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--bind-address={servers.LOCALHOST}",
        f"--secure-port={servers.free_port()}",
        f"--cert-dir={folder}",
        f"--root-ca-file={files.authority}",
        f"--service-account-private-key-file={files.account_key}",
        "--leader-elect=false",
        # The only node there may be is one that tests make up: it sends no heartbeat, and is not missed.
        "--controllers=*,-node-lifecycle-controller",
    ]


def _write_kubeconfig(path: Path, cluster: Cluster) -> Path:
    authority = base64.b64encode(cluster.authority.encode()).decode()
    described = {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": CONTEXT,
        "clusters": [{"name": CONTEXT, "cluster": {"server": cluster.server, "certificate-authority-data": authority}}],
        "users": [{"name": "admin", "user": {"token": cluster.token}}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": "admin"}}],
    }
    path.touch(mode=0o600)
    path.write_text(json.dumps(described, indent=1) + "\n")
    return path


def _answers(cluster: Cluster, path: str) -> bool:
    try:
        cluster.call("GET", path)
    except ValueError:
        return True  # "ok", which is not JSON
    except RefusedError:
        return False
    return True


def _furnish(cluster: Cluster) -> None:
    """Add what a new cluster is delivered with, and wait for what its controllers add."""
    storage: dict[str, Any] = {
        "metadata": {"name": STORAGE_CLASS, "annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
        "provisioner": "example.invalid/none",
        "volumeBindingMode": "WaitForFirstConsumer",
    }
    cluster.call("POST", "/apis/storage.k8s.io/v1/storageclasses", storage)
    end = time.monotonic() + READY_SECONDS
    while not _answers(cluster, "/api/v1/namespaces/default/serviceaccounts/default"):
        if time.monotonic() > end:
            raise RuntimeError("the controllers of the test cluster do not work: there is no default service account")
        time.sleep(0.1)
