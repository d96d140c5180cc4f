"""Owns the Pulumi CLI that the tests drive: which version, how it is built, where it lies."""

from __future__ import annotations

from pathlib import Path

from tests.emulation import cache, go_programs

VERSION = "3.250.0"

PROGRAMS = go_programs.GoPrograms(
    module="github.com/pulumi/pulumi/pkg/v3",
    version=f"v{VERSION}",
    packages=("github.com/pulumi/pulumi/pkg/v3/cmd/pulumi",),
    # Without it the CLI reports a development version, which the SDK refuses to drive.
    variables={"github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": VERSION},
)


def root() -> Path:
    """A folder laid out as the Automation API wants it: the CLI is ``bin/pulumi`` in it."""
    return cache.built(f"pulumi-{VERSION}", _build)


def executable() -> Path:
    """The CLI itself, built when it is not there."""
    return root() / "bin" / "pulumi"


def _build(into: Path) -> None:
    (into / "bin").mkdir()
    go_programs.build(PROGRAMS, into / "bin")
