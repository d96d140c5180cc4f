"""Owns the update of pins: looking at what remote sources have now, and pinning that on purpose."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.places import RegistryPlace, is_remote, parse_locator
from flowyml_infra.resolution.resolver import resolve_through
from flowyml_infra.resolution.sources.catalogue import find_registry, sources
from flowyml_infra.resolution.sources.remote_folder import RemoteFolder
from flowyml_infra.resolution.stack_index import Section

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.lockfile import Pin


@dataclass(frozen=True, slots=True)
class Updated:
    """One source that was looked at.

    Attributes:
        source: What it is called in flowyml.lock.
        before: What it was pinned to, or None.
        after: What it is pinned to now, or None when nothing needs it any more.
        problem: Why it stayed as it was, or None.
    """

    source: str
    before: Pin | None
    after: Pin | None
    problem: ResolutionError | None = None

    @property
    def changed(self) -> bool:
        """Whether its pin is another one now."""
        return self.before != self.after


def update_stack(loading: Loading, stack: str | None, before: Mapping[str, Pin]) -> list[Updated]:
    """Pin anew every source that is asked on the way to ``stack``; what was asked through ``loading`` is told too.

    Args:
        loading: Takes what is there now.
        stack: What names the stack.
        before: The pins until now.

    Raises:
        ResolutionError: The way leads nowhere, or a source on it cannot be read; what was pinned before it stays.
        DefinitionError: The definition that is there now is wrong.
    """
    resolve_through(loading, stack)
    asked = _asked(loading)
    return [Updated(name, before.get(name), loading.remotes.lock.pins[name]) for name in asked]


def update_everything(loading: Loading, before: Mapping[str, Pin]) -> list[Updated]:
    """Pin anew every source that flowyml.yaml declares or flowyml.lock has; one that fails stays as it was.

    Args:
        loading: Takes what is there now; what was asked through it is told too.
        before: The pins until now.

    Raises:
        DefinitionError: flowyml.yaml or flowyml.lock is wrong.
        ResolutionError: A source is declared wrongly, or flowyml.lock cannot be written.
    """
    lock = loading.remotes.lock
    declared = [source for rank in sources(loading) for source in rank if isinstance(source, RemoteFolder)]
    places = {source.place.shown: source for source in declared}
    result: list[Updated] = []
    for name in sorted({*places, *before, *_asked(loading)}):
        try:
            if name in places:
                loading.snapshot(places[name].place)
            elif not _update_pin(loading, name):
                lock.drop(name)
            result.append(Updated(name, before.get(name), lock.pins.get(name)))
        except ResolutionError as error:
            result.append(Updated(name, before.get(name), before.get(name), error))
    return result


def _asked(loading: Loading) -> list[str]:
    """What was asked through ``loading`` so far and is pinned, such as the policies that projects share."""
    return [name for name in loading.inputs.record["remote"] if name in loading.remotes.lock.pins]


def _update_pin(loading: Loading, name: str) -> bool:
    """Pin anew what is called ``name`` in flowyml.lock; False when nothing leads there any more."""
    if not is_remote(name):
        return False
    place = parse_locator(name).place
    if not isinstance(place, RegistryPlace):
        loading.snapshot(place)
        return True
    try:
        stacks, policies = (find_registry(loading, place.registry, section) for section in get_args(Section))
    except ResolutionError as error:
        if error.code == "resolution.unknown_registry":
            return False
        raise
    found = stacks.find(place.wanted)
    for entry in found:
        stacks.load(entry)
    shared = () if found else policies.find(place.wanted)
    for entry in shared:
        policies.read(entry)
    return bool(found or shared)
