"""Owns who is acting: a person at a machine, or a job of a continuous-integration service."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


def current_actor(environ: Mapping[str, str] = os.environ) -> str:
    """``user@host``, or ``service:actor/project#run`` inside a job of GitHub Actions or GitLab CI.

    A name that the process gives itself: ``origin`` records beside it what else there is to know.
    The variables are those that the services document: https://docs.github.com/actions/reference/variables and
    https://docs.gitlab.com/ci/variables/predefined_variables/.
    """
    if environ.get("GITHUB_ACTIONS") == "true":
        return _job(environ, "github", "GITHUB_ACTOR", "GITHUB_REPOSITORY", "GITHUB_RUN_ID")
    if environ.get("GITLAB_CI") == "true":
        return _job(environ, "gitlab", "GITLAB_USER_LOGIN", "CI_PROJECT_PATH", "CI_JOB_ID")
    return f"{user_name(environ)}@{host_name()}"


def host_name() -> str:
    """The name of this machine."""
    if hasattr(os, "uname"):
        return os.uname().nodename
    return os.environ.get("COMPUTERNAME", "unknown")


def user_name(environ: Mapping[str, str]) -> str:
    """The name of the user whose process this is."""
    for name in ("LOGNAME", "USER", "USERNAME"):
        if environ.get(name):
            return environ[name]
    return f"uid{os.getuid()}" if hasattr(os, "getuid") else "unknown"


def account_name() -> str | None:
    """The account that the process runs under, by the operating system and whatever variables say; None if unknown."""
    try:
        import pwd

        return pwd.getpwuid(os.getuid()).pw_name
    except (ImportError, KeyError):
        return None


def _job(environ: Mapping[str, str], service: str, actor: str, project: str, run: str) -> str:
    return f"{service}:{environ.get(actor, '?')}/{environ.get(project, '?')}#{environ.get(run, '?')}"
