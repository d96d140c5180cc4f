"""What is read from a real container registry, and what is not believed."""

from __future__ import annotations

import hashlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from flowyml_infra.collectors.credentials import Login
from flowyml_infra.collectors.registry import RegistryClient, RegistryError
from flowyml_infra.policy.image import ImageReference
from tests.emulation.container_registry import PASSWORD, USER

pytestmark = pytest.mark.engine

LABELS = {"maintainer": "ada", "version": "1"}


def client(login: Login | None = Login(USER, PASSWORD)) -> RegistryClient:  # noqa: B008 -- a constant
    return RegistryClient(lambda host: login)


def read(text: str, **options):
    return client(**options).image(ImageReference.parse(text))


def test_an_image_is_read_with_its_labels_and_digest(registry):
    reference = registry.push("team/labelled:1", LABELS)
    image = read(reference)
    assert [config["config"]["Labels"] for config in image.configs] == [LABELS]
    assert image.digest == registry.digest(reference)


def test_an_image_is_read_by_its_digest(registry):
    reference = registry.push("team/pinned:1", LABELS)
    digest = registry.digest(reference)
    assert read(f"{reference}@{digest}").digest == digest


def test_every_platform_of_an_index_is_read(registry):
    one, two = registry.push("team/multi:amd", LABELS), registry.push("team/multi:arm", {"maintainer": "ada"})
    image = read(registry.push_index("team/multi:1", one, two))
    assert [config["config"]["Labels"] for config in image.configs] == [LABELS, {"maintainer": "ada"}]


@pytest.mark.parametrize(
    ("login", "said"),
    [(None, "asks for a login, and there is none"), (Login(USER, "wrong"), "refuses to show team/guarded")],
)
def test_without_the_right_login_it_is_refused_and_nothing_secret_is_said(registry, login, said):
    reference = registry.push("team/guarded:1", LABELS)
    with pytest.raises(RegistryError, match=said) as caught:
        read(reference, login=login)
    assert "wrong" not in str(caught.value)


def test_an_image_that_is_not_there_is_told_by_name(registry):
    with pytest.raises(RegistryError, match="has no team/absent 7"):
        read(f"{registry.host}/team/absent:7")


def test_a_registry_that_is_not_there_is_told_by_name():
    with pytest.raises(RegistryError, match=r"127\.0\.0\.1:9 cannot be reached"):
        read("127.0.0.1:9/team/x:1")


Answer = tuple[int, dict[str, str], bytes]


@contextmanager
def pretended(answer: Callable[[str, dict[str, str]], Answer]) -> Iterator[str]:
    """A server that answers as it likes; gives its host and port."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            status, headers, body = answer(self.path, dict(self.headers))
            self.send_response(status)
            for name, value in headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()


CONFIG = json.dumps({"config": {"Labels": LABELS}}).encode()
CONFIG_DIGEST = f"sha256:{hashlib.sha256(CONFIG).hexdigest()}"
MANIFEST = json.dumps({"config": {"digest": CONFIG_DIGEST}}).encode()


def test_a_content_that_is_not_its_digest_is_not_believed():
    lying = json.dumps({"config": {"Labels": {"approved": "yes"}}}).encode()
    with (
        pretended(lambda path, _: (200, {}, MANIFEST if "/manifests/" in path else lying)) as host,
        pytest.raises(RegistryError, match=f"gave another content than {CONFIG_DIGEST}"),
    ):
        read(f"{host}/x:1")


def test_a_manifest_that_is_not_the_pinned_one_is_not_believed():
    with (
        pretended(lambda path, _: (200, {}, MANIFEST if "/manifests/" in path else CONFIG)) as host,
        pytest.raises(RegistryError, match="gave another manifest"),
    ):
        read(f"{host}/x@sha256:{'0' * 64}")


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"manifests": []}', b'{"config": {"digest": "md5:1"}}'])
def test_an_answer_of_another_form_is_an_error(body):
    with pretended(lambda path, _: (200, {}, body)) as host, pytest.raises(RegistryError):
        read(f"{host}/x:1")


def test_a_token_is_fetched_with_the_login_and_used():
    seen: list[tuple[str, str]] = []

    def answer(path: str, headers: dict[str, str]) -> Answer:
        seen.append((path.partition("?")[0], headers.get("Authorization", "")))
        if path.startswith("/token"):
            assert "scope=repository%3Ax%3Apull" in path
            return 200, {}, b'{"token": "t0ken"}'
        if headers.get("Authorization") != "Bearer t0ken":
            challenge = f'Bearer realm="http://{host}/token",service="s",scope="repository:x:pull"'
            return 401, {"WWW-Authenticate": challenge}, b""
        return 200, {}, MANIFEST if "/manifests/" in path else CONFIG

    with pretended(answer) as host:
        assert read(f"{host}/x:1").configs[0]["config"]["Labels"] == LABELS
    asked = [path for path, _ in seen]
    assert asked == ["/v2/x/manifests/1", "/token", "/v2/x/manifests/1", f"/v2/x/blobs/{CONFIG_DIGEST}"]
    assert seen[1][1].startswith("Basic ")


def test_credentials_are_not_sent_where_the_registry_leads():
    elsewhere: list[str | None] = []

    def other(path: str, headers: dict[str, str]) -> Answer:
        elsewhere.append(headers.get("Authorization"))
        return 200, {}, CONFIG

    with pretended(other) as away:

        def answer(path: str, headers: dict[str, str]) -> Answer:
            if "Authorization" not in headers:
                return 401, {"WWW-Authenticate": "Basic"}, b""
            if "/blobs/" in path:
                return 307, {"Location": f"http://{away}/blob"}, b""
            return 200, {}, MANIFEST

        with pretended(answer) as host:
            assert read(f"{host}/x:1").configs
    assert elsewhere == [None]


def test_a_login_is_not_sent_where_it_would_not_be_encrypted():
    challenge = {"WWW-Authenticate": 'Bearer realm="http://tokens.example/token"'}
    with (
        pretended(lambda path, _: (401, challenge, b"")) as host,
        pytest.raises(RegistryError, match="where it is not encrypted"),
    ):
        read(f"{host}/x:1")
