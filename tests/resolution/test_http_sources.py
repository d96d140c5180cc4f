"""Definitions from HTTP addresses: pins, redirects, bounds, logins, certificates, servers that fail."""

import datetime as dt
import io
import ipaddress
import json
import ssl
import tarfile
import time

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from flowyml_infra.errors import DefinitionError, ResolutionError, SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching.addresses import Guard
from flowyml_infra.resolution.fetching.http import HttpClient
from flowyml_infra.resolution.fetching.limits import Limits
from flowyml_infra.resolution.fetching.tokens import Tokens, variables_of
from tests.support.pages import serve_pages
from tests.support.repositories import manifest

CANARY = "canary-token-7f3a91"


def client(limits=None, look_up=None, hosts=("127.0.0.1",), **environ):
    return HttpClient(Guard(hosts, look_up), Tokens(environ), limits or Limits(seconds=5, check_seconds=5))


def redirect(target, status=302):
    def page(handler):
        handler.send_response(status)
        handler.send_header("Location", target)
        handler.send_header("Content-Length", "0")
        handler.end_headers()

    return page


def answer(body, status=200, length=None, **headers):
    def page(handler):
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name.replace("_", "-"), value)
        if length is not False:
            handler.send_header("Content-Length", str(len(body) if length is None else length))
        handler.end_headers()
        handler.wfile.write(body)

    return page


def archive(**files):
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, text in files.items():
            item = tarfile.TarInfo(f"stacks/{name}.yaml")
            item.size = len(text)
            tar.addfile(item, io.BytesIO(text.encode()))
    return made.getvalue()


class TestDefinitions:
    def test_a_manifest_and_an_archive_are_read(self, project, web):
        web.pages["/prod.yaml"] = manifest()
        web.pages["/all.tar.gz"] = archive(one=manifest("one"), two=manifest("two"))
        assert project.resolve(f"{web.url}/prod.yaml").name == "prod"
        assert project.resolve(f"{web.url}/prod.yaml#prod").source == f"{web.url}/prod.yaml#prod"
        assert project.resolve(f"{web.url}/all.tar.gz#two").name == "two"
        assert project.resolve(f"{web.url}/all.tar.gz//stacks/one.yaml").name == "one"

    def test_what_is_no_manifest_is_said(self, project, web):
        web.pages["/prod.yaml"] = "<html>sign in</html>"
        with pytest.raises(ResolutionError, match="holds no stack definition"):
            project.resolve(f"{web.url}/prod.yaml")

    def test_it_may_read_only_the_variables_that_are_allowed(self, project, web):
        web.pages["/prod.yaml"] = manifest(store="./${HOME}")
        with pytest.raises(DefinitionError):
            project.resolve(f"{web.url}/prod.yaml", HOME="x")


class TestPins:
    def test_other_content_is_refused_until_it_is_updated(self, project, web):
        web.pages["/prod.yaml"] = manifest()
        project.resolve(f"{web.url}/prod.yaml")
        pin = json.loads(project.lock.read_text())["sources"][f"{web.url}/prod.yaml"]
        assert pin["digest"] == pin["files"]["prod.yaml"]
        web.pages["/prod.yaml"] = manifest(version="2.0.0")
        with pytest.raises(SourceRefusedError, match="was pinned at sha256:") as caught:
            project.resolve(f"{web.url}/prod.yaml")
        assert caught.value.code == "source.moved"

    def test_what_is_gone_is_refused_and_what_is_down_is_used_from_the_cache(self, project, web):
        web.pages["/prod.yaml"] = manifest()
        project.resolve(f"{web.url}/prod.yaml")
        web.pages["/prod.yaml"] = answer(b"", 503)
        assert [item.code for item in project.resolve(f"{web.url}/prod.yaml").warnings] == ["source.unchecked"]
        del web.pages["/prod.yaml"]
        with pytest.raises(SourceRefusedError, match="404"):
            project.resolve(f"{web.url}/prod.yaml")


