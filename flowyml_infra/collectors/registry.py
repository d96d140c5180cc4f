"""Owns reading from container registries: manifests and configurations, each checked against its digest.

The protocol is https://github.com/opencontainers/distribution-spec/blob/main/spec.md, with the tokens of
https://distribution.github.io/distribution/spec/auth/token.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode, urljoin, urlsplit

import urllib3

from flowyml_infra.collectors.credentials import Login, login_for

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from flowyml_infra.policy.image import ImageReference

_ACCEPTED: Final = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_LARGEST: Final = 8 * 2**20
_TIMEOUT: Final = urllib3.Timeout(connect=5, read=20)
_REDIRECTS: Final = 5
_CHALLENGE: Final = re.compile(r'(\w+)="([^"]*)"')
_LOCAL: Final = re.compile(r"(localhost|127\.\d+\.\d+\.\d+|\[::1\])(:\d+)?")


class RegistryError(Exception):
    """A registry could not be asked, or its answer cannot be relied on; the message is a clause."""


@dataclass(frozen=True, slots=True)
class RemoteImage:
    """One image of a registry.

    Attributes:
        digest: The digest of the manifest or index that its name leads to.
        configs: The configuration of each platform.
        annotations: Those of each platform's manifest.
    """

    digest: str
    configs: tuple[Mapping[str, Any], ...]
    annotations: tuple[Mapping[str, Any], ...]


class RegistryClient:
    """Reads from registries, and asks for each login and each token once.

    Args:
        login: Gives the login for a host.
        http: The connections; by default with certificates checked.
    """

    def __init__(
        self, login: Callable[[str], Login | None] = login_for, http: urllib3.PoolManager | None = None
    ) -> None:
        self._login = login
        self._http = http or urllib3.PoolManager(timeout=_TIMEOUT, retries=urllib3.Retry(2, redirect=False))
        self._tokens: dict[tuple[str, str], str] = {}

    def image(self, reference: ImageReference) -> RemoteImage:
        """What ``reference`` leads to.

        Raises:
            RegistryError: The registry cannot be reached, refuses, has no such image, or answers something else.
        """
        repository = "/".join(reference.path)
        wanted = reference.digest or reference.tag or "latest"
        body = self._get(reference.host, repository, f"manifests/{wanted}")
        digest = f"sha256:{hashlib.sha256(body).hexdigest()}"
        if reference.digest is not None and reference.digest != digest:
            raise RegistryError(f"{reference.host} gave another manifest than {reference.digest}")
        configs: list[Mapping[str, Any]] = []
        annotations: list[Mapping[str, Any]] = []
        for manifest in self._manifests(reference.host, repository, _object(body)):
            config = manifest.get("config")
            name = str(config.get("digest")) if isinstance(config, dict) else ""
            configs.append(_object(self._checked(reference.host, repository, "blobs", name)))
            annotations.append(manifest.get("annotations") or {})
        if not configs:
            raise RegistryError("the index names no image for any platform")
        return RemoteImage(digest, tuple(configs), tuple(annotations))

    def _manifests(self, host: str, repository: str, document: dict[str, Any]) -> Iterator[dict[str, Any]]:
        """Every platform's manifest; attestations beside them are of no platform."""
        entries = document.get("manifests")
        if not isinstance(entries, list):
            yield document
            return
        for entry in entries:
            platform = entry.get("platform") if isinstance(entry, dict) else None
            if isinstance(platform, dict) and platform.get("architecture") == "unknown":
                continue
            name = str(entry.get("digest")) if isinstance(entry, dict) else ""
            yield _object(self._checked(host, repository, "manifests", name))

    def _checked(self, host: str, repository: str, what: str, digest: str) -> bytes:
        if not re.fullmatch(r"sha256:[0-9a-f]{64}", digest):
            raise RegistryError(f"{host} names {what} without a sha256 digest")
        body = self._get(host, repository, f"{what}/{digest}")
        if f"sha256:{hashlib.sha256(body).hexdigest()}" != digest:
            raise RegistryError(f"{host} gave another content than {digest}")
        return body

    def _get(self, host: str, repository: str, path: str) -> bytes:
        server = "registry-1.docker.io" if host == "docker.io" else host
        scheme = "http" if _LOCAL.fullmatch(host) else "https"
        url = f"{scheme}://{server}/v2/{repository}/{path}"
        response = self._request(url, self._tokens.get((host, repository)))
        if response.status == 401:
            header = self._authorise(host, repository, response.headers.get("WWW-Authenticate", ""))
            self._tokens[(host, repository)] = header
            response = self._request(url, header)
        if response.status != 200:
            raise RegistryError(_refusal(response.status, host, repository, path))
        return bytes(response.data or b"")

    def _request(self, url: str, authorization: str | None) -> urllib3.BaseHTTPResponse:
        """Follow redirects, and give credentials to nobody but the registry itself."""
        first = urlsplit(url)
        for _ in range(_REDIRECTS):
            here = urlsplit(url)
            own = (here.scheme, here.netloc) == (first.scheme, first.netloc)
            headers = {"Accept": ", ".join(_ACCEPTED), "User-Agent": "flowyml-infra"}
            if authorization and own:
                headers["Authorization"] = authorization
            response = self._open(url, headers)
            target = response.headers.get("Location")
            if response.status not in (301, 302, 303, 307, 308) or not target:
                return response
            url = urljoin(url, target)
            if urlsplit(url).scheme not in ("https", first.scheme):
                raise RegistryError(f"{first.netloc} leads to an address that is not encrypted")
        raise RegistryError(f"{first.netloc} leads in circles")

    def _open(self, url: str, headers: Mapping[str, str]) -> urllib3.BaseHTTPResponse:
        try:
            response = self._http.request("GET", url, headers=headers, redirect=False, preload_content=False)
            data = response.read(_LARGEST + 1)
            response.release_conn()
        except urllib3.exceptions.HTTPError as error:
            reason = getattr(error, "reason", None) or error
            raise RegistryError(f"{urlsplit(url).netloc} cannot be reached: {type(reason).__name__}") from error
        if len(data) > _LARGEST:
            raise RegistryError(f"{urlsplit(url).netloc} answers with more than {_LARGEST:,} bytes")
        return urllib3.HTTPResponse(body=data, headers=response.headers, status=response.status, preload_content=True)

    def _authorise(self, host: str, repository: str, challenge: str) -> str:
        login = self._login(host)
        sort, _, rest = challenge.partition(" ")
        if sort.lower() == "basic":
            if login is None:
                raise RegistryError(f"{host} asks for a login, and there is none for it")
            return _basic(login)
        if sort.lower() != "bearer":
            raise RegistryError(f"{host} asks for a login of a sort that is not known")
        fields = dict(_CHALLENGE.findall(rest))
        return f"Bearer {self._token(host, repository, fields, login)}"

    def _token(self, host: str, repository: str, fields: Mapping[str, str], login: Login | None) -> str:
        realm = fields.get("realm", "")
        if urlsplit(realm).scheme != "https" and not _LOCAL.fullmatch(urlsplit(realm).netloc):
            raise RegistryError(f"{host} wants its login sent where it is not encrypted")
        asked = {"scope": fields.get("scope") or f"repository:{repository}:pull"}
        if fields.get("service"):
            asked["service"] = fields["service"]
        headers = {} if login is None else {"Authorization": _basic(login)}
        response = self._open(f"{realm}?{urlencode(asked)}", headers)
        if response.status != 200:
            why = "refuses the login that there is for it" if login else "asks for a login, and there is none for it"
            raise RegistryError(f"{host} {why}")
        answer = _object(bytes(response.data or b""))
        token = answer.get("token") or answer.get("access_token")
        if not isinstance(token, str):
            raise RegistryError(f"{host} gave no token")
        return token


def _basic(login: Login) -> str:
    return "Basic " + base64.b64encode(f"{login.user}:{login.secret}".encode()).decode()


def _object(data: bytes) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise RegistryError("the registry answers with something that is no JSON object")
    return document


def _refusal(status: int, host: str, repository: str, path: str) -> str:
    if status in (401, 403):
        return f"{host} refuses to show {repository} (HTTP {status})"
    if status == 404:
        return f"{host} has no {repository} {path.partition('/')[2]}"
    return f"{host} answers with HTTP {status}"
