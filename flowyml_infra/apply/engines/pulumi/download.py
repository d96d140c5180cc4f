"""Owns the fetching of the CLI's official archive, which is used only if it is what the maker's list of digests says.

The list comes from another host than the archive: who changes one of them has to change both.
"""

from __future__ import annotations

import hashlib
import platform
import sys
import tarfile
import urllib.error
import urllib.request
from typing import IO, TYPE_CHECKING, Final

from flowyml_infra.apply.engines.pulumi.cli import VERSION
from flowyml_infra.errors import EngineTamperedError, EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable
    from http.client import HTTPMessage, HTTPResponse
    from pathlib import Path
    from urllib.request import Request

ARCHIVES: Final = "https://get.pulumi.com/releases/sdk/"
"""Where archives are."""
DIGESTS: Final = f"https://github.com/pulumi/pulumi/releases/download/v{VERSION}/SHA512SUMS"
"""Where the SHA-512 of each archive of the version is."""
STALLED_SECONDS: Final = 30.0
"""How long a host may send nothing."""
_MOST_BYTES: Final = 1_000_000_000
_MOST_BYTES_OF_DIGESTS: Final = 100_000
_BLOCK: Final = 1 << 20
_MACHINES: Final = {"x86_64": "x64", "amd64": "x64", "aarch64": "arm64", "arm64": "arm64"}
_SYSTEMS: Final = {"linux": "linux", "darwin": "darwin"}
_FOLDER: Final = "pulumi/"
"""What the names in an archive begin with."""


class _StaysSecure(urllib.request.HTTPRedirectHandler):
    """Follows no redirect to an address that anybody between could answer for."""

    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: HTTPMessage, newurl: str
    ) -> Request | None:
        """See the base class."""
        _check_secure(newurl)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def archive_name() -> str | None:
    """What the archive for this machine is called; None when there is none that this library can use."""
    machine, system = _MACHINES.get(platform.machine().lower()), _SYSTEMS.get(sys.platform)
    return None if machine is None or system is None else f"pulumi-v{VERSION}-{system}-{machine}.tar.gz"


def download(into: Path, progress: Callable[[str], None]) -> None:
    """Put the CLI and what belongs to it into ``into / "bin"``.

    Args:
        into: A folder that holds nothing yet.
        progress: Told, in a sentence, how far it is.

    Raises:
        EngineTamperedError: The archive is not the published one.
        EngineUnavailableError: It cannot be fetched, or there is none for this machine.
    """
    name = archive_name()
    if name is None:
        raise EngineUnavailableError(f"there is no archive for {sys.platform} on {platform.machine()}")
    progress(f"Downloading the Pulumi CLI {VERSION} from {ARCHIVES}.")
    expected = _digest_of(name, _fetched(DIGESTS, _MOST_BYTES_OF_DIGESTS).decode("ascii", "replace"))
    archive = into / name
    found = _fetch(ARCHIVES + name, archive, progress)
    if found != expected:
        raise EngineTamperedError(
            f"{ARCHIVES}{name} has the SHA-512 {found[:16]}…, and {DIGESTS} says {expected[:16]}…",
            hint="something between here and the maker changed it; try on another network, and do not use the file",
        )
    _unpack(archive, into / "bin")
    archive.unlink()


def _digest_of(name: str, digests: str) -> str:
    for line in digests.splitlines():
        digest, _, file = line.strip().partition(" ")
        if file.strip().removeprefix("*") == name:
            return digest.lower()
    raise EngineUnavailableError(f"{DIGESTS} has no digest of {name}")


def _fetched(url: str, most: int) -> bytes:
    with _opened(url) as response:
        data: bytes = response.read(most + 1)
    if len(data) > most:
        raise EngineUnavailableError(f"{url} is longer than {most} bytes")
    return data


def _fetch(url: str, target: Path, progress: Callable[[str], None]) -> str:
    """Fetch ``url`` into the file ``target``; returns the SHA-512 of what came, in hexadecimal."""
    digest, size, told = hashlib.sha512(), 0, 0
    with _opened(url) as response, target.open("wb") as file:
        length = int(response.headers.get("Content-Length") or 0)
        while block := _block(response, url):
            size += len(block)
            if size > _MOST_BYTES:
                raise EngineUnavailableError(f"{url} is longer than {_MOST_BYTES} bytes")
            digest.update(block)
            file.write(block)
            if length and size * 5 // length > told:
                told = size * 5 // length
                progress(f"  {size / 1e6:.0f} of {length / 1e6:.0f} MB")
    if size < length:
        raise EngineUnavailableError(f"{url} broke off after {size} of {length} bytes")
    return digest.hexdigest()


def _opened(url: str) -> HTTPResponse:
    _check_secure(url)
    opener = urllib.request.build_opener(_StaysSecure)
    try:
        response: HTTPResponse = opener.open(url, timeout=STALLED_SECONDS)
    except urllib.error.HTTPError as error:
        raise EngineUnavailableError(f"{url} answers {error.code} {error.reason}") from error
    except OSError as error:
        raise EngineUnavailableError(f"{url} cannot be reached: {getattr(error, 'reason', error)}") from error
    return response


def _block(response: HTTPResponse, url: str) -> bytes:
    try:
        return response.read(_BLOCK)
    except OSError as error:
        raise EngineUnavailableError(f"{url} stopped sending: {error}") from error


def _check_secure(url: str) -> None:
    if not url.startswith("https://"):
        raise EngineUnavailableError(f"{url} is not read: it is no https:// address")


def _unpack(archive: Path, into: Path) -> None:
    """The programs in ``archive`` alone: no folders, no links, nothing that lies elsewhere."""
    into.mkdir()
    try:
        with tarfile.open(archive) as opened:
            for member in opened:
                name = member.name.removeprefix("./").removeprefix(_FOLDER)
                source = opened.extractfile(member) if member.isreg() and "/" not in name else None
                if source is not None:
                    target = into / name
                    with target.open("wb") as file:
                        while block := source.read(_BLOCK):
                            file.write(block)
                    target.chmod(0o755)
    except (tarfile.TarError, EOFError, OSError) as error:
        raise EngineUnavailableError(f"{archive.name} cannot be unpacked: {error}") from error
