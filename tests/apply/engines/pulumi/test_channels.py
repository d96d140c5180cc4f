"""A port of the CLI that comes back: the program reaches the CLI that has it now."""

from __future__ import annotations

from concurrent import futures

import grpc
import pytest
from google.protobuf import empty_pb2
from pulumi.runtime import settings
from pulumi.runtime.proto import engine_pb2, engine_pb2_grpc

from flowyml_infra.apply.engines.pulumi.channels import OWN_POOL, keep_apart


class Cli(engine_pb2_grpc.EngineServicer):
    """What of a CLI listens to its program."""

    def __init__(self, port: int = 0) -> None:
        self._server = grpc.server(futures.ThreadPoolExecutor(1))
        engine_pb2_grpc.add_EngineServicer_to_server(self, self._server)
        self.port = self._server.add_insecure_port(f"127.0.0.1:{port}")
        self.heard: list[str] = []
        self._server.start()

    def Log(self, request: engine_pb2.LogRequest, context: grpc.ServicerContext) -> empty_pb2.Empty:  # noqa: N802
        self.heard.append(request.message)
        return empty_pb2.Empty()

    def end(self) -> None:
        self._server.stop(0).wait()


def say(program: settings.Settings, message: str) -> None:
    assert program.engine is not None
    program.engine.Log(engine_pb2.LogRequest(message=message))


def test_a_port_that_an_earlier_run_had_is_reached_at_once():
    keep_apart()
    earlier = Cli()
    address = f"127.0.0.1:{earlier.port}"
    left_over = settings.Settings("p", "s", engine=address)
    say(left_over, "one")
    earlier.end()
    with pytest.raises(grpc.RpcError):
        say(left_over, "nobody hears this")
    later = Cli(earlier.port)
    try:
        say(settings.Settings("p", "s", engine=address), "two")
    finally:
        later.end()
    assert (earlier.heard, later.heard) == (["one"], ["two"])


def test_it_is_asked_for_once_however_often_a_stack_is_opened():
    keep_apart()
    keep_apart()
    assert settings._GRPC_CHANNEL_OPTIONS.count(OWN_POOL) == 1
