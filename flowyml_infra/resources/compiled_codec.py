"""Owns the JSON form of a compiled definition, which the compilation cache and saved plans hold.

Specs are written column by column: that is half the size of one object each, and reading it back is one pass per
column. A spec's place in the order stays, so reading back sorts and checks nothing; who stores the form protects it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, cast

from flowyml_infra.address import Address
from flowyml_infra.diagnostics import Diagnostic, Location
from flowyml_infra.resources.compiled import Adoption, Compiled, Move, Removal
from flowyml_infra.resources.graph import Graph
from flowyml_infra.resources.spec import DEFAULT_LIFECYCLE, Lifecycle, ResourceSpec
from flowyml_infra.resources.values import decode, encode

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from flowyml_infra.resources.values import Json, Value

COMPILED_FORMAT: Final = 3

_PLAIN = (
    "name",
    "environment",
    "version",
    "provider",
    "image",
    "source",
    "source_digest",
    "definition_digest",
    "document",
    "protected",
    "policies",
)


def encode_compiled(compiled: Compiled) -> dict[str, Json]:
    """``compiled`` as JSON data.

    Raises:
        TypeError: A secret in the clear is inside.
    """
    data: dict[str, Json] = {name: getattr(compiled, name) for name in _PLAIN}
    data["format"] = COMPILED_FORMAT
    data["labels"] = dict(compiled.labels)
    data["outputs"] = {name: encode(cast("Value", values)) for name, values in compiled.outputs.items()}
    data["variables"] = dict(compiled.variables)
    data["secrets"] = list(compiled.secrets)
    data["moved"] = [[str(move.source), str(move.target)] for move in compiled.moved]
    data["imports"] = [[str(item.address), item.physical_id] for item in compiled.imports]
    data["removed"] = [[str(item.address), item.destroys] for item in compiled.removed]
    data["warnings"] = [item.to_json() for item in compiled.warnings]  # type: ignore[misc]
    data["gaps"] = [item.to_json() for item in compiled.gaps]  # type: ignore[misc]
    data["graph"] = _encode_graph(compiled.graph)
    return data


def decode_compiled(data: Json) -> Compiled:
    """The inverse of :func:`encode_compiled`. It keeps parts of ``data``, which nobody may change afterwards.

    Raises:
        ValueError: ``data`` is not what ``encode_compiled`` of this version writes.
    """
    if not isinstance(data, dict) or data.get("format") != COMPILED_FORMAT:
        raise ValueError("not a compiled definition of this version")
    try:
        return _decode(data)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError) as error:
        raise ValueError("the compiled definition is damaged") from error


def _decode(data: Mapping[str, Any]) -> Compiled:
    return Compiled(
        **{name: data[name] for name in _PLAIN},
        labels=data["labels"],
        variables=data["variables"],
        secrets=tuple(data["secrets"]),
        outputs={name: cast("dict[str, Value]", decode(values)) for name, values in data["outputs"].items()},
        moved=tuple(Move(Address(source), Address(target)) for source, target in data["moved"]),
        imports=tuple(Adoption(Address(address), id_) for address, id_ in data["imports"]),
        removed=tuple(Removal(Address(address), destroys) for address, destroys in data["removed"]),
        warnings=tuple(_decode_diagnostic(item) for item in data["warnings"]),
        gaps=tuple(_decode_diagnostic(item) for item in data["gaps"]),
        graph=_decode_graph(data["graph"]),
    )


def _encode_graph(graph: Graph) -> dict[str, Json]:
    specs = list(graph.specs.values())
    places = {spec.address: index for index, spec in enumerate(specs)}
    files = list(dict.fromkeys(spec.location.file for spec in specs if spec.location))
    file_numbers = {file: index for index, file in enumerate(files)}
    return {
        "addresses": [str(spec.address) for spec in specs],
        "properties": [encode(spec.properties) if spec.dynamic else cast("Json", spec.properties) for spec in specs],
        "depends_on": [[places[item] for item in spec.depends_on] for spec in specs],
        "lifecycles": [spec.lifecycle.to_json() or None for spec in specs],
        "components": _sparse(spec.component for spec in specs),
        "digests": [spec.digest for spec in specs],
        "dynamic": [index for index, spec in enumerate(specs) if spec.dynamic],
        "generated": {str(index): list(spec.generated) for index, spec in enumerate(specs) if spec.generated},
        "files": cast("list[Json]", files),
        "locations": [_encode_location(spec.location, file_numbers) for spec in specs],
    }


def _sparse(items: Iterable[str | None]) -> dict[str, Json]:
    return {str(index): item for index, item in enumerate(items) if item is not None}


def _encode_location(location: Location | None, files: Mapping[str, int]) -> list[Json] | None:
    return None if location is None else [files[location.file], location.line, location.column]


def _decode_graph(data: Mapping[str, Any]) -> Graph:
    addresses = [Address(item) for item in data["addresses"]]
    size = len(addresses)
    dynamic = [False] * size
    properties: list[dict[str, Value]] = data["properties"]
    for index in data["dynamic"]:
        dynamic[index] = True
        properties[index] = cast("dict[str, Value]", decode(data["properties"][index]))
    components: list[str | None] = [None] * size
    for number, component in data["components"].items():
        components[int(number)] = component
    generated: list[tuple[str, ...]] = [()] * size
    for number, names in data["generated"].items():
        generated[int(number)] = tuple(names)
    pick = addresses.__getitem__
    specs = map(
        ResourceSpec,
        addresses,
        properties,
        [tuple(map(pick, places)) if places else () for places in data["depends_on"]],
        [Lifecycle.from_json(item) if item else DEFAULT_LIFECYCLE for item in data["lifecycles"]],
        components,
        _decode_locations(data["locations"], data["files"]),
        data["digests"],
        dynamic,
        generated,
    )
    table = {spec.address: spec for spec in specs}
    if not len(table) == size == len(properties) == len(data["digests"]):
        raise TypeError("columns of different length")
    return Graph(table)


def _decode_locations(places: Sequence[Any], files: Sequence[str]) -> list[Location | None]:
    return [Location(files[place[0]], place[1], place[2]) if place else None for place in places]


def _decode_diagnostic(data: Mapping[str, Any]) -> Diagnostic:
    location = Location(data["file"], data["line"], data["column"]) if data["file"] is not None else None
    return Diagnostic(
        data["severity"], data["code"], data["summary"], data["detail"], data["address"], location, data["hint"]
    )
