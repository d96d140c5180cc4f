import os
import pwd

from flowyml_infra.audit.actor import account_name, current_actor, host_name


def test_a_person_is_named_with_the_machine():
    assert current_actor({"USER": "alice"}) == f"alice@{host_name()}"
    assert current_actor({"LOGNAME": "bob", "USER": "alice"}) == f"bob@{host_name()}"


def test_a_user_without_a_name_goes_by_number():
    assert current_actor({}) == f"uid{os.getuid()}@{host_name()}"


def test_a_job_is_named_with_service_project_and_run():
    github = {"GITHUB_ACTIONS": "true", "GITHUB_ACTOR": "alice", "GITHUB_REPOSITORY": "o/r", "GITHUB_RUN_ID": "7"}
    assert current_actor({**github, "USER": "runner"}) == "github:alice/o/r#7"
    gitlab = {"GITLAB_CI": "true", "GITLAB_USER_LOGIN": "bob", "CI_PROJECT_PATH": "g/p", "CI_JOB_ID": "8"}
    assert current_actor(gitlab) == "gitlab:bob/g/p#8"


def test_the_account_is_what_the_system_says_whatever_variables_do(monkeypatch):
    before = account_name()
    for name in ("LOGNAME", "USER", "USERNAME", "GITHUB_ACTOR"):
        monkeypatch.setenv(name, "mallory")
    assert account_name() == before == pwd.getpwuid(os.getuid()).pw_name


def test_an_account_without_a_name_is_not_known(monkeypatch):
    monkeypatch.setattr(os, "getuid", lambda: 987_654_321)
    assert account_name() is None
