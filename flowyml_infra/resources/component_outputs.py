"""Owns what each component gives to pipelines, as values that refer to the outputs of the resource it stands for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.inputs import Inputs
from flowyml_infra.resources.values import Reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.definition.components import Component
    from flowyml_infra.resources.declarations import Declaration
    from flowyml_infra.resources.scope import Scope
    from flowyml_infra.resources.values import Value

_NOT_OUTPUTS: Final = ("mlflow_uri", "vault_url", "properties")
"""Properties that a component does not give: its URI under another name, and what only its resources are made with."""
_SECRET: Final = ("password",)
"""Properties that are secrets, whatever component they are of."""


def component_outputs(
    components: Iterable[Component], declared: Mapping[str, Declaration], scope: Scope
) -> dict[str, dict[str, Value]]:
    """The outputs of every component; ``declared`` has the resource of each managed one by the component's name."""
    outputs: dict[str, dict[str, Value]] = {}
    for component in components:
        managed = declared.get(component.name)
        if managed is not None:
            outputs[component.name] = {
                **(_as_written(component, scope) if component.name == "compute" else {}),
                **{item.name: Reference(managed.address, item.name) for item in managed.kind.outputs},
            }
        else:
            outputs[component.name] = _as_written(component, scope)
    outputs.setdefault("compute", {})
    outputs["compute"].setdefault("backend", "local")
    return outputs


def _as_written(component: Component, scope: Scope) -> dict[str, Value]:
    inputs = Inputs(scope)
    values: dict[str, Value] = {
        name: (inputs.secret if name in _SECRET else inputs.value)(raw, (*component.path, name))
        for name, raw in component.properties.items()
        if name not in _NOT_OUTPUTS
    }
    if component.uri is not None:
        values["uri"] = inputs.text(component.uri, (*component.path, "uri"))
    path = component.local_path
    if path is not None:
        values["path"] = inputs.text(path, (*component.path, "uri"))
    return values
