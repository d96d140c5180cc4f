"""Where the key comes from that signs heads, and what a signature is worth."""

import base64
import os

import pytest
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_public_key

from flowyml_infra.audit.head import SeenHead
from flowyml_infra.audit.signing import find_key, own_key, public_pem, read_public_key, signature_holds
from flowyml_infra.errors import AuditError

HEAD = SeenHead(7, "ab" * 32, "2025-01-01T00:00:00.000000Z")
SEED = bytes(range(32))
PUBLIC = base64.b64encode(Ed25519PrivateKey.from_private_bytes(SEED).public_key().public_bytes_raw()).decode()


def pem(key) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def test_a_key_is_made_once_for_a_user_and_for_his_eyes_alone(user_data):
    assert find_key() is None
    first = own_key()
    assert find_key().public == first.public == own_key().public
    path = user_data / "audit.key"
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(user_data.iterdir()) == [path]
    assert first.source == str(path)


def test_a_key_that_others_may_read_is_refused(user_data):
    own_key()
    (user_data / "audit.key").chmod(0o644)
    with pytest.raises(AuditError, match="others may read") as caught:
        find_key()
    assert "chmod 600" in caught.value.hint


@pytest.mark.parametrize(
    "text",
    [
        SEED.hex(),
        base64.b64encode(SEED).decode(),
        pem(Ed25519PrivateKey.from_private_bytes(SEED)),
        pem(Ed25519PrivateKey.from_private_bytes(SEED)).replace("\n", "\\n"),
    ],
)
def test_a_key_can_be_given_in_each_usual_form(text, tmp_path, user_data):
    assert own_key({"FLOWYML_AUDIT_KEY": text}).public == PUBLIC
    (tmp_path / "key").write_text(text)
    assert own_key({"FLOWYML_AUDIT_KEY_FILE": str(tmp_path / "key")}).public == PUBLIC
    assert not user_data.exists()


@pytest.mark.parametrize("text", ["short", "zz" * 32, pem(generate_private_key(SECP256R1())), "-----BEGIN nothing"])
def test_what_is_no_key_is_refused_and_not_shown(text, tmp_path):
    with pytest.raises(AuditError, match="FLOWYML_AUDIT_KEY holds no private Ed25519 key") as caught:
        find_key({"FLOWYML_AUDIT_KEY": text})
    assert text not in caught.value.message + caught.value.hint
    (tmp_path / "public").write_text(text)
    with pytest.raises(AuditError, match="no public Ed25519 key"):
        read_public_key(tmp_path / "public")
    with pytest.raises(AuditError, match="cannot be read"):
        find_key({"FLOWYML_AUDIT_KEY_FILE": str(tmp_path / "none")})


def test_a_folder_in_which_no_key_can_be_made_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(AuditError, match="no key can be made") as caught:
        own_key()
    assert "FLOWYML_AUDIT_KEY" in caught.value.hint


def test_the_public_key_is_what_other_tools_read(tmp_path):
    key = own_key({"FLOWYML_AUDIT_KEY": SEED.hex()})
    text = public_pem(key.public)
    head = key.sign(HEAD)
    load_pem_public_key(text.encode()).verify(base64.b64decode(head.signature), head.message())
    (tmp_path / "key.pem").write_text(text)
    (tmp_path / "key.txt").write_text(f"{key.public}\n")
    assert read_public_key(tmp_path / "key.pem") == read_public_key(tmp_path / "key.txt") == PUBLIC


def test_a_signature_holds_for_its_head_and_key_alone():
    key = own_key({"FLOWYML_AUDIT_KEY": SEED.hex()})
    head = key.sign(HEAD)
    assert signature_holds(head)
    others = [
        head._replace(seq=8),
        head._replace(hash="cd" * 32),
        head._replace(at="2025-01-02T00:00:00.000000Z"),
        head._replace(key=own_key({"FLOWYML_AUDIT_KEY": os.urandom(32).hex()}).public),
        head._replace(key="?"),
        head._replace(signature="?"),
        head._replace(signature=key.sign(HEAD._replace(seq=6)).signature),
        HEAD,
    ]
    assert [signature_holds(other) for other in others] == [False] * len(others)
