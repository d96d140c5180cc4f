"""Where logins for registries come from, and that none goes to a registry that it is not for."""

import base64
import json

import pytest

from flowyml_infra.collectors.credentials import Login, login_for

AUTH = base64.b64encode(b"ada:se:cret").decode()


def config(folder, document):
    (folder / "config.json").write_text(document if isinstance(document, str) else json.dumps(document))
    return {"DOCKER_CONFIG": str(folder)}


@pytest.mark.parametrize("name", ["r.example:5000", "https://r.example:5000", "https://r.example:5000/"])
def test_docker_s_own_configuration_is_read(tmp_path, name):
    environ = config(tmp_path, {"auths": {name: {"auth": AUTH}}})
    assert login_for("r.example:5000", environ) == Login("ada", "se:cret")
    assert login_for("r.example", environ) is None
    assert login_for("other.example", environ) is None


def test_docker_hub_has_a_name_of_its_own_there(tmp_path):
    environ = config(tmp_path, {"auths": {"https://index.docker.io/v1/": {"auth": AUTH}}})
    assert login_for("docker.io", environ) == Login("ada", "se:cret")


def test_an_identity_token_is_one(tmp_path):
    environ = config(tmp_path, {"auths": {"r.example": {"identitytoken": "t"}}})
    assert login_for("r.example", environ) == Login("<token>", "t")


def test_a_helper_is_asked_for_the_registry_it_is_named_for(tmp_path, monkeypatch):
    helper = tmp_path / "docker-credential-testing"
    helper.write_text('#!/bin/sh\nread host\nprintf \'{"Username":"%s","Secret":"s"}\' "$host"\n')
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    environ = config(tmp_path, {"credHelpers": {"r.example": "testing", "x.example": "absent"}})
    assert login_for("r.example", environ) == Login("r.example", "s")
    assert login_for("x.example", environ) is None
    assert login_for("r.example", config(tmp_path, {"credHelpers": {"r.example": "../evil"}})) is None


def test_variables_count_for_the_host_that_they_name_and_for_no_other(tmp_path):
    environ = {
        **config(tmp_path, {}),
        "FLOWYML_REGISTRY_HOST": "r.example",
        "FLOWYML_REGISTRY_USERNAME": "ada",
        "FLOWYML_REGISTRY_PASSWORD": "s",
    }
    assert login_for("r.example", environ) == Login("ada", "s")
    assert login_for("evil.example", environ) is None


@pytest.mark.parametrize("document", ["", "[]", '{"auths": 7}', '{"auths": {"r.example": {"auth": "!"}}}'])
def test_a_broken_configuration_is_as_none(tmp_path, document):
    assert login_for("r.example", config(tmp_path, document)) is None


def test_a_login_does_not_show_its_secret():
    assert "s3cret" not in repr(Login("ada", "s3cret"))
