"""Owns the look at what the engine would do: on a copy of its record, in a backend that is thrown away."""

from __future__ import annotations

import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from flowyml_infra.apply.engine import PartStep
from flowyml_infra.apply.engines.pulumi.backends import FolderBackend
from flowyml_infra.apply.engines.pulumi.desk import Desk
from flowyml_infra.apply.engines.pulumi.site import stack_name
from flowyml_infra.apply.engines.pulumi.urns import name_of
from flowyml_infra.apply.engines.pulumi.workspace import Workspace
from flowyml_infra.errors import NoEngineRecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from flowyml_infra.address import Address
    from flowyml_infra.apply.engine import EngineContext, Intent
    from flowyml_infra.apply.engines.pulumi.rollup import StepSeen
    from flowyml_infra.apply.engines.pulumi.site import Site


def preview(site: Site, intents: Sequence[Intent], context: EngineContext) -> Mapping[Address, Sequence[PartStep]]:
    """The steps that the engine would take, by address.

    Raises:
        EngineError: The engine would refuse, or do something else than what is planned.
    """
    with _copied(site, context) as copy:
        desk = Desk(copy, context)
        try:
            desk.prepare(intents)
            return {
                address: tuple(_part(step) for step in steps if step.operation != "same")
                for address, steps in desk.foreseen.items()
            }
        finally:
            desk.close()


def _part(step: StepSeen) -> PartStep:
    return PartStep(step.operation, step.type, name_of(step.urn), step.changed)


@contextmanager
def _copied(site: Site, context: EngineContext) -> Iterator[Site]:
    """A site of its own with a copy of the record."""
    folder = Path(tempfile.mkdtemp(prefix="flowyml-preview-"))
    copy = replace(site, backend=FolderBackend(folder), folder=folder)
    name = stack_name(context.key, context.lineage)
    try:
        recorded = _exported(site, name, context.lineage)
        if recorded:
            target = Workspace(copy, name, context.lineage)
            target.replace(recorded)
            target.close()
        yield copy
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _exported(site: Site, name: str, lineage: str) -> Mapping[str, object]:
    """The record; nothing where there is none yet."""
    try:
        source = Workspace(site, name, lineage, looks=True)
    except NoEngineRecordError:
        return {}
    try:
        return source.exported()
    finally:
        source.close()
