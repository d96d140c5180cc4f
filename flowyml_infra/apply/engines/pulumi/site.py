"""Owns where the engine keeps its own record of a deployment, under which names, and what encrypts it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.state.key import DeploymentKey

PROJECT: Final = "flowyml-infra"
"""The name of the Pulumi project of every deployment."""
FILE: Final = "file://"
"""How the URL of a backend begins that is a folder."""
_LONGEST: Final = 100
"""Characters that a Pulumi stack's name may have."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the engine needs to know of the state that it works beside.

    Attributes:
        backend: The URL of Pulumi's backend.
        folder: A folder of its own beside the state, for locks and working files; made when it is not there.
        passphrase: Gives the passphrase that encrypts Pulumi's record of a lineage; derived from the state's key.
        derive: Gives 64 hexadecimal digits for a text that says what they are for; nobody who lacks the state's key
            can work them out, and for the same text they stay the same.
    """

    backend: str
    folder: Path
    passphrase: Callable[[str], str]
    derive: Callable[[str], str]

    @property
    def used(self) -> bool:
        """Whether there may be a record; only of a folder it is known at once that there is none."""
        return not self.backend.startswith(FILE) or Path(self.backend.removeprefix(FILE)).is_dir()


def stack_name(key: DeploymentKey, lineage: str) -> str:
    """What Pulumi calls the deployment: readable, within its limits, and another one for every lineage."""
    mark = lineage[:8]
    room = (_LONGEST - len(mark) - 2) // 2
    return f"{key.stack[:room]}.{key.environment[:room]}.{mark}"
