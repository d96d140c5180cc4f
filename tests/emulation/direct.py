"""Owns asking a stand-in's handlers directly, in the order in which the engine asks them, without an engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest

from tests.emulation.aws_emulator import AwsEmulator
from tests.emulation.plugin.aws.provider import Provider
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Asked, Properties, State

NEVER = 0.0


@dataclass
class Direct:
    """One provider; what was made by it is in ``made``, the latest last."""

    provider: Provider
    made: list[tuple[str, State]] = field(default_factory=list)

    def checked(self, token: str, inputs: Properties, before: State | None = None) -> Properties:
        """``inputs`` with the provider's own additions.

        Raises:
            RefusedError: The check finds fault with them.
        """
        handler = self.provider.handler(token)
        assert handler is not None
        found = handler.check(Asked("thing", inputs, before.inputs if before else {}, b"seed"))
        if found.failures:
            raise RefusedError("; ".join(f"{item.property}: {item.reason}" for item in found.failures))
        return found.inputs

    def make(self, token: str, **inputs: object) -> State:
        """A thing that is there now."""
        handler = self.provider.handler(token)
        assert handler is not None
        checked = self.checked(token, inputs)
        made = handler.create(checked, preview=False, timeout=NEVER)
        self.made.append((token, State(made.id, checked, made.outputs)))
        return self.made[-1][1]

    def change(self, state: State, /, **changes: object) -> State:
        """The thing with other inputs; None takes one away. What would be replaced is not changed."""
        index, token = self._entry(state)
        handler = self.provider.handler(token)
        assert handler is not None
        inputs = {**state.inputs, **changes}
        asked = {name: value for name, value in inputs.items() if name != "__defaults" and value is not None}
        news = self.checked(token, asked, state)
        assert not handler.diff(state, news, ()).replaces
        self.made[index] = (token, State(state.id, news, handler.update(state, news, preview=False, timeout=NEVER)))
        return self.made[index][1]

    def differs(self, state: State, /, **changes: object) -> dict[str, bool]:
        """The inputs that would be changed, and whether that replaces the thing."""
        _, token = self._entry(state)
        handler = self.provider.handler(token)
        assert handler is not None
        news = {**state.inputs, **changes}
        return {str(change.path[0]): change.replaces for change in handler.diff(state, news, ()).changes}

    def read(self, state: State) -> State | None:
        """The thing as it is now; none when it is gone."""
        _, token = self._entry(state)
        handler = self.provider.handler(token)
        assert handler is not None
        found = handler.read(state)
        return State(found.id, found.inputs, found.outputs) if found else None

    def delete(self, state: State) -> None:
        """Take it away."""
        index, token = self._entry(state)
        handler = self.provider.handler(token)
        assert handler is not None
        handler.delete(state, NEVER)
        del self.made[index]

    def ask(self, token: str, **arguments: object) -> Properties:
        """What a function answers."""
        return self.provider.functions[token](arguments)

    def _entry(self, state: State) -> tuple[int, str]:
        # Two things can have one id, as a repository and its policy have.
        same = [index for index, (_, made) in enumerate(self.made) if made is state]
        index = next(iter(same or (index for index, (_, made) in enumerate(self.made) if made.id == state.id)))
        return index, self.made[index][0]


@contextmanager
def opened(aws: AwsEmulator, region: str) -> Iterator[Direct]:
    """A provider of ``region``; what was made and not taken away goes at the end, the latest first."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in aws.environment.items():
            patch.setenv(name, value)
        direct = Direct(Provider())
        direct.provider.configure({"region": region})
        yield direct
        for _, state in reversed(list(direct.made)):
            direct.delete(state)
