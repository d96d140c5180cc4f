"""Owns the life of a plugin process: it serves on a private port, tells the engine which, and ends with it.

Started as ``python -m tests.emulation.plugin.serving SORT NAME VERSION ENGINE-ADDRESS``; the plugin path holds a script
that does so under the name ``pulumi-resource-NAME``.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from concurrent import futures

import grpc

from tests.emulation.plugin import call_log
from tests.emulation.plugin.messages import provider_pb2_grpc
from tests.emulation.plugin.registry import provider_for
from tests.emulation.plugin.servicer import Servicer

UNLIMITED = [("grpc.max_receive_message_length", -1), ("grpc.max_send_message_length", -1)]
THREADS = 32
POLL_SECONDS = 0.1
ORPHAN_SECONDS = 60.0


def main() -> None:
    """Serve until the engine ends this process, or is gone and nothing is left to do."""
    sort, name, version = sys.argv[1:4]
    provider = provider_for(sort, name)
    heard = _listen_to_signals(name)
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=UNLIMITED)
    servicer = Servicer(provider, version)
    provider_pb2_grpc.add_ResourceProviderServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    parent = os.getppid()
    call_log.write(call_log.Call("start", "", name, call_log.BEGUN, detail=f"group {os.getpgrp()} of {parent}"))
    print(port, flush=True)
    while not heard and os.getppid() == parent:
        time.sleep(POLL_SECONDS)
    if not heard:
        # The engine was killed. What is under way goes on, as it may with the official plugins.
        call_log.write(call_log.Call("orphaned", "", name, call_log.BEGUN))
        end = time.monotonic() + ORPHAN_SECONDS
        while servicer.busy and not heard and time.monotonic() < end:
            time.sleep(POLL_SECONDS)
    # No thread is waited for: one of them may hang, by order.
    os._exit(0)


def _listen_to_signals(plugin: str) -> list[int]:
    """The signals heard so far. The engine sends an interrupt when it has no more to ask, and kills 5 seconds later."""
    heard: list[int] = []

    def hear(number: int, frame: object) -> None:
        call_log.write(call_log.Call("signal", "", plugin, signal.Signals(number).name))
        heard.append(number)

    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, hear)
    return heard


if __name__ == "__main__":
    main()
