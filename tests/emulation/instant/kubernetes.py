"""Owns the cluster in which everything is there at once."""

from __future__ import annotations

from tests.emulation.instant import stand_in
from tests.emulation.instant.behaviour import KUBERNETES


class Provider(stand_in.Provider):
    """The cluster."""

    def __init__(self) -> None:
        super().__init__(KUBERNETES, stand_in.none, {})
