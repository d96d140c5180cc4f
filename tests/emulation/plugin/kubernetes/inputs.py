"""Owns what happens to a Kubernetes object's inputs before they are used: names, folded secrets, known fields."""

from __future__ import annotations

import base64
import copy
import hashlib
import os
from typing import Any

from tests.emulation.plugin.failures import CheckFailure
from tests.emulation.plugin.handling import Asked, Checked
from tests.emulation.plugin.kubernetes.kinds import Kind
from tests.emulation.plugin.values import UNKNOWN

AUTONAMED = "pulumi.com/autonamed"


def check(kind: Kind, asked: Asked, namespace: str | None) -> Checked:
    """The inputs with a name, the default namespace and folded ``stringData``; and what is wrong with them."""
    inputs = copy.deepcopy(asked.news)
    inputs.setdefault("apiVersion", kind.api)
    inputs.setdefault("kind", kind.name)
    failures = [CheckFailure(name, f"{kind.name} has no such field") for name in inputs if name not in kind.fields]
    failures += [CheckFailure(name, f"{kind.name} requires it") for name in kind.required if name not in inputs]
    metadata = inputs.setdefault("metadata", {})
    if metadata is UNKNOWN:
        return Checked(inputs, tuple(failures))
    if "generateName" in metadata:
        failures.append(CheckFailure("metadata.generateName", "not supported in Server-Side Apply mode"))
    if "name" not in metadata:
        _autoname(metadata, asked)
    if kind.namespaced and namespace and "namespace" not in metadata:
        metadata["namespace"] = namespace
    _fold_string_data(inputs)
    return Checked(inputs, tuple(failures))


def is_autonamed(inputs: dict[str, Any]) -> bool:
    """Whether the provider made the name."""
    return (inputs.get("metadata", {}).get("annotations") or {}).get(AUTONAMED) == "true"


def _autoname(metadata: dict[str, Any], asked: Asked) -> None:
    """Keep the name that was made before, or make one from the engine's seed."""
    old = asked.olds.get("metadata", {})
    if is_autonamed(asked.olds):
        metadata["name"] = old["name"]
    else:
        seed = asked.seed or os.urandom(16)
        metadata["name"] = f"{asked.name}-{hashlib.sha256(seed).hexdigest()[:8]}"
    metadata["annotations"] = {**(metadata.get("annotations") or {}), AUTONAMED: "true"}


def _fold_string_data(inputs: dict[str, Any]) -> None:
    """The API server keeps ``data`` alone; so does the provider, or it would see a change each time."""
    text = inputs.get("stringData")
    if not isinstance(text, dict) or UNKNOWN in text.values():
        return
    del inputs["stringData"]
    coded = {key: base64.b64encode(value.encode()).decode() for key, value in text.items()}
    inputs["data"] = {**(inputs.get("data") or {}), **coded}


def pruned(live: Any, shape: Any) -> Any:
    """``live`` with only those fields that ``shape`` has: what the cluster added is no change of the user's."""
    if isinstance(live, dict) and isinstance(shape, dict):
        return {key: pruned(live[key], shape[key]) for key in shape if key in live}
    if isinstance(live, list) and isinstance(shape, list):
        return [pruned(item, shape[index]) if index < len(shape) else item for index, item in enumerate(live)]
    return live