class TestRedirects:
    def test_they_are_followed_and_checked_each(self, web):
        web.pages["/a"] = redirect("/b", 301)
        web.pages["/b"] = redirect(f"{web.url}/c", 307)
        web.pages["/c"] = "x"
        assert client().download(f"{web.url}/a") == (f"{web.url}/c", b"x")

    @pytest.mark.parametrize(
        "target",
        [
            *("http://169.254.169.254/latest/meta-data", "http://localhost/x", "http://[::1]/x", "https://10.0.0.1/x"),
            *("file:///etc/passwd", "ftp://example.com/x", "gopher://127.0.0.1/x", "//10.0.0.1/x"),
            *("http://user:pw@127.0.0.1/x", "http://127.0.0.1@169.254.169.254/x", "http://2130706433/x", "http://0/x"),
            "/x?token=1",
        ],
    )
    def test_none_leads_where_the_first_address_could_not(self, web, target):
        web.pages["/a"] = redirect(target)
        with pytest.raises(SourceRefusedError):
            client().download(f"{web.url}/a")
        assert web.asked == ["/a"]

    def test_a_circle_ends(self, web):
        web.pages["/a"] = redirect("/a")
        with pytest.raises(SourceRefusedError, match="more than 5 times"):
            client().download(f"{web.url}/a")
        assert len(web.asked) == 6

    def test_a_redirect_without_a_target_is_refused(self, web):
        web.pages["/a"] = answer(b"", 302)
        with pytest.raises(SourceRefusedError, match="to nowhere"):
            client().download(f"{web.url}/a")


class TestHosts:
    def test_a_host_that_is_not_named_is_not_asked(self, web):
        with pytest.raises(SourceRefusedError, match="not encrypted"):
            client(hosts=()).download(f"{web.url}/a")
        with pytest.raises(SourceRefusedError, match="not public"):
            client(hosts=()).download(f"{web.url}/a".replace("http:", "https:"))
        assert web.asked == []

    def test_a_name_that_is_bound_anew_between_check_and_connection_gains_nothing(self, web):
        port = web.url.rpartition(":")[2]
        web.pages["/a"] = "x"
        answers = [["127.0.0.1"], ["10.255.255.1"]]
        found = client(look_up=lambda host, port: answers.pop(0), hosts=["rebind.invalid"])
        assert found.download(f"http://rebind.invalid:{port}/a").content == b"x"
        assert len(answers) == 1

    def test_a_name_that_is_bound_anew_between_redirects_is_checked_again(self, web):
        port = web.url.rpartition(":")[2]
        web.pages["/a"] = redirect(f"https://rebind.invalid:{port}/b")
        guard = Guard(["127.0.0.1"], lambda host, port: [host if host == "127.0.0.1" else "10.0.0.1"])
        with pytest.raises(SourceRefusedError, match=r"10\.0\.0\.1"):
            HttpClient(guard, Tokens({}), Limits()).download(f"{web.url}/a")


class TestBounds:
    def test_what_is_too_long_is_refused_whatever_it_says(self, web):
        limits = Limits(file_bytes=1000, seconds=5)
        web.pages["/says"] = b"x" * 1001
        web.pages["/lies"] = answer(b"x" * 1001, length=10)
        web.pages["/silent"] = answer(b"x" * 1001, length=False)
        web.pages["/chunks"] = answer(
            b"2000\r\n" + b"x" * 8192 + b"\r\n0\r\n\r\n", length=False, Transfer_Encoding="chunked"
        )
        for path in ("/says", "/silent", "/chunks"):
            with pytest.raises(SourceRefusedError):
                client(limits).download(web.url + path)
        assert client(limits).download(f"{web.url}/lies").content == b"x" * 10

    def test_what_is_packed_is_refused(self, web):
        web.pages["/a"] = answer(b"x", Content_Encoding="gzip")
        with pytest.raises(SourceRefusedError, match="compressed"):
            client().download(f"{web.url}/a")

    def test_what_is_cut_short_is_unreachable(self, web):
        web.pages["/a"] = answer(b"x" * 10, length=100)
        web.pages["/b"] = answer(b"64\r\nxx", length=False, Transfer_Encoding="chunked")
        for path in ("/a", "/b"):
            with pytest.raises(SourceUnreachableError):
                client().download(web.url + path)

    @pytest.mark.parametrize("when", ["before", "in the head", "in the body"])
    def test_a_server_that_drips_is_given_up(self, web, when):
        def drip(handler):
            if when == "in the body":
                handler.send_response(200)
                handler.send_header("Content-Length", "1000")
                handler.end_headers()
            for _ in range(100):
                if when != "before":
                    handler.wfile.write(b"X" if when == "in the body" else b"H")
                    handler.wfile.flush()
                time.sleep(0.1)

        web.pages["/a"] = drip
        with pytest.raises(SourceUnreachableError, match="took too long"):
            client(Limits(seconds=0.3)).download(f"{web.url}/a")

    @pytest.mark.parametrize(
        "page", [b"", b"nonsense\r\n\r\n", b"HTTP/1.1 abc\r\n\r\n", b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200]
    )
    def test_what_is_no_http_is_unreachable(self, web, page):
        web.pages["/a"] = lambda handler: handler.wfile.write(page)
        with pytest.raises((SourceUnreachableError, SourceRefusedError)):
            client().download(f"{web.url}/a")

    @pytest.mark.parametrize(
        ("status", "error"),
        [
            (503, SourceUnreachableError),
            (429, SourceUnreachableError),
            (404, SourceRefusedError),
            (206, SourceRefusedError),
        ],
    )
    def test_another_answer_than_200_is_an_error(self, web, status, error):
        web.pages["/a"] = answer(b"x", status)
        with pytest.raises(error, match=str(status)):
            client().download(f"{web.url}/a")


