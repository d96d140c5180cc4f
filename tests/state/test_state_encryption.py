import base64
import multiprocessing
import os
import secrets
import stat

import pytest
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.audit.event import AuditEvent
from flowyml_infra.errors import CorruptStateError, StateError
from flowyml_infra.resources.values import Sealed, Secret
from flowyml_infra.state.encryption.master_key import MasterKey, environment_key, parse_key, user_key_path
from flowyml_infra.state.encryption.sealer import KeySealer, _derive
from flowyml_infra.state.row import encode_values
from flowyml_infra.state.store import ChangeRecord, PutOutputs, PutRow
from tests.state.samples import address, begin, row, sqlite_store

RAW = bytes(range(32))
SEALER = KeySealer({"k1": RAW})

values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(values, st.text())
def test_what_was_sealed_is_what_comes_out(value, context):
    context = context.encode("utf-8", "replace").decode()
    assert SEALER.unseal(SEALER.seal(Secret(value), context), context).value == value


def test_equal_secrets_have_equal_digests_and_different_tokens():
    one, two = SEALER.seal(Secret("x"), "a"), SEALER.seal(Secret("x"), "b")
    assert one.digest == two.digest == SEALER.digest("x")
    assert one.token != two.token != SEALER.seal(Secret("x"), "b").token
    assert SEALER.digest("y") != one.digest
    assert SEALER.digest(1) != SEALER.digest("1")


def test_a_secret_cannot_be_put_in_the_place_of_another():
    sealed = SEALER.seal(Secret("x"), "lineage/resource/password")
    with pytest.raises(CorruptStateError, match="lineage/resource/user"):
        SEALER.unseal(sealed, "lineage/resource/user")


def test_every_flipped_bit_of_a_token_is_found():
    token = SEALER.seal(Secret("x"), "c").token
    for position in range(len(token)):
        for bit in range(7):
            changed = token[:position] + chr(ord(token[position]) ^ (1 << bit)) + token[position + 1 :]
            try:
                SEALER.unseal(Sealed(changed, ""), "c")
            except CorruptStateError:
                continue
            # The last character of base64 has bits that mean nothing.
            assert position == len(token) - 1


@pytest.mark.parametrize("token", ["", "v1", "v1.k1", "v1.k1.", "v1.k1.AAAA", "v2.k1.AAAA", "v1.other.AAAA", "v1.k1.ü"])
def test_what_is_no_token_is_refused(token):
    with pytest.raises(CorruptStateError):
        SEALER.unseal(Sealed(token, ""), "c")


def test_digests_and_signatures_depend_on_the_key_and_not_on_each_other():
    other = KeySealer({"k1": bytes(32)})
    text = b'"x"'
    assert SEALER.digest("x") != other.digest("x")
    assert SEALER.sign(text) != other.sign(text)
    assert SEALER.sign(text) != SEALER.digest("x")
    assert SEALER.sign(text) == KeySealer({"k1": RAW}).sign(text)


def test_a_newer_key_seals_while_older_tokens_open_and_digests_stay():
    both = KeySealer({"k1": RAW, "k2": bytes(32)})
    assert both.unseal(SEALER.seal(Secret("x"), "c"), "c").value == "x"
    assert both.seal(Secret("x"), "c").token.startswith("v1.k2.")
    assert both.digest("x") == SEALER.digest("x")


@given(st.binary(min_size=32, max_size=32), st.binary(max_size=40))
def test_keys_are_derived_by_hkdf(key, label):
    assert _derive(key, label) == HKDF(SHA256(), 32, None, label).derive(key)


@pytest.mark.parametrize(
    "text",
    [
        RAW.hex(),
        RAW.hex().upper(),
        base64.b64encode(RAW).decode(),
        base64.urlsafe_b64encode(bytes(range(224, 256))).decode(),
        base64.b64encode(RAW).decode().rstrip("=") + "\n",
    ],
)
def test_a_key_may_be_given_in_hexadecimal_or_base64(text):
    key = parse_key(text, "here")
    assert key.kdf == "raw"
    assert key.derive(b"") in (RAW, bytes(range(224, 256)))


def test_anything_else_is_a_passphrase_and_stretched():
    key = parse_key("correct horse battery staple", "here")
    assert key.kdf == "scrypt"
    assert len(key.derive(b"salt")) == 32
    assert key.derive(b"salt") == key.derive(b"salt") != key.derive(b"other")
    with pytest.raises(StateError, match="too short"):
        parse_key("hunter2", "here")


def test_a_key_does_not_show_itself():
    assert "\\x01" not in repr(MasterKey("here", "raw", RAW))


