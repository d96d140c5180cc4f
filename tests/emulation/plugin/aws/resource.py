"""Owns what the handlers of AWS resources share: the rules of the bridge, and the region of each resource."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.emulation.plugin import diffing, values
from tests.emulation.plugin.aws import rules
from tests.emulation.plugin.aws.account import Account, refusals
from tests.emulation.plugin.failures import PartlyMadeError, RefusedError
from tests.emulation.plugin.handling import Asked, Checked, Made, Properties, State
from tests.emulation.plugin.values import UNKNOWN


class Resource:
    """A resource type, whose handler fills in ``find``, ``remove`` and ``put``.

    What has more than one call to its creation fills in ``make`` and ``finish`` beside or in place of ``put``.
    """

    rules: ClassVar[rules.Rules]
    service: ClassVar[str] = "s3"
    named_by: ClassVar[str] = "bucket"
    """The input that is the id; empty when the cloud makes the id up."""
    computed: ClassVar[tuple[str, ...]] = ()
    """Outputs that a preview of a creation does not know."""
    unread: ClassVar[frozenset[str]] = frozenset()
    """Inputs that the cloud does not keep: they tell the provider what to do."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def identity(self, inputs: Properties) -> str:
        """The id of the thing that ``inputs`` describe, where it follows from them."""
        return str(inputs[self.named_by])

    def make(self, inputs: Properties) -> str:
        """Create it and say its id; by default the same call as a change."""
        self.put(inputs)
        return self.identity(inputs)

    def finish(self, identity: str, inputs: Properties) -> None:
        """What a creation does after ``make``: if it fails, the thing is there all the same."""

    def change(self, state: State, news: Properties) -> None:
        """Bring what is there to ``news``; by default without asking what there was."""
        self.put(news)

    def put(self, inputs: Properties) -> None:
        """Bring what is there to ``inputs``."""
        raise NotImplementedError

    def find(self, identity: str, region: str) -> Properties | None:
        """What is there, in terms of inputs and outputs; none when it is gone."""
        raise NotImplementedError

    def remove(self, state: State) -> None:
        """Remove it; no error when it is gone."""
        raise NotImplementedError

    def check(self, asked: Asked) -> Checked:
        return rules.check(self.rules, asked, self.account.region)

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
        return rules.diff(self.rules, state, news, ignored)

    def create(self, inputs: Properties, preview: bool, timeout: float) -> Made:
        if preview:
            return Made("", {**dict.fromkeys(self.computed, UNKNOWN), **_shown(inputs)})
        with refusals(f"creating {self._called(inputs)}"):
            identity = self.make(inputs)
        try:
            with refusals(f"creating {self._called(inputs)}"):
                self.finish(identity, inputs)
        except RefusedError as error:
            raise PartlyMadeError(identity, self._outputs(identity, inputs), str(error), inputs) from error
        with refusals(f"reading {identity}"):
            return Made(identity, self._outputs(identity, inputs))

    def read(self, state: State) -> Made | None:
        with refusals(f"reading {state.id}"):
            found = self.find(state.id, self.region(state.inputs, state.outputs))
        if found is None:
            return None
        inputs = {name: value for name, value in found.items() if name in self.rules.known}
        # What the cloud has none of, such as tags, is none: only what it cannot tell stays as it was.
        kept = {name: value for name, value in state.outputs.items() if self._cannot_be_read(name)}
        if state.inputs:
            unread = {name: value for name, value in state.inputs.items() if self._cannot_be_read(name)}
            inputs = {**unread, **{name: value for name, value in inputs.items() if name in state.inputs}}
        placed = self._placed(self.region(state.inputs, state.outputs))
        return Made(state.id, {**kept, **found, **placed}, {**inputs, **placed})

    def update(self, state: State, news: Properties, preview: bool, timeout: float) -> Properties:
        if preview:
            return {**state.outputs, **_shown(news)}
        with refusals(f"updating {state.id}"):
            self.change(state, news)
            return self._outputs(state.id, news)

    def delete(self, state: State, timeout: float) -> None:
        with refusals(f"deleting {state.id}"):
            self.remove(state)

    def secret_paths(self, outputs: Properties) -> frozenset[values.Path]:
        return frozenset()

    def client(self, region: str) -> Any:
        return self.account.client(self.service, region)

    def region(self, *known: Properties) -> str:
        """The region that the first of ``known`` names, else the provider's."""
        return next((each["region"] for each in known if each.get("region")), self.account.region)

    def _outputs(self, identity: str, inputs: Properties) -> Properties:
        region = self.region(inputs)
        return {**_shown(inputs), **(self.find(identity, region) or {}), **self._placed(region)}

    def _placed(self, region: str) -> Properties:
        return {"region": region} if self.rules.regional else {}

    def _cannot_be_read(self, name: str) -> bool:
        return name in self.unread or (name not in self.rules.known and name not in self.computed)

    def _called(self, inputs: Properties) -> str:
        named = f" {self.identity(inputs)!r}" if self.named_by else ""
        return f"{type(self).__name__}{named}"


def _shown(inputs: Properties) -> Properties:
    return {name: value for name, value in inputs.items() if name != rules.DEFAULTS}