class TestLogins:
    def test_the_token_of_the_host_is_sent(self, web):
        web.pages["/a"] = "x"
        client(FLOWYML_TOKEN_127_0_0_1=CANARY).download(f"{web.url}/a")
        assert web.logins == [f"Bearer {CANARY}"]

    def test_and_to_no_other_host_that_it_redirects_to(self, web):
        port = web.url.rpartition(":")[2]
        web.pages["/a"] = redirect(f"http://other.invalid:{port}/b")
        web.pages["/b"] = "x"
        found = client(
            look_up=lambda host, port: ["127.0.0.1"],
            hosts=["127.0.0.1", "other.invalid"],
            FLOWYML_TOKEN_127_0_0_1=CANARY,
        )
        found.download(f"{web.url}/a")
        assert web.logins == [f"Bearer {CANARY}", None]

    def test_it_is_not_in_what_is_said_when_it_is_refused(self, project, web):
        web.pages["/a.yaml"] = answer(CANARY.encode(), 401)
        with pytest.raises(SourceRefusedError) as caught:
            project.resolve(f"{web.url}/a.yaml", FLOWYML_TOKEN_127_0_0_1=CANARY)
        assert "FLOWYML_TOKEN_127_0_0_1" in caught.value.hint
        assert CANARY not in f"{caught.value} {caught.value.hint} {caught.value.detail}"

    def test_a_token_with_a_line_break_is_not_sent(self, web):
        web.pages["/a"] = "x"
        client(FLOWYML_TOKEN_127_0_0_1="a\r\nX-Evil: 1").download(f"{web.url}/a")
        assert web.logins == [None]

    @pytest.mark.parametrize(
        ("host", "first"),
        [
            ("git.example.com", "FLOWYML_TOKEN_GIT_EXAMPLE_COM"),
            ("a-b.com", "FLOWYML_TOKEN_A__B_COM"),
            ("GitHub.com", "FLOWYML_TOKEN_GITHUB_COM"),
        ],
    )
    def test_the_variable_is_named_for_the_host(self, host, first):
        assert variables_of(host)[0] == first
        assert ("GITHUB_TOKEN" in variables_of(host)) == (host == "GitHub.com")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A key and a certificate for 127.0.0.1 and tls.invalid."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tls.invalid")])
    now = dt.datetime.now(dt.UTC)
    names = [x509.DNSName("tls.invalid"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - dt.timedelta(days=1))
        .not_valid_after(now + dt.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = tmp_path_factory.mktemp("tls") / "both.pem"
    encoded = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM) + encoded)
    return path


class TestTls:
    @pytest.fixture
    def secure(self, certificate):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(certificate)
        with serve_pages(context) as pages:
            pages.pages["/a"] = "x"
            yield pages

    def test_a_certificate_that_nobody_vouches_for_is_refused(self, secure):
        with pytest.raises(SourceRefusedError, match="certificate"):
            client().download(f"{secure.url}/a")

    def test_one_that_is_trusted_has_to_be_for_the_name(self, secure, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        port = secure.url.rpartition(":")[2]
        found = client(look_up=lambda host, port: ["127.0.0.1"], hosts=["tls.invalid", "other.invalid"])
        assert found.download(f"https://tls.invalid:{port}/a").content == b"x"
        with pytest.raises(SourceRefusedError, match="certificate"):
            found.download(f"https://other.invalid:{port}/a")

    def test_a_redirect_to_what_is_not_encrypted_is_refused(self, secure, web, certificate, monkeypatch):
        monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
        secure.pages["/down"] = redirect(f"{web.url}/a")
        with pytest.raises(SourceRefusedError, match="not encrypted"):
            client().download(f"{secure.url}/down")
        assert web.asked == []
