"""Owns the building of the CLI from its Go modules, of which each is what this library knows it to be.

Three hashes are known here. One of them is that of a module that lists the hashes of all others that it needs, so that
Go checks every one of them; what another version of Go needs beyond, Go's checksum database vouches for.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flowyml_infra.apply.engines.pulumi.cli import VERSION
from flowyml_infra.errors import EngineTamperedError, EngineUnavailableError

if TYPE_CHECKING:
    from collections.abc import Callable

_MODULE: Final = "github.com/pulumi/pulumi/pkg/v3"
_COMMAND: Final = f"{_MODULE}/cmd/pulumi"
# Without it the CLI reports a development version, which the SDK refuses to drive.
_VERSION_VARIABLE: Final = "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version"
_BUILD_SECONDS: Final = 3600

MODULE_HASH: Final = "h1:T2eQ5Ujv3+H2FUqYuJ5pwUtKFDazdvkyG5P3V3iEt0I="
"""The hash of the CLI's module, as of https://go.dev/ref/mod#go-sum-files."""
_HASHES: Final = f"""\
{_MODULE} v{VERSION} {MODULE_HASH}
{_MODULE} v{VERSION}/go.mod h1:kQbUKTlGS7n83eVx7X8zrhusm5lC2gIBGR1F4WR31yM=
github.com/pulumi/pulumi/sdk/v3 v{VERSION} h1:J9KDqsFS5rknqym7uVNjtcBF3M+9laOvpDAtY4xmaEg=
github.com/pulumi/pulumi/sdk/v3 v{VERSION}/go.mod h1:lzcc9vPbkWn3TLD4ZJTiz0lixYM3a/9pSNwsBLLmUEE=
github.com/atotto/clipboard v0.1.4 h1:EH0zSVneZPSuFR11BlR9YppQTVDbh5+16AmcJi4g1z4=
github.com/atotto/clipboard v0.1.4/go.mod h1:ZY9tmq7sm5xIbd9bOK4onWV4S6X0u6GY7Vn0Yu86PYI=
"""
"""Those of the modules that the CLI's own list leaves out, because its repository takes them from elsewhere."""
_CHECKED: Final = {
    "CGO_ENABLED": "0",
    "GOFLAGS": "-mod=mod -buildvcs=false",
    "GOINSECURE": "none",
    "GONOSUMDB": "none",
    "GOWORK": "off",
}
"""No module is taken without a check, whatever the user's own Go is set to. ``none`` names no module."""
_DATABASE: Final = "GOSUMDB"


def build(into: Path, progress: Callable[[str], None]) -> None:
    """Build the CLI as ``into / "bin" / "pulumi"``.

    Args:
        into: A folder that holds nothing yet.
        progress: Told, in a sentence, what is being done.

    Raises:
        EngineTamperedError: A module is not what it was when this version of the library was released.
        EngineUnavailableError: There is no Go, or it fails.
    """
    go = shutil.which("go")
    if go is None:
        raise EngineUnavailableError("there is no `go` on PATH to build it with")
    progress(f"Building the Pulumi CLI {VERSION} from its Go module; this takes some minutes, once.")
    work = into / "work"
    work.mkdir()
    (into / "bin").mkdir()
    # In a module of its own: the CLI's module replaces others, and `go install` refuses those.
    _run(work, go, "mod", "init", "example.invalid/engine")
    progress("  fetching the module")
    folder = _checked(work, go)
    (work / "go.sum").write_text((folder / "go.sum").read_text(encoding="utf-8") + _HASHES, encoding="utf-8")
    progress("  fetching what it needs")
    _run(work, go, "get", "-tool", f"{_COMMAND}@v{VERSION}")
    progress("  compiling")
    flags = f"-s -w -X {_VERSION_VARIABLE}={VERSION}"
    _run(work, go, "build", "-trimpath", "-ldflags", flags, "-o", str(into / "bin" / "pulumi"), _COMMAND)
    shutil.rmtree(work)


def _checked(work: Path, go: str) -> Path:
    """The folder of the CLI's module, whose hash is the one that is known."""
    told = _run(work, go, "mod", "download", "-json", f"{_MODULE}@v{VERSION}")
    try:
        module = json.loads(told)
        found, folder = str(module["Sum"]), Path(module["Dir"])
    except (ValueError, KeyError, TypeError) as error:
        raise EngineUnavailableError(f"Go does not say what it fetched: {told[:200]}") from error
    if found != MODULE_HASH:
        raise EngineTamperedError(
            f"the module {_MODULE} v{VERSION} has the hash {found}, and {MODULE_HASH} is the one that is known",
            hint="the module proxy (`go env GOPROXY`) gives something else than the maker published; use another one",
        )
    return folder


def _run(work: Path, go: str, *arguments: str) -> str:
    database = {} if os.environ.get(_DATABASE, "off") != "off" else {_DATABASE: "sum.golang.org"}
    try:
        done = subprocess.run(  # noqa: S603 - the user's own Go
            [go, *arguments],
            cwd=work,
            env={**os.environ, **_CHECKED, **database},
            capture_output=True,
            text=True,
            check=True,
            timeout=_BUILD_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        raise EngineUnavailableError(f"`go {arguments[0]}` took longer than {_BUILD_SECONDS} seconds") from error
    except subprocess.CalledProcessError as error:
        said = (str(error.stderr or "") or str(error.output or "")).strip()
        if "checksum mismatch" in said or "SECURITY ERROR" in said:
            raise EngineTamperedError(
                f"Go refuses what it fetched: {said[-2000:]}",
                hint="the module proxy (`go env GOPROXY`) gives something else than the maker published; use another "
                "one",
            ) from error
        raise EngineUnavailableError(said[-2000:] or str(error)) from error
    return done.stdout
