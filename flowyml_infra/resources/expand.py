"""Owns the way from a definition to its resources: every problem of it at once, or a compiled definition."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.address import Address
from flowyml_infra.definition.document import definition_error
from flowyml_infra.definition.problems import dotted
from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import GraphError
from flowyml_infra.resources.compiled import Compiled
from flowyml_infra.resources.component_outputs import component_outputs
from flowyml_infra.resources.declarations import Declaration, declarations
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.histories import Histories
from flowyml_infra.resources.inputs import Inputs
from flowyml_infra.resources.local_layout import enclosures
from flowyml_infra.resources.problems import Problems
from flowyml_infra.resources.scope import Scope
from flowyml_infra.resources.setting import Setting
from flowyml_infra.resources.spec import DEFAULT_LIFECYCLE, Lifecycle, ResourceSpec, spec_digest

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flowyml_infra.definition.project_config import ProjectConfig
    from flowyml_infra.definition.stack_definition import StackDefinition
    from flowyml_infra.resources.values import Value


def expand(definition: StackDefinition, environment: str, *, config: ProjectConfig) -> Compiled:
    """The resources of ``definition`` in ``environment``, checked, and what its components give.

    Raises:
        DefinitionError: Something is wrong; ``diagnostics`` lists every problem with its place.
        ResolutionError: The environment is not declared.
    """
    problems = Problems(definition)
    declared = list(declarations(definition, problems))
    components = definition.components().values()
    scope = Scope.of(declared, components, problems, Setting.of(definition, environment, config))
    histories = Histories.of(definition, scope)
    graph = _graph(declared, scope)
    by_component = {item.component: item for item in reversed(declared) if item.component is not None}
    outputs = component_outputs(components, by_component, scope)
    if problems.found:
        raise definition_error(problems.found)
    return Compiled(
        name=definition.name,
        environment=environment,
        version=definition.version,
        labels=definition.labels,
        provider=definition.provider,
        image=definition.image,
        source=definition.source,
        source_digest=definition.source_digest,
        definition_digest=definition.digest,
        document=definition.document,
        graph=graph,
        outputs=outputs,
        moved=histories.moved,
        imports=histories.imports,
        removed=histories.removed,
        protected=config.environment(environment).protect,
        policies=config.policies_document,
        warnings=(*config.warnings, *definition.warnings, *problems.doubts),
        gaps=tuple(problems.gaps),
        variables={**config.consulted, **definition.consulted},
        secrets=tuple(sorted({*config.sensitive_variables, *definition.sensitive_variables})),
    )


def _graph(declared: list[Declaration], scope: Scope) -> Graph:
    """The graph of what was declared; what is wrong is noted, and the rest of it stands."""
    problems = scope.problems
    read = [(item, inputs := Inputs(scope, item.address), inputs.read(item)) for item in declared]
    around = enclosures(((item, properties) for item, _, properties in read), problems)
    specs = [_spec(item, inputs, properties, around.get(item.address)) for item, inputs, properties in read]
    try:
        return Graph.of(specs)
    except GraphError as error:
        problems.extend(error.diagnostics)
        return Graph({})


def _spec(
    declaration: Declaration, inputs: Inputs, properties: dict[str, Value], around: Address | None
) -> ResourceSpec:
    dependencies = {*inputs.references, *_written_dependencies(declaration, inputs.scope)}
    if around is not None:
        dependencies.add(around)
    depends_on = tuple(sorted(dependencies))
    lifecycle = _lifecycle(declaration, inputs.scope.problems) if declaration.lifecycle else DEFAULT_LIFECYCLE
    return ResourceSpec(
        address=declaration.address,
        properties=properties,
        depends_on=depends_on,
        lifecycle=lifecycle,
        component=declaration.component,
        location=inputs.scope.problems.definition.location_of(*declaration.path),
        digest=spec_digest(declaration.kind.without_secrets(properties), depends_on, lifecycle),
        dynamic=inputs.dynamic,
        generated=tuple(inputs.generated),
    )


def _written_dependencies(declaration: Declaration, scope: Scope) -> Iterator[Address]:
    for index, text in enumerate(declaration.depends_on):
        address = Address(str(text))
        if address in scope.kinds:
            yield address
            continue
        hint = did_you_mean(address, scope.kinds) or f"there is {', '.join(sorted(scope.kinds))}"
        summary = f"{declaration.address} depends on {address}, which is not declared"
        path = (*declaration.path, "depends_on", index)
        scope.problems.add("graph.dangling", path, summary, hint, address=declaration.address)


def _lifecycle(declaration: Declaration, problems: Problems) -> Lifecycle:
    lifecycle = Lifecycle.from_json(dict(declaration.lifecycle))
    known = [item.name for item in declaration.kind.properties]
    for index, path in enumerate(lifecycle.ignore_changes):
        name = path.partition(".")[0].partition("[")[0]
        if name not in known:
            place = (*declaration.path, "lifecycle", "ignore_changes", index)
            hint = did_you_mean(name, known) or f"it has {', '.join(known)}"
            summary = f"{dotted(place)}: {declaration.kind.id} has no property {name!r}"
            problems.add("definition.value", place, summary, hint, address=declaration.address)
    return lifecycle
