"""Owns what happens inside a running program: components are registered as they are asked for, one after another."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pulumi

from flowyml_infra.apply.engine import Made
from flowyml_infra.apply.engines.pulumi.programs import load_program, make_inputs
from flowyml_infra.apply.engines.pulumi.values import from_engine, to_engine
from flowyml_infra.state.row import Child, Status

if TYPE_CHECKING:
    from collections.abc import Callable

    from flowyml_infra.apply.engines.pulumi.job import Job


class Registrar:
    """Registers components in the program that is running; made inside of it.

    Args:
        alive: Raises once the lease is lost; asked before each creation and update.
        derive: What passwords are made by; see :class:`flowyml_infra.apply.engines.pulumi.site.Site`.
        preview: Nothing is made, and ids are not known.
    """

    def __init__(self, alive: Callable[[], None], derive: Callable[[str], str], *, preview: bool) -> None:
        self._derive = derive
        self._preview = preview
        self._providers: dict[tuple[str, str], pulumi.ProviderResource] = {}
        self._hooks = None if preview else _fence(alive)

    async def register(self, job: Job) -> Made:
        """Register ``job`` and wait until everything of it is made."""
        program = load_program(job.kind.provider)
        values = {name: to_engine(value) for name, value in job.values.items()}
        inputs = make_inputs(values, job.creation_id, self._derive)
        children: list[pulumi.CustomResource] = []
        options = pulumi.ResourceOptions(
            providers=[self.provider(job.kind.provider, program.place(inputs))],
            transformations=[lambda found: self._watched(found, children)],
        )
        component = program.KINDS[job.kind.name](job.name, inputs, options)
        found = await asyncio.gather(*(_child(child) for child in children))
        outputs = await from_engine(component.gives, job.kind)
        physical_id = await component.primary.id.future()
        return Made(str(physical_id or ""), outputs, tuple(found))

    def provider(self, cloud: str, place: str) -> pulumi.ProviderResource:
        """The provider for one place of a cloud, which is registered when it is first asked for."""
        key = (cloud, place)
        if key not in self._providers:
            self._providers[key] = load_program(cloud).provider(provider_name(cloud, place), place)
        return self._providers[key]

    def _watched(
        self, found: pulumi.ResourceTransformationArgs, children: list[pulumi.CustomResource]
    ) -> pulumi.ResourceTransformationResult | None:
        """Note a child of the component, and put the fence before it is made or changed."""
        if not isinstance(found.resource, pulumi.CustomResource):
            return None
        children.append(found.resource)
        if self._hooks is None:
            return None
        options = pulumi.ResourceOptions.merge(found.opts, pulumi.ResourceOptions(hooks=self._hooks))
        return pulumi.ResourceTransformationResult(found.props, options)


def provider_name(cloud: str, place: str) -> str:
    """What the engine calls the provider for one place."""
    return f"{cloud}-{place}" if place else cloud


def place_of(provider: str) -> tuple[str, str]:
    """The cloud and the place of the provider with this URN."""
    cloud, _, place = provider.rpartition("::")[2].partition("-")
    return cloud, place


async def _child(resource: pulumi.CustomResource) -> Child:
    urn = await resource.urn.future()
    id_ = await resource.id.future()
    return Child(str(urn), resource.pulumi_resource_type, None if id_ is None else str(id_), Status.CREATED)


def _fence(alive: Callable[[], None]) -> pulumi.ResourceHookBinding:
    def check(_: Any) -> None:  # noqa: ANN401 - what the hook is about does not matter
        alive()

    hook = pulumi.ResourceHook("fence", check)
    return pulumi.ResourceHookBinding(before_create=[hook], before_update=[hook])
