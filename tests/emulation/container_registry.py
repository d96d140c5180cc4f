"""Owns a container registry on this machine, with a login, and the pushing of images into it.

It is the reference implementation, https://distribution.github.io/distribution: the system's own program where there
is one, as Debian's ``docker-registry``, and otherwise built from its Go module.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import oras.client
import urllib3

from tests.emulation.cache import built
from tests.emulation.go_programs import GoPrograms, build
from tests.emulation.servers import LOCALHOST, free_port, listens, running

USER, PASSWORD = "ada", "only for tests"
_HTPASSWD = f"{USER}:$2b$04$D5sNXDCpGRd147dhpNfq1uweAXhxAXoTs/Hhf/WOVsLbijIRQXR/C\n"
_MODULE = "github.com/distribution/distribution/v3"
_VERSION = "v3.0.0"
_INDEX = "application/vnd.oci.image.index.v1+json"
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_CONFIG = "application/vnd.oci.image.config.v1+json"


def _program() -> str:
    for name in ("docker-registry", "registry"):
        found = shutil.which(name)
        if found:
            return found
    programs = GoPrograms(_MODULE, _VERSION, (f"{_MODULE}/cmd/registry",))
    return str(built(f"registry-{_VERSION.removeprefix('v')}", lambda into: build(programs, into)) / "registry")


@contextlib.contextmanager
def served(folder: Path) -> Iterator[ContainerRegistry]:
    """A registry that keeps everything in ``folder``, until the block is left."""
    port = free_port()
    (folder / "htpasswd").write_text(_HTPASSWD)
    config = folder / "config.yml"
    config.write_text(
        f"""\
version: 0.1
log: {{level: error}}
storage: {{filesystem: {{rootdirectory: {folder / "data"}}}}}
http: {{addr: "{LOCALHOST}:{port}"}}
auth: {{htpasswd: {{realm: tests, path: {folder / "htpasswd"}}}}}
"""
    )
    with running([_program(), "serve", str(config)], folder / "log", lambda: listens(port)):
        yield ContainerRegistry(f"{LOCALHOST}:{port}", folder)


@dataclass
class ContainerRegistry:
    """A registry that runs."""

    host: str
    folder: Path

    def push(self, name: str, labels: dict[str, str] | None = None, created: str = "2026-01-02T03:04:05Z") -> str:
        """Push an image of one layer as ``name:tag``, with ``oras``, and return its full reference."""
        reference = f"{self.host}/{name}"
        client = self._client()
        layer = self.folder / "layer.tar"
        layer.write_bytes(name.encode())
        config = self.folder / "config.json"
        body = {
            "architecture": "amd64",
            "os": "linux",
            "created": created,
            "config": {"Labels": labels or {}},
            "rootfs": {"type": "layers", "diff_ids": [f"sha256:{hashlib.sha256(name.encode()).hexdigest()}"]},
        }
        config.write_text(json.dumps(body))
        client.push(
            target=reference,
            files=[str(layer)],
            manifest_config=f"{config}:{_CONFIG}",
            disable_path_validation=True,
        )
        return reference

    def digest(self, reference: str) -> str:
        """The digest of what ``reference`` leads to."""
        return f"sha256:{hashlib.sha256(self._manifest(reference)).hexdigest()}"

    def push_index(self, name: str, *references: str) -> str:
        """Push an index, as of an image for several platforms, of images in the same repository."""
        manifests: list[dict[str, Any]] = []
        for number, reference in enumerate(references):
            body = self._manifest(reference)
            digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
            platform = {"os": "linux", "architecture": ("amd64", "arm64")[number]}
            manifests.append({"mediaType": _MANIFEST, "digest": digest, "size": len(body), "platform": platform})
        self._put(name, _INDEX, {"schemaVersion": 2, "mediaType": _INDEX, "manifests": manifests})
        return f"{self.host}/{name}"

    def _client(self) -> oras.client.OrasClient:
        client = oras.client.OrasClient(hostname=self.host, insecure=True, auth_backend="basic")
        client.auth.set_basic_auth(USER, PASSWORD)
        return client

    def _manifest(self, reference: str) -> bytes:
        repository, _, tag = reference.removeprefix(f"{self.host}/").rpartition(":")
        return self._http("GET", f"{repository}/manifests/{tag}", {"Accept": f"{_MANIFEST}, {_INDEX}"}).data

    def _put(self, name: str, media_type: str, body: dict[str, Any]) -> None:
        repository, _, tag = name.rpartition(":")
        self._http("PUT", f"{repository}/manifests/{tag}", {"Content-Type": media_type}, json.dumps(body).encode())

    def _http(
        self, method: str, path: str, headers: dict[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        login = urllib3.make_headers(basic_auth=f"{USER}:{PASSWORD}")
        answer = urllib3.request(method, f"http://{self.host}/v2/{path}", headers={**headers, **login}, body=body)
        assert answer.status < 300, answer.data
        return answer
