"""Owns the installing of the Pulumi CLI into the managed cache, whole or not at all, by one process at a time.

What is installed is put together aside and renamed when it is whole, and reports the version that was asked for. What
an installation left aside that was killed is removed by the next.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowyml_infra.apply.engines.pulumi.building import build
from flowyml_infra.apply.engines.pulumi.cli import VERSION, managed_root, version_of
from flowyml_infra.apply.engines.pulumi.download import ARCHIVES, archive_name, download
from flowyml_infra.errors import EngineTamperedError, EngineUnavailableError
from flowyml_infra.file_lock import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

WAIT_SECONDS: Final = 5400.0
"""How long another process may install it: a build takes minutes, on a small machine the better part of an hour."""


def install(progress: Callable[[str], None]) -> Path:
    """Put the CLI into the managed cache, if a whole one is not there, and return it.

    Args:
        progress: Told, in a sentence, what is being done.

    Raises:
        EngineTamperedError: What was fetched is not what its maker published.
        EngineUnavailableError: It could be neither downloaded nor built; the detail says why each failed.
    """
    root = managed_root()
    cli = root / "bin" / "pulumi"
    try:
        root.parent.mkdir(parents=True, exist_ok=True)
        with _alone(root, progress):
            if not _whole(cli):
                _remove(root)
                _put(root, progress)
    except OSError as error:
        raise EngineUnavailableError(
            f"{root.parent} cannot be written: {error.strerror or error}", code="engine.install", hint=_by_hand(root)
        ) from error
    return cli


def _put(root: Path, progress: Callable[[str], None]) -> None:
    failures: list[str] = []
    for way in (_download, build):
        aside = Path(tempfile.mkdtemp(prefix=f".{root.name}.", dir=root.parent))
        try:
            way(aside, progress)
            found = version_of(aside / "bin" / "pulumi")
            if found != VERSION:
                raise EngineUnavailableError(f"it reports version {found}, and {VERSION} was asked for")
            aside.rename(root)
        except EngineTamperedError:
            raise
        except EngineUnavailableError as error:
            failures.append(f"{way.__name__.strip('_')}: {error.message}")
            continue
        finally:
            shutil.rmtree(aside, ignore_errors=True)
        return
    raise EngineUnavailableError(
        f"the Pulumi CLI {VERSION} could be neither downloaded nor built",
        code="engine.install",
        hint=_by_hand(root),
        detail="\n".join(failures),
    )


def _download(aside: Path, progress: Callable[[str], None]) -> None:
    if os.environ.get("FLOWYML_ENGINE_OFFLINE"):
        raise EngineUnavailableError("FLOWYML_ENGINE_OFFLINE is set")
    download(aside, progress)


def _by_hand(root: Path) -> str:
    name = archive_name()
    other = "where there is a Go module proxy alone, install Go and run `flowyml-infra engine install` again"
    if name is None:
        return f"name a Pulumi CLI {VERSION} in FLOWYML_PULUMI, or {other}"
    return (
        f"fetch {ARCHIVES}{name} on another machine and unpack it here: `mkdir -p {root}/bin && "
        f"tar -xzf {name} -C {root}/bin --strip-components=1`; or {other}"
    )


def _whole(cli: Path) -> bool:
    if not cli.is_file():
        return False
    try:
        return version_of(cli) == VERSION
    except EngineUnavailableError:
        return False


def _remove(root: Path) -> None:
    """Remove what is not whole: of an earlier time, and what killed installations left aside."""
    shutil.rmtree(root, ignore_errors=True)
    for path in root.parent.glob(f".{root.name}.*"):
        if path.is_dir():
            shutil.rmtree(path, ignore_errors=True)


@contextmanager
def _alone(root: Path, progress: Callable[[str], None]) -> Iterator[None]:
    """Hold the installations' lock file."""
    path = root.parent / f".{root.name}.lock"
    with path.open("w") as handle:
        if not hold(handle.fileno(), 0):
            progress("Another process is installing the Pulumi CLI; waiting for it.")
            if not hold(handle.fileno(), WAIT_SECONDS):
                raise EngineUnavailableError(
                    f"another process has been installing the Pulumi CLI for {WAIT_SECONDS / 60:g} minutes",
                    code="engine.install",
                    hint=f"end it (`fuser {path}` names it), then run the same command again",
                )
        yield
