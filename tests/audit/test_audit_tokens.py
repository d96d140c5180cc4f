"""Identity tokens: which of them are recorded as verified, and that nothing about them stops a command."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.audit.store import AuditStore
from flowyml_infra.audit.token import Trust, read_keys, token_claims
from flowyml_infra.errors import AuditError
from flowyml_infra.project import Project

ISSUER, AUDIENCE = "https://ci.example.com", "flowyml"
RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.generate_private_key(ec.SECP256R1())
STRANGER = rsa.generate_private_key(65537, 2048)


def text_of(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def number(value: int) -> str:
    return text_of(value.to_bytes((value.bit_length() + 7) // 8, "big"))


def key_set() -> dict[str, Any]:
    public, point = RSA_KEY.public_key().public_numbers(), EC_KEY.public_key().public_numbers()
    return {
        "keys": [
            {"kid": "r", "kty": "RSA", "use": "sig", "alg": "RS256", "n": number(public.n), "e": number(public.e)},
            {"kid": "e", "kty": "EC", "crv": "P-256", "x": number(point.x), "y": number(point.y)},
        ]
    }


TRUST = Trust(ISSUER, AUDIENCE, read_keys(json.dumps(key_set()).encode(), "keys.json"))


def signed(kid: str = "r", key: Any = None, header: dict[str, Any] | None = None, **claims: Any) -> str:
    now = int(time.time())
    body = {"iss": ISSUER, "aud": [AUDIENCE, "x"], "sub": "repo:a/b", "iat": now, "exp": now + 300, **claims}
    head = {"alg": "RS256" if kid == "r" else "ES256", "kid": kid, **(header or {})}
    text = ".".join(text_of(json.dumps(part).encode()) for part in (head, body))
    key = key or (RSA_KEY if kid == "r" else EC_KEY)
    if isinstance(key, rsa.RSAPrivateKey):
        signature = key.sign(text.encode(), padding.PKCS1v15(), SHA256())
    else:
        r, s = decode_dss_signature(key.sign(text.encode(), ec.ECDSA(SHA256())))
        signature = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    return f"{text}.{text_of(signature)}"


def unsigned(algorithm: str) -> str:
    head, body, _ = signed(header={"alg": algorithm}).split(".")
    return f"{head}.{body}."


def altered() -> str:
    head, body, signature = signed().split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    return f"{head}.{text_of(json.dumps({**claims, 'sub': 'repo:evil/x'}).encode())}.{signature}"


@pytest.mark.parametrize("kid", ["r", "e"])
@pytest.mark.parametrize("audience", [AUDIENCE, [AUDIENCE, "other"]])
def test_a_token_of_the_issuer_for_us_is_verified(kid, audience):
    claims = token_claims(signed(kid, aud=audience), TRUST)
    assert (claims["sub"], claims["verified"]) == ("repo:a/b", True)
    assert token_claims(signed(kid, aud=audience))["verified"] is False


FORGED = {
    "signed by another key": signed(key=STRANGER),
    "with another subject": altered(),
    "without a signature": unsigned("none"),
    "without a signature, as it says": unsigned("RS256"),
    "with a key that nobody knows": signed(header={"kid": "x"}),
    "with no key named": signed(header={"kid": None}),
    "with the header of another algorithm": signed(header={"alg": "HS256"}),
    "with an algorithm that is not the key's": signed("e", header={"alg": "RS256"}),
    "of another issuer": signed(iss="https://evil.example.com"),
    "of an issuer that looks like it": signed(iss=f"{ISSUER}/"),
    "for somebody else": signed(aud="other"),
    "for nobody": signed(aud=None),
    "for a longer name": signed(aud=f"{AUDIENCE}-x"),
    "out of date": signed(exp=int(time.time()) - 120),
    "without an end": signed(exp=None),
    "with an end that is a text": signed(exp="9999999999"),
    "not valid yet": signed(nbf=int(time.time()) + 600),
    "with an extension that has to be understood": signed(header={"crit": ["b64"]}),
}


@pytest.mark.parametrize("token", FORGED.values(), ids=FORGED)
def test_any_other_is_recorded_as_not_verified(token):
    claims = token_claims(token, TRUST)
    assert "sub" in claims
    assert claims["verified"] is False


def test_a_claim_cannot_say_that_it_is_verified():
    assert token_claims(signed(key=STRANGER, verified=True), TRUST)["verified"] is False


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", '{"keys": []}', '{"keys": [{"kty": "RSA"}]}', '{"keys": [{"kid": "a", "kty": "oct", "k": "x"}]}'],
)
def test_a_file_without_keys_is_an_error(text):
    with pytest.raises(AuditError, match=r"k\.json holds no keys"):
        read_keys(text.encode(), "k.json")


def test_a_key_that_is_too_short_or_for_something_else_is_none():
    short = rsa.generate_private_key(65537, 1024).public_key().public_numbers()
    weak = {"kid": "w", "kty": "RSA", "n": number(short.n), "e": number(short.e)}
    entries = [weak, {**key_set()["keys"][0], "use": "enc"}, key_set()["keys"][1]]
    assert list(read_keys(json.dumps({"keys": entries}).encode(), "k")) == ["e"]


class TestProject:
    @pytest.fixture
    def root(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        tokens = f"{{issuer: '{ISSUER}', audience: {AUDIENCE}, keys: keys.json}}"
        (tmp_path / "flowyml.yaml").write_text(f"audit:\n  tokens: {tokens}\n")
        (tmp_path / "keys.json").write_text(json.dumps(key_set()))
        monkeypatch.setenv("FLOWYML_STATE_KEY", "a passphrase that only tests use")
        return tmp_path

    def recorded(self, root: Path) -> object:
        with Project.open(root) as project:
            project.append_events(AuditEvent("Tried"))
        [event] = AuditStore(f"sqlite:///{root}/.flowyml/state.db").get_events(name="Tried")
        return event.origin["token"]

    def test_its_events_say_whether_the_token_is_verified(self, root, monkeypatch):
        monkeypatch.setenv("FLOWYML_AUDIT_TOKEN", signed())
        assert self.recorded(root)["verified"] is True

    def test_a_project_that_trusts_nobody_does_not_believe_what_another_one_did(self, root, tmp_path, monkeypatch):
        monkeypatch.setenv("FLOWYML_AUDIT_TOKEN", signed())
        with Project.open(root):
            pass
        (root / "flowyml.yaml").write_text("{}\n")
        assert self.recorded(root)["verified"] is False

    @pytest.mark.parametrize("name", ["missing.json", "flowyml.yaml"])
    def test_keys_that_cannot_be_read_are_told_before_anything_is_done(self, root, monkeypatch, name):
        monkeypatch.setenv("FLOWYML_AUDIT_TOKEN", signed())
        text = (root / "flowyml.yaml").read_text()
        (root / "flowyml.yaml").write_text(text.replace("keys.json", name))
        with pytest.raises(AuditError) as caught:
            Project.open(root)
        assert caught.value.code == "audit.token_keys"
        monkeypatch.delenv("FLOWYML_AUDIT_TOKEN")
        Project.open(root).close()
