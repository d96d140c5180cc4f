"""Owns the running of a small server of HTTP beside a test."""

from __future__ import annotations

import http.server
import threading
from collections.abc import Iterator
from contextlib import contextmanager


class QuietServer(http.server.ThreadingHTTPServer):
    """A server on this machine, on a port of its own, that tells nobody of clients that went away."""

    daemon_threads = True

    def __init__(self, handler: type[http.server.BaseHTTPRequestHandler]) -> None:
        super().__init__(("127.0.0.1", 0), handler)

    def handle_error(self, *words: object) -> None:
        return


@contextmanager
def running(server: http.server.HTTPServer) -> Iterator[None]:
    """``server`` answers inside the block, and is gone after it."""
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
