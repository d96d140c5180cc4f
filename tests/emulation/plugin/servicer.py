"""Owns the engine's side of a plugin: the ResourceProvider service, in terms of a provider and its handlers."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator
from typing import Any

from google.protobuf import empty_pb2

from tests.emulation.plugin import call_log, diffing, faults, values
from tests.emulation.plugin.failures import CheckFailure, PartlyMadeError, RefusedError
from tests.emulation.plugin.handling import Asked, Checked, Handler, Made, Provider, State
from tests.emulation.plugin.messages import plugin_pb2, provider_pb2, provider_pb2_grpc
from tests.emulation.plugin.statuses import answered

KINDS = {
    (diffing.ADD, False): provider_pb2.PropertyDiff.ADD,
    (diffing.ADD, True): provider_pb2.PropertyDiff.ADD_REPLACE,
    (diffing.DELETE, False): provider_pb2.PropertyDiff.DELETE,
    (diffing.DELETE, True): provider_pb2.PropertyDiff.DELETE_REPLACE,
    (diffing.UPDATE, False): provider_pb2.PropertyDiff.UPDATE,
    (diffing.UPDATE, True): provider_pb2.PropertyDiff.UPDATE_REPLACE,
}


class Servicer(provider_pb2_grpc.ResourceProviderServicer):
    """Serves one provider to one engine."""

    def __init__(self, provider: Provider, version: str) -> None:
        self.provider = provider
        self.version = version
        self.cancelled = threading.Event()
        self._busy = 0
        self._lock = threading.Lock()

    @property
    def busy(self) -> bool:
        """Whether an operation is under way, though perhaps nobody waits for its answer any more."""
        return self._busy > 0

    def Handshake(self, request, context):
        return provider_pb2.ProviderHandshakeResponse(accept_secrets=True, accept_outputs=True)

    def GetPluginInfo(self, request, context):
        return plugin_pb2.PluginInfo(version=self.version)

    def Attach(self, request, context):
        return empty_pb2.Empty()

    def Cancel(self, request, context):
        call_log.write(call_log.Call("cancel", "", "", call_log.BEGUN))
        self.cancelled.set()
        return empty_pb2.Empty()

    def CheckConfig(self, request, context):
        news = values.decode(request.news)
        return _check_response(self.provider.check_config(news.values), news.secrets)

    def DiffConfig(self, request, context):
        olds, news = values.decode(request.old_inputs).values, values.decode(request.news).values
        return _diff_response(self.provider.diff_config(olds, news))

    @answered
    def Configure(self, request, context):
        self.provider.configure(values.decode(request.args).values)
        return provider_pb2.ConfigureResponse(
            acceptSecrets=True, acceptOutputs=True, supportsPreview=True, acceptResources=False
        )

    @answered
    def Invoke(self, request, context):
        function = self.provider.functions.get(request.tok)
        if function is None:
            raise RefusedError(f"there is no function {request.tok!r} in this stand-in")
        arguments = values.decode(request.args)
        call_log.write(call_log.Call("invoke", "", request.tok, call_log.BEGUN))
        response = provider_pb2.InvokeResponse()
        getattr(response, "return").CopyFrom(values.encode(function(arguments.values)))
        return response

    @answered
    def Check(self, request, context):
        news, olds = values.decode(request.news), values.decode(request.olds)
        name = request.urn.rsplit("::", 1)[-1]
        asked = Asked(name=name, news=news.values, olds=olds.values, seed=request.randomSeed)
        handler = self._handler(request.urn)
        checked = handler.check(asked)
        # A check may move a value (stringData to data): what is always secret there stays so.
        return _check_response(checked, news.secrets | handler.secret_paths(checked.inputs))

    @answered
    def Diff(self, request, context):
        handler = self._handler(request.urn)
        state = _state(request.id, request.old_inputs, request.olds)
        news = values.decode(request.news).values
        return _diff_response(handler.diff(state, news, tuple(request.ignoreChanges)))

    @answered
    def Create(self, request, context):
        asked = values.decode(request.properties)
        handler = self._handler(request.urn)

        def work() -> Made:
            return handler.create(asked.values, request.preview, request.timeout)

        made, properties = self._performed("create", request, work, handler, asked.secrets)
        return provider_pb2.CreateResponse(id=made.id, properties=properties)

    @answered
    def Read(self, request, context):
        handler = self._handler(request.urn)
        inputs = values.decode(request.inputs)
        state = _state(request.id, request.inputs, request.properties)
        gone = Made("", {})

        def work() -> Made:
            return handler.read(state) or gone

        made, properties = self._performed("read", request, work, handler, inputs.secrets)
        if not made.id:
            return provider_pb2.ReadResponse()
        seen = values.encode(made.inputs, inputs.secrets | handler.secret_paths(made.inputs))
        return provider_pb2.ReadResponse(id=made.id, properties=properties, inputs=seen)

    @answered
    def Update(self, request, context):
        handler = self._handler(request.urn)
        state = _state(request.id, request.old_inputs, request.olds)
        news = values.decode(request.news)

        def work() -> Made:
            return Made(request.id, handler.update(state, news.values, request.preview, request.timeout))

        _, properties = self._performed("update", request, work, handler, news.secrets)
        return provider_pb2.UpdateResponse(properties=properties)

    @answered
    def Delete(self, request, context):
        handler = self._handler(request.urn)
        state = _state(request.id, request.old_inputs, request.properties)

        def work() -> Made:
            handler.delete(state, request.timeout)
            return Made(request.id, {})

        self._performed("delete", request, work, handler, frozenset())
        return empty_pb2.Empty()

    def _handler(self, urn: str) -> Handler:
        token = _token(urn)
        handler = self.provider.handler(token)
        if handler is None:
            raise RefusedError(f"there is no resource type {token!r} in this stand-in")
        return handler

    def _performed(
        self, method: str, request: Any, work: Callable[[], Made], handler: Handler, secrets: frozenset[values.Path]
    ) -> tuple[Made, Any]:
        """Do ``work``, logged and struck by the fault that is meant for it; previews suffer none."""
        preview = bool(getattr(request, "preview", False))
        about = {"method": method, "urn": request.urn, "token": _token(request.urn), "preview": preview}
        count = call_log.write(call_log.Call(result=call_log.BEGUN, **about))
        fault = None if preview else faults.find(method, request.urn, about["token"], count)
        try:
            with self._counted():
                made = faults.suffer(fault, work, self.cancelled)
        except Exception as error:
            call_log.write(call_log.Call(result=type(error).__name__, detail=str(error), **about))
            if isinstance(error, PartlyMadeError):
                error.secrets = secrets | handler.secret_paths(error.outputs)
            raise
        call_log.write(call_log.Call(result="done", detail=made.id, **about))
        return made, values.encode(made.outputs, secrets | handler.secret_paths(made.outputs))

    @contextlib.contextmanager
    def _counted(self) -> Iterator[None]:
        with self._lock:
            self._busy += 1
        try:
            yield
        finally:
            with self._lock:
                self._busy -= 1


def _token(urn: str) -> str:
    """The resource type of ``urn``: the last of its chain of types."""
    return urn.split("::")[2].rsplit("$", 1)[-1]


def _state(identity: str, inputs: Any, outputs: Any) -> State:
    return State(identity, values.decode(inputs).values, values.decode(outputs).values)


def _check_response(checked: Checked, secrets: frozenset[values.Path]) -> provider_pb2.CheckResponse:
    def told(failure: CheckFailure) -> provider_pb2.CheckFailure:
        return provider_pb2.CheckFailure(property=failure.property, reason=failure.reason)

    inputs = values.encode(checked.inputs, secrets)
    return provider_pb2.CheckResponse(inputs=inputs, failures=[told(failure) for failure in checked.failures])


def _diff_response(difference: diffing.Difference) -> provider_pb2.DiffResponse:
    some = provider_pb2.DiffResponse.DIFF_SOME if difference.changes else provider_pb2.DiffResponse.DIFF_NONE
    detailed = {
        change.name: provider_pb2.PropertyDiff(kind=KINDS[change.kind, change.replaces])
        for change in difference.changes
    }
    return provider_pb2.DiffResponse(
        changes=some,
        replaces=difference.replaces,
        diffs=sorted({str(change.path[0]) for change in difference.changes}),
        deleteBeforeReplace=difference.delete_before_replace,
        detailedDiff=detailed,
        hasDetailedDiff=True,
    )
