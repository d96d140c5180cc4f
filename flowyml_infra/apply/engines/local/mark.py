"""Owns the mark that every local resource carries: whose it is, and by which creation. It never holds a secret."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.values import Secret

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.apply.engine import EngineContext, Subject
    from flowyml_infra.resources.values import Value

MARK_FORMAT: Final = 1
LONGEST_MARK: Final = 1 << 20
"""Bytes; anything longer was not written here."""
_NAMES: Final = ("creation_id", "address", "stack", "environment")


@dataclass(frozen=True, slots=True)
class Mark:
    """Whose a resource is.

    Attributes:
        creation_id: The UUID of the creation that made it.
        address: Its address at that time, or at its last update.
        stack: The deployment's stack.
        environment: The deployment's environment.
        labels: Its labels, without the secret ones.
        hidden_labels: The names of the secret ones.
        format: Of the mark.
    """

    creation_id: str
    address: str
    stack: str
    environment: str
    labels: Mapping[str, str]
    hidden_labels: tuple[str, ...] = ()
    format: int = MARK_FORMAT

    @classmethod
    def of(cls, subject: Subject, context: EngineContext) -> Mark:
        """The mark that ``subject`` gets."""
        labels = _labels(subject)
        return cls(
            creation_id=subject.creation_id,
            address=str(subject.address),
            stack=context.key.stack,
            environment=context.key.environment,
            labels={name: value for name, value in labels.items() if isinstance(value, str)},
            hidden_labels=tuple(sorted(name for name, value in labels.items() if isinstance(value, Secret))),
        )

    @classmethod
    def parse(cls, text: str | bytes) -> Mark | None:
        """The inverse of :meth:`to_text`; None when ``text`` is something else."""
        try:
            data = json.loads(text)
            labels = {str(name): str(value) for name, value in data["labels"].items()}
            hidden = tuple(str(name) for name in data["hidden_labels"])
            creation_id, address, stack, environment = (str(data[name]) for name in _NAMES)
            known = data["format"] == MARK_FORMAT
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            return None
        return cls(creation_id, address, stack, environment, labels, hidden) if known else None

    def to_text(self) -> str:
        """The mark as JSON."""
        data = {field: getattr(self, field) for field in ("format", *_NAMES, "labels", "hidden_labels")}
        return json.dumps(data, ensure_ascii=False) + "\n"

    @property
    def owner(self) -> str:
        """Whose it is, for a message."""
        return f"{self.address} of the stack {self.stack}@{self.environment}"

    def seen_labels(self, subject: Subject) -> dict[str, Value]:
        """The labels as they are; of a secret one only the name is there, so its value is taken as recorded."""
        recorded = _labels(subject)
        hidden = {name: recorded[name] for name in self.hidden_labels if name in recorded}
        return {**self.labels, **hidden}


def _labels(subject: Subject) -> Mapping[str, Value]:
    labels = subject.properties.get("labels")
    return labels if isinstance(labels, dict) else {}
