"""Owns from where an event comes: the machine, the command, the version, and what a CI service says about its job.

All of it is what the process says about itself. A token's claims are recorded as they stand, and beside them whether
the issuer that flowyml.yaml trusts has signed them.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.audit.actor import host_name, user_name
from flowyml_infra.version import __version__

_READ_AT_MOST = 32_768
"""Bytes of a token's file: more than any token has."""

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from flowyml_infra.audit.token import Trust

# The variables that the services document; see flowyml_infra.audit.actor for where.
_GITHUB = {
    "project": "GITHUB_REPOSITORY",
    "ref": "GITHUB_REF",
    "commit": "GITHUB_SHA",
    "workflow": "GITHUB_WORKFLOW_REF",
    "run": "GITHUB_RUN_ID",
    "attempt": "GITHUB_RUN_ATTEMPT",
    "actor": "GITHUB_ACTOR",
    "started_by": "GITHUB_TRIGGERING_ACTOR",
    "cause": "GITHUB_EVENT_NAME",
}
_GITLAB = {
    "project": "CI_PROJECT_PATH",
    "ref": "CI_COMMIT_REF_NAME",
    "commit": "CI_COMMIT_SHA",
    "workflow": "CI_CONFIG_PATH",
    "run": "CI_PIPELINE_ID",
    "job": "CI_JOB_ID",
    "actor": "GITLAB_USER_LOGIN",
    "cause": "CI_PIPELINE_SOURCE",
}
_PYTHON = "python"
_command = _PYTHON
_trust: Trust | None = None


@contextmanager
def running(command: str) -> Iterator[None]:
    """Events inside the block come from ``command``, for example ``state mv``; arguments may be secret and stay out."""
    global _command  # noqa: PLW0603 - one process runs one command
    before, _command = _command, command
    try:
        yield
    finally:
        _command = before


def trust_tokens(trust: Trust | None) -> None:
    """Events from now on say whether their token is one that ``trust`` stands for."""
    global _trust  # noqa: PLW0603 - one process works on one project
    _trust = trust


def current_origin(environ: Mapping[str, str] = os.environ) -> dict[str, object]:
    """``{"user", "host", "command", "version"}``; ``ci`` in a job, and ``token`` where an identity token is given."""
    origin: dict[str, object] = {
        "user": user_name(environ),
        "host": host_name(),
        "command": _command,
        "version": __version__,
    }
    job = _job(environ)
    if job:
        origin["ci"] = job
    token = given_token(environ)
    if token:
        from flowyml_infra.audit.token import token_claims

        claims = token_claims(token, _trust)
        if claims:
            origin["token"] = claims
    return origin


def given_token(environ: Mapping[str, str]) -> str:
    """The token in ``FLOWYML_AUDIT_TOKEN``, or in the file of ``FLOWYML_AUDIT_TOKEN_FILE``; empty without one."""
    return (environ.get("FLOWYML_AUDIT_TOKEN") or _read(environ.get("FLOWYML_AUDIT_TOKEN_FILE"))).strip()


def _read(path: str | None) -> str:
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - no pathlib here
            return file.read(_READ_AT_MOST)
    except OSError:
        return ""


def _job(environ: Mapping[str, str]) -> dict[str, object]:
    if environ.get("GITHUB_ACTIONS") == "true":
        return {"service": "github", **_given(environ, _GITHUB)}
    if environ.get("GITLAB_CI") == "true":
        return {"service": "gitlab", **_given(environ, _GITLAB)}
    return {}


def _given(environ: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[variable] for name, variable in variables.items() if environ.get(variable)}
