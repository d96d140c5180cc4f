"""Owns the one handler of all Kubernetes kinds: objects are made and changed by server-side apply."""

from __future__ import annotations

import secrets
import time
from typing import Any

from tests.emulation.plugin import diffing, values
from tests.emulation.plugin.failures import PartlyMadeError, RefusedError
from tests.emulation.plugin.handling import Asked, Checked, Made, Properties, State
from tests.emulation.plugin.kubernetes import inputs as object_inputs
from tests.emulation.plugin.kubernetes import readiness
from tests.emulation.plugin.kubernetes.cluster import APPLY, ApiError, Cluster
from tests.emulation.plugin.kubernetes.kinds import IDENTITY, Kind

NOT_PREVIEWABLE = {"Forbidden", "NotFound", "AlreadyExists"}
DELETE_TIMEOUT_SECONDS = 600.0


class Objects:
    """The objects of one kind in one cluster."""

    def __init__(self, kind: Kind, cluster: Cluster, namespace: str | None, data_mutable: bool) -> None:
        self.kind = kind
        self.cluster = cluster
        self.namespace = namespace
        self.data_mutable = data_mutable

    def check(self, asked: Asked) -> Checked:
        return object_inputs.check(self.kind, asked, self.namespace)

    def diff(self, state: State, news: Properties, ignored: tuple[str, ...]) -> diffing.Difference:
        live, old_inputs = _live(state.outputs), state.outputs.get("__inputs", state.inputs)
        if not live.get("metadata", {}).get("name"):
            # A resource that was put into the state by hand has to be refreshed first: the provider is as strict.
            raise RefusedError(f"expected live object name to be nonempty: {state.id}")
        old = object_inputs.pruned(live, old_inputs)
        changes = diffing.compare(_placed(old, self.kind), _placed(news, self.kind))
        marked = diffing.marked(changes, self._replacing(live), ignored)
        return diffing.Difference(marked, self._deleted_first(marked, live, news))

    def create(self, inputs: Properties, preview: bool, timeout: float) -> Made:
        manager = f"pulumi-kubernetes-{secrets.token_hex(4)}"
        if preview and values.has_unknown(inputs):
            return Made("", inputs)
        path = self._path(inputs)
        try:
            self._refuse_existing(path, inputs)
            live = self._apply(path, inputs, manager, preview)
        except ApiError as error:
            if preview and error.reason in NOT_PREVIEWABLE:
                return Made("", inputs)
            raise RefusedError(
                f"resource was not successfully created by the Kubernetes API server: {error}"
            ) from error
        if preview:
            live.pop("status", None)
            return Made("", _checkpoint(live, inputs, manager))
        return Made(_identity(live), self._awaited(path, live, inputs, manager, timeout))

    def read(self, state: State) -> Made | None:
        try:
            live = self.cluster.call("GET", self._path_of_id(state.id))
        except ApiError as error:
            if error.reason == "NotFound":
                return None
            raise
        inputs = object_inputs.pruned(live, state.outputs.get("__inputs") or state.inputs) or _imported(live)
        manager = state.outputs.get("__fieldManager") or f"pulumi-kubernetes-{secrets.token_hex(4)}"
        return Made(_identity(live), _checkpoint(live, inputs, manager), inputs)

    def update(self, state: State, news: Properties, preview: bool, timeout: float) -> Properties:
        if preview and values.has_unknown(news):
            return news
        path, manager = self._path(news), state.outputs.get("__fieldManager", "pulumi-kubernetes")
        try:
            live = self._apply(path, news, manager, preview)
        except ApiError as error:
            if preview and error.reason in NOT_PREVIEWABLE:
                return news
            raise RefusedError(f"update of resource {state.id} failed: {error}") from error
        return _checkpoint(live, news, manager) if preview else self._awaited(path, live, news, manager, timeout)

    def delete(self, state: State, timeout: float) -> None:
        path = self._path_of_id(state.id)
        end = time.monotonic() + (timeout or DELETE_TIMEOUT_SECONDS)
        try:
            self.cluster.call("DELETE", path, propagationPolicy="Foreground")
            while time.monotonic() < end:
                self.cluster.call("GET", path)
                time.sleep(readiness.POLL_SECONDS)
        except ApiError as error:
            if error.reason == "NotFound":
                return
            raise
        raise RefusedError(f"timed out waiting for {state.id} to be deleted")

    def secret_paths(self, outputs: Properties) -> frozenset[values.Path]:
        if self.kind.name != "Secret":
            return frozenset()
        folded = [(prefix, name) for prefix in ("", "__inputs") for name in ("data", "stringData")]
        paths = [((prefix, name) if prefix else (name,)) for prefix, name in folded]
        return frozenset(path for path in paths if path[-1] in (outputs.get(path[0], {}) if path[1:] else outputs))

    def _replacing(self, live: Properties) -> tuple[str, ...]:
        data = {"data", "binaryData", "stringData"}
        in_place = data if self.data_mutable and not live.get("immutable") else set()
        return (*IDENTITY, *(path for path in self.kind.replacing if path not in in_place))

    def _deleted_first(self, changes: tuple[diffing.Change, ...], live: Properties, news: Properties) -> bool:
        """Only an object that keeps its own name and namespace stands in its successor's way."""
        old, new = live["metadata"], _placed(news, self.kind)["metadata"]
        same = (old["name"], old.get("namespace")) == (new.get("name"), new.get("namespace"))
        return any(change.replaces for change in changes) and same and not object_inputs.is_autonamed(news)

    def _refuse_existing(self, path: str, inputs: Properties) -> None:
        """Since version 4.29 the provider creates, and never takes over what is there."""
        try:
            self.cluster.call("GET", path)
        except ApiError as error:
            if error.reason == "NotFound":
                return
            raise
        name = inputs["metadata"]["name"]
        raise ApiError(409, "AlreadyExists", f'{self.kind.plural} "{name}" already exists')

    def _apply(self, path: str, inputs: Properties, manager: str, preview: bool) -> Any:
        asked = (inputs.get("metadata") or {}).get("annotations") or {}
        query = {"fieldManager": asked.get("pulumi.com/patchFieldManager", manager), "fieldValidation": "Strict"}
        query |= {"force": "true"} if asked.get("pulumi.com/patchForce") == "true" else {}
        query |= {"dryRun": "All"} if preview else {}
        return self.cluster.call("PATCH", path, inputs, APPLY, **query)

    def _awaited(self, path: str, live: Any, inputs: Properties, manager: str, timeout: float) -> Properties:
        try:
            return _checkpoint(readiness.wait(self.cluster, path, _identity(live), live, timeout), inputs, manager)
        except PartlyMadeError as error:
            outputs = _checkpoint(error.outputs, inputs, manager)
            raise PartlyMadeError(error.id, outputs, error.reason, inputs) from error

    def _path(self, inputs: Properties) -> str:
        metadata = _placed(inputs, self.kind)["metadata"]
        place = f"/namespaces/{metadata['namespace']}" if self.kind.namespaced else ""
        return f"{self.kind.collection}{place}/{self.kind.plural}/{metadata['name']}"

    def _path_of_id(self, identity: str) -> str:
        namespace, _, name = identity.rpartition("/")
        return self._path({"metadata": {"name": name} | ({"namespace": namespace} if namespace else {})})


def _identity(live: Properties) -> str:
    metadata = live["metadata"]
    return f"{metadata['namespace']}/{metadata['name']}" if metadata.get("namespace") else metadata["name"]


def _placed(inputs: Properties, kind: Kind) -> Properties:
    """``inputs`` in the namespace that the API server would take for them."""
    metadata = dict(inputs.get("metadata") or {})
    if kind.namespaced:
        metadata["namespace"] = metadata.get("namespace") or "default"
    else:
        metadata.pop("namespace", None)
    return {**inputs, "metadata": metadata}


def _checkpoint(live: Properties, inputs: Properties, manager: str) -> Properties:
    extra = {"__fieldManager": manager, "__initialApiVersion": live["apiVersion"], "__inputs": inputs}
    return {**_live(live), **extra}


def _live(outputs: Properties) -> Properties:
    return {key: value for key, value in outputs.items() if not key.startswith("__")}


def _imported(live: Properties) -> Properties:
    """The inputs of a thing that the state knew nothing of but its id."""
    own = {key: value for key, value in live.items() if key != "status"}
    metadata = {key: live["metadata"][key] for key in ("name", "namespace", "labels") if key in live["metadata"]}
    return {**own, "metadata": metadata}
