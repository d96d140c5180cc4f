"""Owns the installing of the Pulumi CLI into the managed cache: by the SDK's own installer, else built from its module.

What is installed is put together aside and renamed when it is whole, so that an installation that was broken off leaves
nothing that looks finished. A build takes its sources through Go's module proxy, whose checksum database vouches for
them; a download comes over TLS from the maker. Either has to report the version that was asked for.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowyml_infra.apply.engines.pulumi.cli import VERSION, managed_root, version_of
from flowyml_infra.errors import EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_MODULE: Final = "github.com/pulumi/pulumi/pkg/v3"
_COMMAND: Final = f"{_MODULE}/cmd/pulumi"
# Without it the CLI reports a development version, which the SDK refuses to drive.
_VERSION_VARIABLE: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_BUILD_SECONDS: Final = 3600


def install(progress: Callable[[str], None]) -> Path:
    """Put the CLI into the managed cache, if it is not there, and return it.

    Args:
        progress: Told, in a sentence, what is being done.

    Raises:
        EngineUnavailableError: It could be neither downloaded nor built; the detail says why each failed.
    """
    root = managed_root()
    cli = root / "bin" / "pulumi"
    root.parent.mkdir(parents=True, exist_ok=True)
    with _alone(root.parent / f".{root.name}.lock"):
        if cli.is_file():
            return cli
        failures: list[str] = []
        for way in (_download, _build):
            aside = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
            try:
                way(aside, progress)
                _check(aside / "bin" / "pulumi")
                aside.rename(root)
            except (OSError, subprocess.SubprocessError, EngineUnavailableError) as error:
                failures.append(f"{way.__name__.strip('_')}: {_told(error)}")
                continue
            finally:
                shutil.rmtree(aside, ignore_errors=True)
            return cli
    raise EngineUnavailableError(
        f"the Pulumi CLI {VERSION} could be neither downloaded nor built",
        code="engine.install",
        hint=f"put version {VERSION} on PATH by hand; where downloads are impossible, install Go and try again",
        detail="\n".join(failures),
    )


def _download(aside: Path, progress: Callable[[str], None]) -> None:
    from pulumi.automation import PulumiCommand
    from semver import VersionInfo

    if os.environ.get("FLOWYML_ENGINE_OFFLINE"):
        raise EngineUnavailableError("FLOWYML_ENGINE_OFFLINE is set")
    progress(f"Downloading the Pulumi CLI {VERSION}.")
    PulumiCommand.install(root=str(aside), version=VersionInfo.parse(VERSION))


def _build(aside: Path, progress: Callable[[str], None]) -> None:
    go = shutil.which("go")
    if go is None:
        raise EngineUnavailableError("there is no `go` on PATH to build it with")
    progress(f"Building the Pulumi CLI {VERSION} from its Go module; this takes some minutes, once.")
    work = aside / "work"
    work.mkdir()
    (aside / "bin").mkdir()
    flags = f"-s -w -X {_VERSION_VARIABLE}={VERSION}"
    # In a module of its own: the CLI's module replaces others, and `go install` refuses those.
    for arguments in (
        ("mod", "init", "example.invalid/engine"),
        ("get", "-tool", f"{_COMMAND}@v{VERSION}"),
        ("build", "-trimpath", "-ldflags", flags, "-o", str(aside / "bin" / "pulumi"), _COMMAND),
    ):
        subprocess.run(  # noqa: S603 - the user's own Go
            [go, *arguments],
            cwd=work,
            env={**os.environ, "CGO_ENABLED": "0", "GOFLAGS": "-mod=mod -buildvcs=false", "GOWORK": "off"},
            capture_output=True,
            text=True,
            check=True,
            timeout=_BUILD_SECONDS,
        )
    shutil.rmtree(work)


def _check(cli: Path) -> None:
    found = version_of(cli)
    if found != VERSION:
        raise EngineUnavailableError(f"it reports version {found}, and {VERSION} was asked for")


def _told(error: Exception) -> str:
    if isinstance(error, subprocess.CalledProcessError):
        return (str(error.stderr or error.output or "") or str(error)).strip()[-2000:]
    return str(error)


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Hold the lock file ``path``; the system frees it when the holder dies."""
    with path.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
