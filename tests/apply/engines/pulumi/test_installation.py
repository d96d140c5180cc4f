"""The CLI is installed whole or not at all, and only if it is what its maker published."""

from __future__ import annotations

import fcntl
import hashlib
import io
import json
import multiprocessing
import os
import signal
import ssl
import tarfile
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from flowyml_infra.apply.engines.pulumi import building, cli, download, installation
from flowyml_infra.apply.engines.pulumi.cli import VERSION, version_of
from flowyml_infra.errors import EngineTamperedError, EngineUnavailableError
from tests.apply.engines.pulumi.programs_on_path import program
from tests.emulation.certificates import serving

NAME = f"pulumi-v{VERSION}-linux-x64.tar.gz"
CLI = f"#!/bin/sh\necho v{VERSION}\n".encode()
PLUGIN = b"#!/bin/sh\necho language\n"


def archive(**files: bytes) -> bytes:
    """An archive as the maker's: every program below one folder."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as opened:
        for name, content in (files or {"pulumi/pulumi": CLI, "pulumi/pulumi-language-x": PLUGIN}).items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            opened.addfile(member, io.BytesIO(content))
    return made.getvalue()


class Hosts:
    """Both of the maker's hosts: what they answer, and what they were asked."""

    def __init__(self, certificate: Path) -> None:
        self.answers: dict[str, Callable[[BaseHTTPRequestHandler], None]] = {}
        self.asked: list[str] = []
        self.silence = threading.Event()
        hosts = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hosts.asked.append(self.path)
                hosts.answers.get(self.path, refusal(404))(self)

            def log_message(self, *_: object) -> None:
                """Nothing is printed."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True)
        self.url = f"https://127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def publish(self, content: bytes, digest: str | None = None) -> None:
        """Serve an archive, and its digest or another one."""
        found = digest or hashlib.sha512(content).hexdigest()
        self.answers[f"/sdk/{NAME}"] = body(content)
        self.answers["/sums"] = body(f"{'0' * 128}  pulumi-v{VERSION}-windows-x64.zip\n{found}  {NAME}\n".encode())


def body(content: bytes, *, length: int | None = None, wait: threading.Event | None = None):
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(200)
        request.send_header("Content-Length", str(len(content) if length is None else length))
        request.end_headers()
        request.wfile.write(content)
        if wait is not None:
            request.wfile.flush()
            wait.wait(60)
        request.close_connection = True

    return answer


def refusal(code: int, to: str = ""):
    def answer(request: BaseHTTPRequestHandler) -> None:
        request.send_response(code)
        if to:
            request.send_header("Location", to)
        request.send_header("Content-Length", "0")
        request.end_headers()

    return answer


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The file of the server's certificate and key, and that of its authority."""
    made = serving()
    server, authority = (tmp_path_factory.mktemp("tls") / name for name in ("server.pem", "authority.pem"))
    server.write_bytes(made.server.private + made.server.public)
    authority.write_bytes(made.authority)
    return server, authority


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the CLI is installed; there is neither a Go nor a CLI on this machine."""
    place = tmp_path / "engine" / "pulumi-x"
    monkeypatch.setenv("PATH", str(tmp_path / "path"))
    monkeypatch.delenv("FLOWYML_ENGINE_OFFLINE", raising=False)
    for module in (cli, installation):
        monkeypatch.setattr(module, "managed_root", lambda: place)
    return place


@pytest.fixture
def hosts(certificate: tuple[Path, Path], root: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hosts]:
    server, authority = certificate
    made = Hosts(server)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority))
    monkeypatch.setattr(download, "ARCHIVES", f"{made.url}/sdk/")
    monkeypatch.setattr(download, "DIGESTS", f"{made.url}/sums")
    monkeypatch.setattr(download, "archive_name", lambda: NAME)
    monkeypatch.setattr(installation, "archive_name", lambda: NAME)
    yield made
    made.silence.set()
    made.server.shutdown()
    made.server.server_close()


def refused(root: Path) -> EngineUnavailableError:
    """The error of an installation, which leaves nothing."""
    with pytest.raises(EngineUnavailableError) as caught:
        installation.install(lambda _: None)
    assert sorted(path.name for path in root.parent.iterdir()) == [f".{root.name}.lock"]
    return caught.value


class TestDownloading:
    def test_an_archive_with_the_published_digest_is_installed_once(self, hosts: Hosts, root: Path):
        hosts.publish(archive())
        said: list[str] = []
        path = installation.install(said.append)
        assert path == root / "bin" / "pulumi"
        assert version_of(path) == VERSION
        assert sorted(item.name for item in path.parent.iterdir()) == ["pulumi", "pulumi-language-x"]
        assert sorted(item.name for item in root.iterdir()) == ["bin"]
        assert any("MB" in text for text in said)
        assert installation.install(said.append) == path
        assert hosts.asked == ["/sums", f"/sdk/{NAME}"]

    def test_another_digest_stops_everything(self, hosts: Hosts, root: Path, tmp_path: Path):
        fake_go(tmp_path)
        hosts.publish(archive(), digest="1" * 128)
        error = refused(root)
        assert isinstance(error, EngineTamperedError)
        assert error.code == "engine.tampered"
        assert "1111" in error.message
        assert not (tmp_path / "asked").exists(), "nothing else is tried"

    @pytest.mark.parametrize(
        ("answer", "told"),
        [
            (lambda: body(archive()[:-40], length=len(archive())), "broke off"),
            (lambda: refusal(404), "answers 404"),
            (lambda: refusal(302, f"http://127.0.0.1:1/{NAME}"), "no https:// address"),
        ],
        ids=["truncated", "missing", "redirected to http"],
    )
    def test_an_archive_that_does_not_come_is_told(self, hosts: Hosts, root: Path, answer, told: str):
        hosts.publish(archive())
        hosts.answers[f"/sdk/{NAME}"] = answer()
        error = refused(root)
        assert told in error.detail
        assert f"download: {hosts.url}" in error.detail or "download: http://" in error.detail

    def test_a_host_that_says_nothing_any_more_is_given_up(
        self, hosts: Hosts, root: Path, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr(download, "STALLED_SECONDS", 0.2)
        hosts.publish(archive())
        hosts.answers[f"/sdk/{NAME}"] = body(archive()[:100], length=5000, wait=hosts.silence)
        assert "stopped sending" in refused(root).detail

    def test_a_redirect_that_stays_secure_is_followed(self, hosts: Hosts, root: Path):
        hosts.publish(archive())
        hosts.answers["/elsewhere"] = hosts.answers[f"/sdk/{NAME}"]
        hosts.answers[f"/sdk/{NAME}"] = refusal(302, f"{hosts.url}/elsewhere")
        assert installation.install(lambda _: None).is_file()

    def test_a_list_without_the_archive_and_a_certificate_of_nobody_are_told(
        self, hosts: Hosts, root: Path, monkeypatch: pytest.MonkeyPatch
    ):
        hosts.publish(archive())
        hosts.answers["/sums"] = body(b"")
        assert "no digest" in refused(root).detail
        monkeypatch.setenv("SSL_CERT_FILE", "/dev/null")
        assert "CERTIFICATE_VERIFY_FAILED" in refused(root).detail

    def test_what_lies_elsewhere_in_an_archive_is_left_there(self, hosts: Hosts, root: Path):
        hosts.publish(
            archive(**{"pulumi/pulumi": CLI, "../escaped": b"x", "pulumi/../../escaped": b"x", "/escaped": b"x"})
        )
        path = installation.install(lambda _: None)
        assert [item.name for item in path.parent.iterdir()] == ["pulumi"]
        assert not list(root.parent.parent.rglob("escaped"))

    def test_another_version_than_was_asked_for_is_refused(self, hosts: Hosts, root: Path):
        hosts.publish(archive(**{"pulumi/pulumi": b"#!/bin/sh\necho v3.249.0\n"}))
        assert "it reports version 3.249.0" in refused(root).detail


class TestOffline:
    def test_it_says_what_to_do_by_hand(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("FLOWYML_ENGINE_OFFLINE", "1")
        monkeypatch.setattr(installation, "archive_name", lambda: NAME)
        error = refused(root)
        assert error.code == "engine.install"
        assert f"{download.ARCHIVES}{NAME}" in error.hint
        assert f"tar -xzf {NAME} -C {root}/bin --strip-components=1" in error.hint
        assert "no `go` on PATH" in error.detail

    def test_and_what_it_says_works(self, root: Path, tmp_path: Path):
        (tmp_path / NAME).write_bytes(archive())
        (root / "bin").mkdir(parents=True)
        with tarfile.open(tmp_path / NAME) as opened:
            opened.extract("pulumi/pulumi", tmp_path, filter="data")
        (tmp_path / "pulumi" / "pulumi").rename(root / "bin" / "pulumi")
        (root / "bin" / "pulumi").chmod(0o755)
        assert cli.find_cli().path == root / "bin" / "pulumi"

    def test_a_system_without_an_archive_is_told_another_way(self, root: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(download, "archive_name", lambda: None)
        monkeypatch.setattr(installation, "archive_name", lambda: None)
        error = refused(root)
        assert "there is no archive for" in error.detail
        assert "FLOWYML_PULUMI" in error.hint


def fake_go(tmp_path: Path, *, hash_: str = building.MODULE_HASH, fails: str = "", says: str = "") -> Path:
    """A Go that notes what it is asked and with which settings, and fails at one command."""
    module = tmp_path / "module"
    module.mkdir(exist_ok=True)
    (module / "go.sum").write_text("example.org/needed v1.0.0 h1:needed=\n")
    (tmp_path / "answer").write_text(json.dumps({"Sum": hash_, "Dir": str(module)}))
    (tmp_path / "cli").write_bytes(CLI)
    return program(
        tmp_path / "path" / "go",
        f"""\
