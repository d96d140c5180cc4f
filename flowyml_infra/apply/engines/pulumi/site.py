"""Owns where the engine keeps its own record of a deployment, under which names, and what encrypts it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from flowyml_infra.apply.engines.pulumi.settings import EngineSettings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from flowyml_infra.apply.engines.pulumi.backends import Backend
    from flowyml_infra.state.key import DeploymentKey

_LONGEST: Final = 100
"""Characters that a Pulumi stack's name may have."""


@dataclass(frozen=True, slots=True)
class Site:
    """What the engine needs to know of the state that it works beside.

    Attributes:
        backend: Where Pulumi keeps its record.
        folder: A folder of its own beside the state, for locks and working files; made when it is not there.
        passphrase: Gives the passphrase that encrypts Pulumi's record of a lineage; derived from the state's key.
        derive: Gives 64 hexadecimal digits for a text that says what they are for; nobody who lacks the state's key
            can work them out, and for the same text they stay the same.
        settings: How the project wants the engine to work.
        hidden: Variables of this process that are the library's alone: neither the CLI nor a plugin is given them.
    """

    backend: Backend
    folder: Path
    passphrase: Callable[[str], str]
    derive: Callable[[str], str]
    settings: EngineSettings = field(default_factory=EngineSettings)
    hidden: frozenset[str] = frozenset()


def stack_name(key: DeploymentKey, lineage: str) -> str:
    """What Pulumi calls the deployment: readable, within its limits, and another one for every lineage."""
    mark = lineage[:8]
    room = (_LONGEST - len(mark) - 2) // 2
    return f"{key.stack[:room]}.{key.environment[:room]}.{mark}"
