"""Owns the two documents in which Terraform tells its state: the walk through them, and what they have to be.

They are the state file itself in version 4, which ``terraform state pull`` prints too, and the document of ``terraform
show -json``: https://developer.hashicorp.com/terraform/internals/json-format. A state file comes from elsewhere, so
every part is checked before it is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from flowyml_infra.project.terraform.hcl import quoted_hcl
from flowyml_infra.resources.terraform.terraform_type import Attributes

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


@dataclass(frozen=True, slots=True)
class Entry:
    """One instance of a resource, or one data source.

    Attributes:
        address: What Terraform calls it.
        type: Its type.
        managed: Terraform made it; a data source is only read.
        tainted: Terraform would make it anew.
        deposed: It is what a replacement left behind.
        attributes: Its attributes, to be read by path.
    """

    address: str
    type: str
    managed: bool
    tainted: bool
    deposed: bool
    attributes: Attributes


class ShapeError(Exception):
    """A part of the document is not what it has to be.

    Args:
        path: Where, for example ``resources[3].instances[0]``.
        problem: A clause that follows the path.
    """

    def __init__(self, path: str, problem: str) -> None:
        super().__init__(f"{path} {problem}")


def entries_of_file(document: Mapping[str, Any]) -> Iterator[Entry]:
    """What a state file of version 4 has.

    Raises:
        ShapeError: A part is not what it has to be.
    """
    for index, resource in enumerate(_list(document, "resources", "")):
        path = f"resources[{index}]"
        _object(resource, path)
        type_, name, mode = (_text(resource, key, path) for key in ("type", "name", "mode"))
        module = _text(resource, "module", path) if resource.get("module") is not None else ""
        base = ".".join(part for part in (module, "data" if mode == "data" else "", type_, name) if part)
        for position, instance in enumerate(_list(resource, "instances", path)):
            here = f"{path}.instances[{position}]"
            _object(instance, here)
            values = instance.get("attributes")
            if values is None:
                values = instance.get("attributes_flat") or {}
            yield Entry(
                address=f"{base}{_index(instance.get('index_key'), here)}{_left_behind(instance.get('deposed'))}",
                type=type_,
                managed=mode == "managed",
                tainted=instance.get("status") == "tainted",
                deposed=bool(instance.get("deposed")),
                attributes=Attributes(_object(values, f"{here}.attributes"), _sensitive_paths(instance, here)),
            )


def entries_of_show(document: Mapping[str, Any]) -> Iterator[Entry]:
    """What a document of ``terraform show -json`` has; one of an empty state has no values at all.

    Raises:
        ShapeError: A part is not what it has to be.
    """
    values = document.get("values")
    if values is None:
        return
    root = _object(values, "values").get("root_module") or {}
    waiting = [("values.root_module", root)]
    while waiting:
        path, module = waiting.pop()
        _object(module, path)
        for index, resource in enumerate(_list(module, "resources", path)):
            yield _shown(resource, f"{path}.resources[{index}]")
        children = _list(module, "child_modules", path)
        waiting += [(f"{path}.child_modules[{n}]", child) for n, child in reversed(list(enumerate(children)))]


def _shown(resource: Any, path: str) -> Entry:  # noqa: ANN401 - JSON
    _object(resource, path)
    sensitive = resource.get("sensitive_values") or {}
    return Entry(
        address=_text(resource, "address", path) + _left_behind(resource.get("deposed_key")),
        type=_text(resource, "type", path),
        managed=_text(resource, "mode", path) == "managed",
        tainted=resource.get("tainted") is True,
        deposed=bool(resource.get("deposed_key")),
        attributes=Attributes(
            _object(resource.get("values") or {}, f"{path}.values"),
            {name for name, mark in _object(sensitive, f"{path}.sensitive_values").items() if _marks(mark)},
        ),
    )


def _marks(mark: object) -> bool:
    """Whether ``true`` stands anywhere in ``mark``."""
    waiting = [mark]
    while waiting:
        item = waiting.pop()
        if item is True:
            return True
        if isinstance(item, (dict, list)):
            waiting += item.values() if isinstance(item, dict) else item
    return False


def _sensitive_paths(instance: Mapping[str, Any], path: str) -> set[str]:
    """The names of the attributes in ``sensitive_attributes``: lists of steps, of which the first one names it."""
    found: set[str] = set()
    for index, steps in enumerate(_list(instance, "sensitive_attributes", path)):
        first = steps[0] if isinstance(steps, list) and steps else None
        name = first.get("value") if isinstance(first, dict) else None
        if not isinstance(name, str):
            # What it means to hide must not be guessed.
            raise ShapeError(f"{path}.sensitive_attributes[{index}]", "names no attribute")
        found.add(name)
    return found


def _index(key: object, path: str) -> str:
    if key is None:
        return ""
    if isinstance(key, int) and not isinstance(key, bool):
        return f"[{key}]"
    if isinstance(key, str):
        return f"[{quoted_hcl(key)}]"
    raise ShapeError(f"{path}.index_key", "must be a text or a whole number")


def _left_behind(key: object) -> str:
    """What sets what a replacement left behind apart from its successor, which has the same address."""
    return f" (deposed object {key})" if key else ""


def _object(value: Any, path: str) -> Mapping[str, Any]:  # noqa: ANN401 - JSON
    if not isinstance(value, dict):
        raise ShapeError(path, "must be an object")
    return value


def _list(values: Mapping[str, Any], name: str, path: str) -> list[Any]:
    """The list ``name``; an empty one where it is left out."""
    value = values.get(name)
    if value is None:
        return []
    if not isinstance(value, list):
        raise ShapeError(f"{path}.{name}" if path else name, "must be a list")
    return value


def _text(values: Mapping[str, Any], name: str, path: str) -> str:
    value = values.get(name)
    if not isinstance(value, str) or not value:
        raise ShapeError(f"{path}.{name}", "must be a text")
    return value
