"""Owns an engine that fails by chance: it refuses, it does it and says that it failed, or it does half of it."""

from __future__ import annotations

import random
from typing import Any

from flowyml_infra.errors import EngineError, EngineRefusedError
from tests.support.world import World


class FailingWorld(World):
    """A world that fails as often as ``likely`` says; what it half made is cleared away when it is looked up."""

    def __init__(self, chance: random.Random, likely: float = 0.0) -> None:
        super().__init__()
        self.chance, self.likely = chance, likely
        self.half: set[str] = set()

    def create(self, subject: Any, context: Any) -> Any:
        self._refuses(subject)
        made = super().create(subject, context)
        if self._fails("during"):
            self.half.add(made.physical_id)
            raise EngineError("half made", address=subject.address)
        self._loses(subject)
        return made

    def update(self, subject: Any, before: Any, context: Any) -> Any:
        self._refuses(subject)
        thing = self.things[subject.physical_id]
        if self._fails("during"):
            one = self.chance.choice(sorted(subject.properties))
            thing.properties[one] = subject.properties[one]
            raise EngineError("half changed", address=subject.address)
        made = super().update(subject, before, context)
        thing.creation_id = subject.creation_id
        self._loses(subject)
        return made

    def delete(self, subject: Any, context: Any) -> None:
        self._refuses(subject)
        if self._fails("during") and subject.physical_id in self.things:
            self.things[subject.physical_id].properties.clear()
            raise EngineError("half removed", address=subject.address)
        super().delete(subject, context)
        self._loses(subject)

    def locate(self, subject: Any, context: Any) -> Any:
        for key in [key for key in self.half if self.things[key].creation_id == subject.creation_id]:
            self.half.discard(key)
            del self.things[key]
            self.made.discard(subject.creation_id)
        if self._fails("before"):
            raise EngineError("it does not answer", address=subject.address)
        return super().locate(subject, context)

    def _fails(self, how: str) -> bool:
        return self.chance.random() < self.likely and self.chance.choice(["before", "after", "during"]) == how

    def _refuses(self, subject: Any) -> None:
        if self._fails("before"):
            kind = EngineRefusedError if self.chance.random() < 0.5 else EngineError
            raise kind("not today", address=subject.address)

    def _loses(self, subject: Any) -> None:
        if self._fails("after"):
            raise EngineError("the answer was lost", address=subject.address)
