"""Owns the filling in of properties that a manifest leaves out: from the stack's place, its components, its name."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from flowyml_infra.resources.derivation import FromComponent, FromKind, FromLocation, FromName, FromProtection, FromTags
from flowyml_infra.resources.setting import VARIABLES
from flowyml_infra.resources.tagging import GRAMMARS, standard_tags
from flowyml_infra.resources.values import Reference, Unknown

if TYPE_CHECKING:
    from flowyml_infra.resources.declarations import Declaration
    from flowyml_infra.resources.derivation import TagStyle
    from flowyml_infra.resources.inputs import Inputs
    from flowyml_infra.resources.property import Property
    from flowyml_infra.resources.values import Value

_WRITTEN_AS = {
    "region": "a region",
    "project_id": "the Google Cloud project",
    "account_id": "the AWS account",
    "subscription_id": "the Azure subscription",
    "resource_group": "the Azure resource group",
    "namespace": "the Kubernetes namespace",
    "kube_context": "the context of the kubeconfig",
    "storage_class": "the storage class",
}


def derive(item: Property, declaration: Declaration, inputs: Inputs) -> Value:
    """The value of ``item``, which the declaration leaves out; its default where nothing around it says more.

    A required place that nobody names is unknown, and noted as a gap: a plan needs it, the definition does not.
    """
    setting = inputs.scope.setting
    match item.derived:
        case None:
            return item.default  # type: ignore[return-value]
        case FromLocation():
            return _place(item, item.derived, declaration, inputs)
        case FromComponent():
            return _component_output(item, item.derived, declaration, inputs)
        case FromKind():
            return _output_of_kind(item, item.derived, declaration, inputs)
        case FromProtection():
            return setting.protected
        case FromName(rule, place):
            found = setting.place(declaration.kind.provider, place) if place is not None else None
            if found is not None:
                return inputs.typed(item, found.text, found.path or declaration.path)
            inputs.generated.append(item.name)
            environment = () if setting.environment == "default" else (setting.environment,)
            words = (setting.stack, *environment, declaration.address.name)
            # Names count within one kind, so the kind need not be seen in them; the digest has it.
            return rule.generate(words, (*setting.origin(declaration.kind.provider), str(declaration.address)))
        case FromTags(style):
            return dict(tags_of(style, declaration, inputs))
        case _:
            assert_never(item.derived)


def tags_of(style: TagStyle, declaration: Declaration, inputs: Inputs) -> dict[str, str]:
    """The tags that say what the declared resource belongs to."""
    setting = inputs.scope.setting
    return standard_tags(
        style,
        stack=setting.stack,
        environment=setting.environment,
        address=str(declaration.address),
        owner=setting.owner,
    )


def reserved_tag(style: TagStyle, names: dict[str, Value]) -> str | None:
    """The first of ``names`` that only this library may set, or None."""
    return next((name for name in names if name.startswith(GRAMMARS[style].prefix)), None)


def _place(item: Property, source: FromLocation, declaration: Declaration, inputs: Inputs) -> Value:
    provider = declaration.kind.provider
    place = inputs.scope.setting.place(provider, source.key)
    if place is not None:
        return inputs.typed(item, place.text, place.path or declaration.path)
    if not item.required:
        return item.default  # type: ignore[return-value]
    variables = VARIABLES.get((provider, source.key), ())
    others = f", or set {variables[0]}" if variables else ""
    inputs.scope.problems.gap(
        ("spec", "location", source.key),
        f"{_WRITTEN_AS[source.key]} is not said, and {declaration.address} needs it",
        f"add `{source.key}: …` under spec.location, or under location.{provider} in flowyml.yaml{others}",
        address=declaration.address,
    )
    return Unknown("string")


def _component_output(item: Property, source: FromComponent, declaration: Declaration, inputs: Inputs) -> Value:
    scope = inputs.scope
    for address in scope.components.get(source.component, ()):
        kind = scope.kinds[address]
        fits = kind.provider == declaration.kind.provider and source.kind in (None, kind.name)
        if not fits or address == declaration.address or kind.output(source.output) is None:
            continue
        reference = Reference(address, source.output)
        inputs.refer(reference)
        return [reference] if item.type == "list" and kind.output(source.output).type != "list" else reference  # type: ignore[union-attr]
    if source.otherwise is not None:
        return _place(item, source.otherwise, declaration, inputs)
    if item.required:
        inputs.missing(item, declaration)
    return item.default  # type: ignore[return-value]


def _output_of_kind(item: Property, source: FromKind, declaration: Declaration, inputs: Inputs) -> Value:
    found = inputs.scope.by_kind.get(f"{declaration.kind.provider}.{source.kind}", ())
    if len(found) != 1:
        return _place(item, source.otherwise, declaration, inputs)
    reference = Reference(found[0], source.output)
    inputs.refer(reference)
    return reference
