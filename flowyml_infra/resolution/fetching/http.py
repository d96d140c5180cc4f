"""Owns guarded downloads over HTTP: checked addresses, rechecked redirects, bounded bytes and time, whole answers.

It follows no proxy, keeps no cookies and unpacks nothing. See ``fetching.addresses`` for what may be connected to.
"""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urljoin, urlsplit

from flowyml_infra.errors import SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching.addresses import is_loopback
from flowyml_infra.resolution.fetching.limits import LIMITS, Limits
from flowyml_infra.resolution.fetching.tokens import variables_of
from flowyml_infra.resolution.fetching.urls import port_of, shown_url, split_url

if TYPE_CHECKING:
    from collections.abc import Iterator
    from urllib.parse import SplitResult

    from flowyml_infra.resolution.fetching.addresses import Guard
    from flowyml_infra.resolution.fetching.tokens import Tokens

_REDIRECTS = (301, 302, 303, 307, 308)
_AGENT = "flowyml-infra"


class Download(NamedTuple):
    """What was downloaded, and the address that gave it after all redirects."""

    url: str
    content: bytes


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Downloads.

    Attributes:
        guard: Says what may be connected to.
        tokens: The tokens by host.
        limits: The bounds.
    """

    guard: Guard
    tokens: Tokens
    limits: Limits = LIMITS

    def download(self, url: str, *, most: int | None = None, seconds: float | None = None) -> Download:
        """What is at ``url``.

        Args:
            url: Its address.
            most: The most bytes to take; by default those of one file.
            seconds: How long it may take; by default as the limits say.

        Raises:
            SourceRefusedError: The address, or one that it redirects to, is not allowed, or what is there is too much.
            SourceUnreachableError: It does not answer, or not in full.
        """
        bound = self.limits.file_bytes if most is None else most
        with _watch(self.limits.seconds if seconds is None else seconds, url) as watch:
            for _ in range(self.limits.redirects + 1):
                answer = self._ask(url, bound, watch)
                if isinstance(answer, bytes):
                    return Download(url, answer)
                if urlsplit(url).scheme == "https" and urlsplit(answer).scheme != "https":
                    raise SourceRefusedError(f"{url} redirects to {shown_url(answer)}, which is not encrypted")
                url = answer
        raise SourceRefusedError(f"{url} redirects more than {self.limits.redirects} times")

    def _ask(self, url: str, most: int, watch: _Watch) -> bytes | str:
        """The body at ``url``, or the address that it redirects to."""
        parts = split_url(url)
        connection = _connection(parts, self.guard, watch)
        try:
            connection.connect()
            connection.request("GET", parts.path or "/", headers=self._headers(parts, connection))
            response = connection.getresponse()
            if response.status in _REDIRECTS:
                return _target(url, response)
            self._check_status(response, parts, url)
            return _body(response, url, most)
        except ssl.SSLCertVerificationError as error:
            raise SourceRefusedError(
                f"the certificate of {parts.hostname} is not valid: {error.verify_message}", code="source.certificate"
            ) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            why = "it took too long" if watch.over else str(error) or type(error).__name__
            raise SourceUnreachableError(f"{url} cannot be downloaded: {self.tokens.redact(why)}") from error
        finally:
            connection.close()

    def _headers(self, parts: SplitResult, connection: http.client.HTTPConnection) -> dict[str, str]:
        headers = {"User-Agent": _AGENT, "Accept-Encoding": "identity", "Accept": "*/*"}
        token = self.tokens.of(parts.hostname or "")
        # A token never crosses a network in the clear.
        if token is not None and (parts.scheme == "https" or is_loopback(connection.sock.getpeername()[0])):
            headers["Authorization"] = f"Bearer {token}"
        return headers

    def _check_status(self, response: http.client.HTTPResponse, parts: SplitResult, url: str) -> None:
        status = response.status
        if status == 200:
            return
        if status >= 500 or status in (408, 429):
            raise SourceUnreachableError(f"{url} answers {status} {http.client.responses.get(status, '')}".strip())
        hint = "check the address"
        if status in (401, 403, 404):
            hint = f"check the address; if it needs a token, put one into {variables_of(parts.hostname or '')[0]}"
        message = f"{url} answers {status} {http.client.responses.get(status, '')}".strip()
        raise SourceRefusedError(message, code="source.answer", hint=hint)


class _Watch:
    """The time that one download has; when it is over, the connection is cut."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.over = False
        self._socket: socket.socket | None = None

    def hold(self, connected: socket.socket) -> None:
        self._socket = connected

    def end(self) -> None:
        self.over = True
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


@contextmanager
def _watch(seconds: float, url: str) -> Iterator[_Watch]:
    watch = _Watch(seconds)
    timer = threading.Timer(seconds, watch.end)
    timer.daemon = True
    timer.name = f"watch over {shown_url(url)}"
    timer.start()
    try:
        yield watch
    finally:
        timer.cancel()


def _connection(parts: SplitResult, guard: Guard, watch: _Watch) -> http.client.HTTPConnection:
    host, port = parts.hostname or "", port_of(parts)
    if parts.scheme == "http":
        guard.check_plain(host, port, shown_url(parts.geturl()))
    connection = _Guarded(host, port, timeout=watch.seconds)
    connection.prepare(guard, watch, tls=parts.scheme == "https")
    return connection


class _Guarded(http.client.HTTPConnection):
    """A connection to an address that was judged; the certificate is still that of the host's name."""

    def prepare(self, guard: Guard, watch: _Watch, *, tls: bool) -> None:
        self._guard, self._watch, self._tls = guard, watch, tls
        self.default_port = 443 if tls else 80

    def connect(self) -> None:
        plain = self._guard.connect(self.host, self.port, self._watch.seconds)
        self._watch.hold(plain)
        self.sock = plain
        if self._tls:
            self.sock = ssl.create_default_context().wrap_socket(plain, server_hostname=self.host.rstrip("."))
            self._watch.hold(self.sock)


def _target(url: str, response: http.client.HTTPResponse) -> str:
    location = response.getheader("Location")
    if not location:
        raise SourceRefusedError(f"{url} redirects to nowhere")
    target = urljoin(url, location)
    split_url(target)
    return target.partition("#")[0]


def _body(response: http.client.HTTPResponse, url: str, most: int) -> bytes:
    """The whole body.

    Raises:
        SourceRefusedError: It is too long, packed, or its length is not said, so that it could be cut unnoticed.
        OSError: It cannot be read.
    """
    if response.getheader("Content-Encoding", "identity").lower() != "identity":
        raise SourceRefusedError(f"{url} is sent compressed although that was not asked for")
    if response.length is None and not response.chunked:
        raise SourceRefusedError(f"{url} does not say how long it is, so it could be cut short unnoticed")
    content = response.read(most + 1) if response.chunked or (response.length or 0) > most else response.read()
    if len(content) > most:
        raise SourceRefusedError(f"{url} is longer than {most:,} bytes", code="source.too_large")
    return content
