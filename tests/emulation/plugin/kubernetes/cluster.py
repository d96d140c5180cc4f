"""Owns the connection to one Kubernetes API server: requests over HTTPS with a kubeconfig's token."""

from __future__ import annotations

import base64
import json
import os
import ssl
import urllib.error
import urllib.parse
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.emulation.plugin.failures import RefusedError

REQUEST_TIMEOUT_SECONDS = 60
APPLY = "application/apply-patch+yaml"


class ApiError(RefusedError):
    """The API server refused; ``reason`` is its own word for why, as ``AlreadyExists`` or ``NotFound``."""

    def __init__(self, code: int, reason: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


@dataclass(frozen=True)
class Cluster:
    """An API server and the right to ask it."""

    server: str
    authority: str
    token: str

    def call(self, method: str, path: str, body: Any = None, content: str = "", **query: str) -> Any:
        """The decoded answer of the API server.

        Raises:
            ApiError: It answered with an error status.
            RefusedError: It did not answer.
        """
        url = f"{self.server}{path}" + (f"?{urllib.parse.urlencode(query)}" if query else "")
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(url, data=data, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Content-Type", content or "application/json")
        context = ssl.create_default_context(cadata=self.authority)
        try:
            with urllib.request.urlopen(request, timeout=REQUEST_TIMEOUT_SECONDS, context=context) as answer:
                return json.loads(answer.read())
        except urllib.error.HTTPError as error:
            raise _api_error(error) from None
        except OSError as error:
            raise RefusedError(f"configured Kubernetes cluster is unreachable: {error}") from error


def _api_error(error: urllib.error.HTTPError) -> ApiError:
    text = error.read().decode(errors="replace")
    try:
        status = json.loads(text)
    except ValueError:
        status = {}
    return ApiError(error.code, status.get("reason", ""), status.get("message") or text or str(error))


def connect(kubeconfig: str | None, context: str | None) -> Cluster:
    """The cluster that ``kubeconfig`` (its text or its path, else ``KUBECONFIG``) names, in ``context`` or its own.

    Raises:
        RefusedError: There is no such configuration, context or credential.
    """
    cluster, user = described(kubeconfig, context)
    if "token" not in user:
        raise RefusedError("the user of this context has no token; other credentials are not translated")
    authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
    return Cluster(cluster["server"], authority, user["token"])


def described(kubeconfig: str | None, context: str | None) -> tuple[dict[str, Any], dict[str, Any]]:
    """What the kubeconfig says of the cluster and of the user of ``context``, or of its current one.

    Raises:
        RefusedError: There is no such configuration or context.
    """
    loaded = yaml.safe_load(_text(kubeconfig))
    if not isinstance(loaded, dict):
        raise RefusedError("failed to parse kubeconfig data in `kubernetes:config:kubeconfig`")
    chosen = _named(loaded, "contexts", context or loaded.get("current-context"), "context")
    return _named(loaded, "clusters", chosen["cluster"], "cluster"), _named(loaded, "users", chosen["user"], "user")


def _text(kubeconfig: str | None) -> str:
    if kubeconfig and "\n" in kubeconfig.strip():
        return kubeconfig
    path = Path(kubeconfig or os.environ.get("KUBECONFIG") or Path.home() / ".kube" / "config")
    if not path.is_file():
        raise RefusedError(f"unable to load Kubernetes client configuration: there is no file {path}")
    return path.read_text()


def _named(loaded: dict[str, Any], group: str, name: str | None, field: str) -> dict[str, Any]:
    for item in loaded.get(group) or []:
        if item["name"] == name:
            return item[field]
    raise RefusedError(f"{field} {name!r} does not exist in the kubeconfig")
