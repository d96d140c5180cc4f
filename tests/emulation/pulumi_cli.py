"""Owns where the tests get the Pulumi CLI from: the managed cache, into which it comes as it does for a user."""

from __future__ import annotations

import functools
import sys
from pathlib import Path

from flowyml_infra.apply.engines.pulumi.installation import install


@functools.cache
def executable() -> Path:
    """The CLI, fetched or built when it is not there."""
    return install(lambda text: print(text, file=sys.__stderr__, flush=True))


def root() -> Path:
    """A folder laid out as the Automation API wants it: the CLI is ``bin/pulumi`` in it."""
    return executable().parent.parent
