"""A master key that stays in a cloud's key service, against the emulator of AWS."""

import contextlib
import socket

import pytest

from flowyml_infra.errors import StateError
from flowyml_infra.resources.values import Secret
from flowyml_infra.state.encryption import key_service
from flowyml_infra.state.encryption.master_key import WrongKeyError, environment_key, key_of
from tests.emulation.aws_emulator import REGION
from tests.state.samples import sqlite_store


@pytest.fixture
def in_aws(aws, monkeypatch):
    """The process asks the emulator."""
    for name, value in aws.environment.items():
        monkeypatch.setenv(name, value)
    return aws.client("kms")


def url_of_new_key(client):
    return f"aws-kms://{REGION}/{client.create_key()['KeyMetadata']['KeyId']}"


def test_a_state_is_opened_by_a_key_that_never_leaves_the_service(in_aws, tmp_path, unique):
    client = in_aws
    key = client.create_key()["KeyMetadata"]["KeyId"]
    client.create_alias(AliasName=f"alias/{unique}", TargetKeyId=key)
    source = environment_key({"FLOWYML_STATE_KEY": f"aws-kms://{REGION}/alias/{unique}"})
    with sqlite_store(tmp_path, key_source=source) as store:
        sealed = store.sealer().seal(Secret("s"), "c")
    with sqlite_store(tmp_path, key_source=source) as store:
        assert store.sealer().unseal(sealed, "c").value == "s"
    client.delete_alias(AliasName=f"alias/{unique}")
    with sqlite_store(tmp_path, key_source=source) as store, pytest.raises(StateError) as caught:
        store.sealer()
    assert caught.value.code == "state.key"
    assert "kms:Decrypt" in caught.value.hint


def test_a_data_key_is_bound_to_its_id(in_aws):
    master = key_of(url_of_new_key(in_aws), "the tests")
    wrapped = master.wrap({"k1": bytes(range(32))})["k1"]
    assert bytes(range(32)) not in wrapped.wrapped.encode()
    assert master.unwrap("k1", wrapped) == bytes(range(32))
    with pytest.raises(WrongKeyError):
        master.unwrap("k2", wrapped)


def test_another_key_of_the_service_is_refused(in_aws):
    one, two = (key_of(url_of_new_key(in_aws), "the tests") for _ in range(2))
    wrapped = one.wrap({"k1": bytes(32)})["k1"]
    with pytest.raises(WrongKeyError):
        two.unwrap("k1", wrapped)


def test_a_state_changes_to_the_service_and_back(in_aws, tmp_path):
    local = environment_key({"FLOWYML_STATE_KEY": "correct horse battery staple"})
    remote = environment_key({"FLOWYML_STATE_KEY": url_of_new_key(in_aws)})
    with sqlite_store(tmp_path, key_source=local) as store:
        sealed = store.sealer().seal(Secret("s"), "c")
        store.accept_key(remote(create=False), "me")
    with sqlite_store(tmp_path, key_source=remote) as store:
        store.retire_keys("me")
        assert store.sealer().unseal(sealed, "c").value == "s"
        store.accept_key(local(create=False), "me")
    with sqlite_store(tmp_path, key_source=local) as store:
        assert store.sealer().unseal(sealed, "c").value == "s"


def test_a_key_that_is_not_there_is_named(in_aws, tmp_path):
    source = environment_key({"FLOWYML_STATE_KEY": f"aws-kms://{REGION}/alias/nowhere"})
    with sqlite_store(tmp_path, key_source=source) as store, pytest.raises(StateError, match="alias/nowhere") as caught:
        store.sealer()
    assert caught.value.code == "state.key"


@pytest.mark.parametrize("url", ["aws-kms://", "aws-kms://eu-west-1", "aws-kms://eu-west-1/"])
def test_a_url_without_a_key_is_refused(url):
    with pytest.raises(StateError, match="names no key"):
        key_of(url, "the tests")


def test_without_the_library_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "boto3", None)
    with pytest.raises(StateError) as caught:
        key_of("aws-kms://eu-west-1/alias/x", "the tests")
    assert "flowyml-infra[aws-kms]" in caught.value.hint


def test_a_service_that_does_not_answer_is_asked_a_few_times_and_given_up_on(monkeypatch):
    monkeypatch.setattr(key_service, "ANSWER_SECONDS", 0.1)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        master = key_of(f"aws-kms://{REGION}/alias/any", "the tests")
        with pytest.raises(StateError, match="Read timeout") as caught:
            master.wrap({"k1": bytes(32)})
        silent.settimeout(0)
        asked = 0
        with contextlib.suppress(BlockingIOError):
            while True:
                silent.accept()[0].close()
                asked += 1
    assert asked == key_service.ATTEMPTS
    assert caught.value.code == "state.key"
    assert "the way to AWS" in caught.value.hint