echo "$* GOFLAGS=$GOFLAGS GONOSUMDB=$GONOSUMDB GOINSECURE=$GOINSECURE GOSUMDB=$GOSUMDB" >> {tmp_path}/asked
if [ "$1" = "{fails}" ]; then echo "{says}" >&2; exit 1; fi
if [ "$1 $2" = "mod download" ]; then /bin/cat {tmp_path}/answer; fi
if [ "$1" = get ]; then /bin/cp go.sum {tmp_path}/sums; fi
if [ "$1" = build ]; then /bin/cp {tmp_path}/cli "$6"; /bin/chmod 755 "$6"; fi
""",
    )


@pytest.fixture
def offline(root: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("FLOWYML_ENGINE_OFFLINE", "1")
    return root


class TestBuilding:
    def test_where_it_cannot_be_downloaded_it_is_built_once(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path)
        said: list[str] = []
        path = installation.install(said.append)
        assert version_of(path) == VERSION
        assert "Building" in said[0]
        count = len(said)
        assert installation.install(said.append) == path
        assert len(said) == count
        assert sorted(item.name for item in offline.iterdir()) == ["bin"]

    def test_no_setting_of_the_user_takes_a_module_without_a_check(
        self, offline: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        fake_go(tmp_path)
        for name, value in {
            "GOFLAGS": "-insecure",
            "GONOSUMDB": "*",
            "GOPRIVATE": "*",
            "GOINSECURE": "*",
            "GOSUMDB": "off",
        }.items():
            monkeypatch.setenv(name, value)
        installation.install(lambda _: None)
        asked = (tmp_path / "asked").read_text().splitlines()
        assert all(
            "GOFLAGS=-mod=mod -buildvcs=false GONOSUMDB=none GOINSECURE=none GOSUMDB=sum.golang.org" in line
            for line in asked
        )
        assert [line.split()[0] for line in asked] == ["mod", "mod", "get", "build"]

    def test_the_hashes_of_everything_it_needs_are_known_before_it_is_fetched(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path)
        installation.install(lambda _: None)
        sums = (tmp_path / "sums").read_text()
        assert "example.org/needed v1.0.0 h1:needed=" in sums
        assert f"github.com/pulumi/pulumi/pkg/v3 v{VERSION} {building.MODULE_HASH}" in sums

    def test_a_module_with_another_hash_is_not_built(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path, hash_="h1:another=")
        error = refused(offline)
        assert isinstance(error, EngineTamperedError)
        assert "h1:another=" in error.message
        assert "build" not in {line.split()[0] for line in (tmp_path / "asked").read_text().splitlines()}

    def test_and_neither_is_one_whose_needs_go_refuses(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path, fails="get", says="verifying module: checksum mismatch")
        assert isinstance(refused(offline), EngineTamperedError)

    def test_a_failure_says_what_go_says(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path, fails="build", says="no space left on device")
        assert "build: no space left on device" in refused(offline).detail


def install_and_report(path: Path, results: multiprocessing.Queue[str]) -> None:
    results.put(str(installation.install(lambda _: None)))


class TestAtOnce:
    def test_two_installers_make_one(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path)
        context = multiprocessing.get_context("fork")
        results: multiprocessing.Queue[str] = context.Queue()
        processes = [context.Process(target=install_and_report, args=(offline, results)) for _ in range(2)]
        for process in processes:
            process.start()
        assert {results.get(timeout=60) for _ in processes} == {str(offline / "bin" / "pulumi")}
        for process in processes:
            process.join()
        asked = [line.split()[0] for line in (tmp_path / "asked").read_text().splitlines()]
        assert asked.count("build") == 1

    def test_who_waits_says_so(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path)
        offline.parent.mkdir(parents=True)
        said: list[str] = []
        waiting = threading.Event()

        def progress(text: str) -> None:
            said.append(text)
            waiting.set()

        with (offline.parent / f".{offline.name}.lock").open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            thread = threading.Thread(target=installation.install, args=(progress,))
            thread.start()
            assert waiting.wait(60)
        thread.join()
        assert "waiting" in said[0]
        assert (offline / "bin" / "pulumi").is_file()

    def test_one_that_does_not_end_is_not_waited_for_for_ever(self, offline: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr(installation, "WAIT_SECONDS", 0.06)
        offline.parent.mkdir(parents=True)
        lock = offline.parent / f".{offline.name}.lock"
        with lock.open("w") as held:
            fcntl.flock(held, fcntl.LOCK_EX)
            with pytest.raises(EngineUnavailableError, match=r"for 0\.001 minutes") as caught:
                installation.install(lambda _: None)
        assert caught.value.code == "engine.install"
        assert str(lock) in (caught.value.hint or "")
        assert not offline.exists()

    def test_a_killed_one_leaves_nothing_half_installed(self, offline: Path, tmp_path: Path):
        fake_go(tmp_path)
        begun = tmp_path / "begun"
        program(tmp_path / "path" / "go", f"echo $$ > {begun}.new; /bin/mv {begun}.new {begun}; exec /bin/sleep 600")
        context = multiprocessing.get_context("fork")
        process = context.Process(target=installation.install, args=(lambda _: None,))
        process.start()
        while not begun.exists():
            process.join(0.02)
        os.kill(process.pid or 0, signal.SIGKILL)
        process.join()
        os.kill(int(begun.read_text()), signal.SIGKILL)
        assert not offline.exists()
        with pytest.raises(EngineUnavailableError):
            cli.find_cli()
        fake_go(tmp_path)
        assert version_of(installation.install(lambda _: None)) == VERSION
        assert sorted(item.name for item in offline.parent.iterdir()) == [f".{offline.name}.lock", offline.name]

    def test_one_that_is_there_and_broken_is_made_anew(self, offline: Path, tmp_path: Path):
        program(offline / "bin" / "pulumi", "exit 1")
        fake_go(tmp_path)
        assert version_of(installation.install(lambda _: None)) == VERSION

    def test_a_cache_that_cannot_be_written_is_told(self, offline: Path):
        offline.parent.parent.mkdir(parents=True, exist_ok=True)
        offline.parent.write_text("a file where a folder has to be")
        with pytest.raises(EngineUnavailableError, match="cannot be written") as caught:
            installation.install(lambda _: None)
        assert caught.value.code == "engine.install"
