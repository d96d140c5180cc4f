import base64
import json

import pytest

from flowyml_infra.audit.actor import host_name
from flowyml_infra.audit.origin import current_origin, given_token, running
from flowyml_infra.audit.token import token_claims
from flowyml_infra.version import __version__


def token(claims: object) -> str:
    body = base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip("=")
    return f"header.{body}.signature"


def test_an_event_says_machine_command_and_version():
    with running("state mv"):
        origin = current_origin({"USER": "alice"})
    assert origin == {"user": "alice", "host": host_name(), "command": "state mv", "version": __version__}
    assert current_origin({})["command"] == "python"


def test_a_job_of_github_actions_says_which_commit_and_workflow():
    given = {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": "o/r",
        "GITHUB_REF": "refs/heads/main",
        "GITHUB_SHA": "abc",
        "GITHUB_RUN_ID": "7",
        "GITHUB_ACTOR": "alice",
        "GITHUB_TOKEN": "canary",
    }
    job = current_origin(given)["ci"]
    assert job == {
        "service": "github",
        "project": "o/r",
        "ref": "refs/heads/main",
        "commit": "abc",
        "run": "7",
        "actor": "alice",
    }


def test_a_job_of_gitlab_says_which_pipeline():
    given = {"GITLAB_CI": "true", "CI_PROJECT_PATH": "g/p", "CI_PIPELINE_ID": "5", "CI_JOB_TOKEN": "canary"}
    assert current_origin(given)["ci"] == {"service": "gitlab", "project": "g/p", "run": "5"}


def test_a_token_gives_its_subject_and_is_not_kept_itself(tmp_path):
    text = token(
        {"iss": "https://idp", "sub": "repo:o/r:ref:main", "aud": ["x"], "email": "alice@example.com", "verified": True}
    )
    claims = {"iss": "https://idp", "sub": "repo:o/r:ref:main", "aud": ["x"]}
    assert current_origin({"FLOWYML_AUDIT_TOKEN": text})["token"] == {**claims, "verified": False}
    (tmp_path / "token").write_text(f"{text}\n")
    assert given_token({"FLOWYML_AUDIT_TOKEN_FILE": str(tmp_path / "token")}) == text


@pytest.mark.parametrize("text", ["", "x", "a.b", "a.%%.c", token([1]), token({"sub": {"deep": 1}}), "a." * 20_000])
def test_what_is_no_token_says_nothing(text):
    assert token_claims(text) == {}
    assert "token" not in current_origin({"FLOWYML_AUDIT_TOKEN": text})


def test_a_token_file_that_is_not_there_says_nothing(tmp_path):
    assert "token" not in current_origin({"FLOWYML_AUDIT_TOKEN_FILE": str(tmp_path / "none")})
