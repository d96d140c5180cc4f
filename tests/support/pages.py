"""Owns a small HTTP server for tests: by path, a body that it gives, or a function of the handler."""

from __future__ import annotations

from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler

from tests.support.serving import QuietServer, running


class Web:
    """What a small HTTP server gives: by path, a body, or a function of the handler."""

    def __init__(self):
        self.pages = {}
        self.asked = []
        self.logins = []
        self.url = ""


class _Page(BaseHTTPRequestHandler):
    web: Web

    def do_GET(self):
        self.web.asked.append(self.path)
        self.web.logins.append(self.headers.get("Authorization"))
        page = self.web.pages.get(self.path)
        if callable(page):
            page(self)
            return
        self.send_response(404 if page is None else 200)
        body = b"" if page is None else page if isinstance(page, bytes) else page.encode()
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *words):
        return


@contextmanager
def serve_pages(context=None):
    web = Web()
    server = QuietServer(type("Page", (_Page,), {"web": web}))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    web.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    with running(server):
        yield web
