"""Owns the life of a plugin process: it serves on a private port, tells the engine which, and ends with it.

Started as ``python -m tests.emulation.plugin.serving NAME ENGINE-ADDRESS``; the plugin path holds a script that does so
under the name ``pulumi-resource-NAME``.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from concurrent import futures

import grpc
from pulumi.runtime.proto import provider_pb2_grpc

from tests.emulation.plugin import call_log
from tests.emulation.plugin.registry import provider_for
from tests.emulation.plugin.servicer import Servicer

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
THREADS = 32
ORPHAN_CHECK_SECONDS = 1.0


def main() -> None:
    """Serve until the engine ends this process or is gone and nothing is left to do."""
    provider, version = provider_for(sys.argv[1])
    ended = threading.Event()
    servicer = Servicer(provider, version)
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=UNLIMITED)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    _listen_to_signals(ended)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    call_log.write(call_log.Call("start", "", sys.argv[1], f"group {os.getpgrp()}", detail=f"parent {os.getppid()}"))
    print(port, flush=True)  # noqa: T201 -- the handshake with the engine
    parent = os.getppid()
    while not ended.wait(ORPHAN_CHECK_SECONDS):
        if os.getppid() != parent:
            # The engine was killed: calls in flight finish first, as those of the official plugins do.
            break
    server.stop(grace=60).wait()


def _listen_to_signals(ended: threading.Event) -> None:
    def heard(number: int, frame: object) -> None:
        call_log.write(call_log.Call("signal", "", sys.argv[1], signal.Signals(number).name))
        if number == signal.SIGTERM:
            ended.set()

    # A terminal's interrupt reaches the whole group: it is for the engine, which then sends Cancel.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, heard)


if __name__ == "__main__":
    main()
