"""A project whose remote sources are on this machine, and a cache of its own for each test."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from flowyml_infra.resolution.resolver import StackResolver
from tests.support.repositories import Repository, manifest, serve

ALLOWED = "fetch: {private_hosts: [127.0.0.1]}\n"


@pytest.fixture(autouse=True)
def cache(tmp_path_factory, monkeypatch):
    folder = tmp_path_factory.mktemp("cache")
    monkeypatch.setenv("FLOWYML_CACHE_DIR", str(folder))
    return folder


class Project:
    """A project folder, resolved in with no variables but those that a test gives."""

    def __init__(self, root):
        self.root = root
        self.configure("")

    def configure(self, text):
        (self.root / "flowyml.yaml").write_text(ALLOWED + text)

    def resolver(self, **environ):
        return StackResolver(self.root, environ=environ)

    def resolve(self, stack=None, **environ):
        return self.resolver(**environ).resolve(stack)

    def explain(self, stack=None, **environ):
        return self.resolver(**environ).explain(stack)

    @property
    def lock(self):
        return self.root / "flowyml.lock"


@pytest.fixture
def project(tmp_path):
    root = tmp_path / "project"
    root.mkdir()
    return Project(root)


@pytest.fixture
def repository(tmp_path):
    made = Repository.create(tmp_path / "served" / "stacks.git", {"stacks/prod.yaml": manifest()})
    made.tag("v1", made.tip("main"), annotated=True)
    return made


@pytest.fixture
def served(repository):
    with serve(repository.path.parent) as serving:
        yield serving


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


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *words):
        return


@contextmanager
def serve_pages(context=None):
    web = Web()
    server = _Quiet(("127.0.0.1", 0), type("Page", (_Page,), {"web": web}))
    if context is not None:
        server.socket = context.wrap_socket(server.socket, server_side=True)
    web.url = f"http{'s' if context else ''}://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield web
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


@pytest.fixture
def web():
    with serve_pages() as pages:
        yield pages
