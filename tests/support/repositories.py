"""Owns git repositories for tests: made from mappings of paths to texts in one process, and served over smart HTTP."""

from __future__ import annotations

import base64
import http.server
import os
import subprocess
import time
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from tests.support.serving import QuietServer, running

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

CLEAN = {
    **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_NAME": "a",
    "GIT_AUTHOR_EMAIL": "a@example.com",
    "GIT_COMMITTER_NAME": "a",
    "GIT_COMMITTER_EMAIL": "a@example.com",
}


def manifest(name: str = "prod", version: str = "1.0.0", store: str = "./artifacts") -> str:
    """A small manifest."""
    return (
        f"apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata:\n  name: {name}\n  version: {version}\n"
        f"spec:\n  provider: local\n  storage:\n    artifact_store: {store}\n"
    )


def git(folder: Path, *words: str, given: bytes = b"") -> str:
    """Run git in ``folder`` and return what it says."""
    ended = subprocess.run(["git", *words], cwd=folder, env=CLEAN, input=given, capture_output=True, check=True)
    return ended.stdout.decode("utf-8", "replace").strip()


@dataclass(frozen=True)
class Repository:
    """A bare repository."""

    path: Path

    @classmethod
    def create(cls, path: Path, files: Mapping[str, str | bytes] | None = None) -> Repository:
        """An empty one, or one with ``files`` on its branch ``main``."""
        path.mkdir(parents=True)
        git(path, "init", "--quiet", "--bare", "--initial-branch=main", ".")
        made = cls(path)
        if files is not None:
            made.commit(files)
        return made

    @property
    def uri(self) -> str:
        return f"git+file://{self.path}"

    def commit(self, files: Mapping[str, str | bytes], branch: str = "main", tag: str | None = None) -> str:
        """A commit of ``files`` and nothing else, on ``branch``; modes other than 100644 stand before a path."""
        lines = [f"commit refs/heads/{branch}\ncommitter a <a@example.com> 1700000000 +0000\ndata 1\nx\n".encode()]
        tip = self.tip(f"refs/heads/{branch}")
        lines.append(f"from {tip}\ndeleteall\n".encode() if tip else b"deleteall\n")
        for path, content in files.items():
            mode, _, name = path.rpartition(" ") if path.startswith(("1", "0")) and " " in path else ("", "", path)
            data = content.encode() if isinstance(content, str) else content
            if mode == "160000":
                lines.append(f"M {mode} {content} {name}\n".encode())
            else:
                lines.append(f"M {mode or '100644'} inline {name}\ndata {len(data)}\n".encode() + data + b"\n")
        git(self.path, "fast-import", "--quiet", "--force", given=b"".join(lines))
        commit = git(self.path, "rev-parse", f"refs/heads/{branch}")
        if tag is not None:
            self.tag(tag, commit)
        return commit

    def tag(self, name: str, commit: str, *, annotated: bool = False) -> None:
        words = ("-a", "-m", "x") if annotated else ()
        git(self.path, "tag", "--force", *words, name, commit)

    def tip(self, ref: str) -> str | None:
        ended = subprocess.run(
            ["git", "rev-parse", "--quiet", "--verify", ref], cwd=self.path, env=CLEAN, capture_output=True, check=False
        )
        return ended.stdout.decode().strip() or None

    def crafted(self, entries: list[tuple[str, bytes, str]], branch: str = "main") -> str:
        """A commit with a tree of (mode, name, object) entries that git itself would not make."""
        tree = b"".join(f"{mode} ".encode() + name + b"\0" + bytes.fromhex(item) for mode, name, item in entries)
        made = git(self.path, "hash-object", "-t", "tree", "-w", "--stdin", "--literally", given=tree)
        commit = git(self.path, "commit-tree", made, "-m", "x")
        git(self.path, "update-ref", f"refs/heads/{branch}", commit)
        return commit

    def blob(self, content: str | bytes) -> str:
        data = content.encode() if isinstance(content, str) else content
        return git(self.path, "hash-object", "-w", "--stdin", given=data)


@dataclass
class Serving:
    """How a server behaves, and what it was asked."""

    root: Path
    token: str | None = None
    slow: float = 0.0
    cut: int | None = None
    answer: int | None = None
    redirect: str | None = None
    asked: list[str] = field(default_factory=list)
    logins: list[str] = field(default_factory=list)
    url: str = ""


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    serving: Serving

    def do_GET(self) -> None:
        self._answer(b"")

    def do_POST(self) -> None:
        if self.headers.get("Transfer-Encoding") == "chunked":
            body = b""
            while size := int(self.rfile.readline(), 16):
                body += self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()
        else:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self._answer(body)

    def _answer(self, body: bytes) -> None:
        serving = self.serving
        serving.asked.append(self.path)
        if self.headers.get("Authorization"):
            serving.logins.append(self.headers["Authorization"])
        if serving.slow:
            time.sleep(serving.slow)
        if serving.redirect is not None:
            self._reply(302, [("Location", serving.redirect)], b"")
        elif serving.answer is not None:
            self._reply(serving.answer, [], b"no")
        elif serving.token is not None and not self._is_known():
            self._reply(401, [("WWW-Authenticate", 'Basic realm="x"')], b"who are you?")
        else:
            self._backend(body)

    def _is_known(self) -> bool:
        kind, _, given = self.headers.get("Authorization", "").partition(" ")
        if kind == "Basic":
            given = base64.b64decode(given).decode().partition(":")[2]
        return given == self.serving.token

    def _backend(self, body: bytes) -> None:
        parts = urlsplit(self.path)
        environ = CLEAN | {
            "GIT_PROJECT_ROOT": str(self.serving.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "PATH_INFO": parts.path,
            "QUERY_STRING": parts.query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(len(body)),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
        }
        ended = subprocess.run(["git", "http-backend"], env=environ, input=body, capture_output=True, check=False)
        head, _, content = ended.stdout.partition(b"\r\n\r\n")
        headers = [tuple(line.split(": ", 1)) for line in head.decode().splitlines()]
        status = next((int(value.split()[0]) for name, value in headers if name == "Status"), 200)
        self._reply(status, [item for item in headers if item[0] != "Status"], content)

    def _reply(self, status: int, headers: list[tuple[str, str]], content: bytes) -> None:
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        cut = self.serving.cut
        self.wfile.write(content if cut is None else content[:cut])
        if cut is not None and cut < len(content):
            self.close_connection = True

    def log_message(self, *words: object) -> None:
        return


@contextmanager
def serve(root: Path) -> Iterator[Serving]:
    """A smart HTTP server of the repositories below ``root``."""
    serving = Serving(root)
    server = QuietServer(type("Handler", (_Handler,), {"serving": serving}))
    serving.url = f"http://127.0.0.1:{server.server_address[1]}"
    with running(server):
        yield serving