def test_the_environment_comes_before_the_file_before_the_users_own(tmp_path):
    file = tmp_path / "given.key"
    file.write_text(bytes(32).hex())
    environ = {"FLOWYML_STATE_KEY": RAW.hex(), "FLOWYML_STATE_KEY_FILE": str(file)}
    assert environment_key(environ)(create=False) == MasterKey("FLOWYML_STATE_KEY", "raw", RAW)
    del environ["FLOWYML_STATE_KEY"]
    key = environment_key(environ)(create=False)
    assert key.material == bytes(32)
    assert str(file) in key.source
    own = environment_key({}, tmp_path / "own" / "state.key")(create=True)
    assert own.source == str(tmp_path / "own" / "state.key")


def test_a_key_file_that_is_not_there_is_an_error_even_when_one_may_be_made(tmp_path):
    with pytest.raises(StateError, match=r"missing\.key cannot be read"):
        environment_key({"FLOWYML_STATE_KEY_FILE": str(tmp_path / "missing.key")})(create=True)
    assert list(tmp_path.iterdir()) == []


def test_the_users_own_key_is_made_once_for_the_user_alone(tmp_path):
    path = tmp_path / "data" / "state.key"
    first = environment_key({}, path)(create=True)
    assert environment_key({}, path)(create=False) == first
    assert len(first.material) == 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [item.name for item in path.parent.iterdir()] == ["state.key"]
    assert environment_key({}, tmp_path / "other.key")(create=True).material != first.material


def test_no_key_is_made_for_a_state_that_has_secrets_already(tmp_path):
    with pytest.raises(StateError, match="the key that opens them is not here"):
        environment_key({}, tmp_path / "state.key")(create=False)
    assert list(tmp_path.iterdir()) == []


def test_a_key_that_others_may_read_is_refused(tmp_path):
    path = tmp_path / "state.key"
    environment_key({}, path)(create=True)
    path.chmod(0o644)
    with pytest.raises(StateError) as caught:
        environment_key({}, path)(create=False)
    assert caught.value.hint == f"run `chmod 600 {path}`"


def test_a_folder_that_takes_no_key_is_named(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(StateError, match="no key can be made") as caught:
        environment_key({}, tmp_path / "file" / "state.key")(create=True)
    assert "FLOWYML_STATE_KEY" in caught.value.hint


def make_key(path, queue):
    queue.put(environment_key({}, path)(create=True).material)


def test_processes_that_make_the_key_at_once_get_the_same(tmp_path):
    context = multiprocessing.get_context("fork")
    queue = context.Queue()
    path = tmp_path / "data" / "state.key"
    processes = [context.Process(target=make_key, args=(path, queue)) for _ in range(8)]
    for process in processes:
        process.start()
    assert len({queue.get() for _ in processes}) == 1
    for process in processes:
        process.join()
    assert [item.name for item in path.parent.iterdir()] == ["state.key"]


def test_the_users_key_lies_outside_of_any_project(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert user_key_path() == tmp_path / "flowyml-infra" / "state.key"


def test_canaries_are_in_no_byte_that_is_written(tmp_path, monkeypatch):
    monkeypatch.setenv("FLOWYML_STATE_KEY", base64.b64encode(os.urandom(32)).decode())
    canaries = [f"canary-{secrets.token_hex(12)}" for _ in range(300)]
    with sqlite_store(tmp_path, key_source=environment_key()) as store:
        sealer = store.sealer()
        _, operation = begin(store)
        for number, canary in enumerate(canaries):
            name = f"r{number}"
            sealed = sealer.seal(Secret({"password": canary, "list": [canary]}), f"x/{name}")
            text = encode_values({"token": sealed})
            change = ChangeRecord(address(name), "create", "succeeded")
            event = AuditEvent("Sealed", data={"digest": sealed.digest})
            operation.write(
                [PutRow(row(name, properties_json=text, outputs_json=text)), PutOutputs({name: {"s": sealed}})],
                history=[change],
                events=[event],
            )
        written = written_under(tmp_path)
        assert len(written) >= 3, "database, log and shared memory"
    written += written_under(tmp_path)
    for canary in canaries:
        forms = (
            canary.encode(),
            canary.encode("utf-16-le"),
            base64.b64encode(canary.encode())[:-4],
            canary[7:].encode(),
        )
        assert not any(form in data for form in forms for data in written)
    assert base64.b64decode(os.environ["FLOWYML_STATE_KEY"]) not in b"".join(written)


def written_under(folder):
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]
