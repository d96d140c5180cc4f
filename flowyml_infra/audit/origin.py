"""Owns from where an event comes: the machine, the command, the version, and what a CI service says about its job.

All of it is what the process says about itself. A token's claims are recorded as they stand; nobody asks its issuer.
"""

from __future__ import annotations

import json
import os
from contextlib import contextmanager
from typing import TYPE_CHECKING

from flowyml_infra.audit.actor import host_name, user_name
from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

TOKEN_VARIABLE = "FLOWYML_AUDIT_TOKEN"  # noqa: S105 - a name
TOKEN_FILE_VARIABLE = "FLOWYML_AUDIT_TOKEN_FILE"  # noqa: S105 - a name

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
# Who, for whom and when, of any issuer; then what GitHub Actions and GitLab CI add.
_CLAIMS = (
    *("iss", "sub", "aud", "jti", "iat", "exp"),
    *("repository", "ref", "sha", "workflow_ref", "run_id", "actor", "environment"),
    *("project_path", "pipeline_id", "job_id", "user_login"),
)
_LONGEST_TOKEN = 16_384

_PYTHON = "python"
_command = _PYTHON


@contextmanager
def running(command: str) -> Iterator[None]:
    """Events inside the block come from ``command``, for example ``state mv``; arguments may be secret and stay out."""
    global _command  # noqa: PLW0603 - one process runs one command
    before, _command = _command, command
    try:
        yield
    finally:
        _command = before


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
    claims = token_claims(environ)
    if claims:
        origin["token"] = {**claims, "verified": False}
    return origin


def token_claims(environ: Mapping[str, str]) -> dict[str, object]:
    """What the identity token in ``FLOWYML_AUDIT_TOKEN`` or ``FLOWYML_AUDIT_TOKEN_FILE`` says; unchecked.

    The claims are those of OpenID Connect, of GitHub (https://docs.github.com/actions/concepts/security/openid-connect)
    and of GitLab (https://docs.gitlab.com/ci/secrets/id_token_authentication/). Empty for what is no token.
    """
    text = environ.get(TOKEN_VARIABLE) or _read(environ.get(TOKEN_FILE_VARIABLE))
    parts = text.strip().split(".")
    if len(parts) != 3 or len(text) > _LONGEST_TOKEN:
        return {}
    import base64

    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)))
    except ValueError:
        return {}
    if not isinstance(claims, dict):
        return {}
    return {name: claims[name] for name in _CLAIMS if isinstance(claims.get(name), str | int | list)}


def _job(environ: Mapping[str, str]) -> dict[str, object]:
    if environ.get("GITHUB_ACTIONS") == "true":
        return {"service": "github", **_given(environ, _GITHUB)}
    if environ.get("GITLAB_CI") == "true":
        return {"service": "gitlab", **_given(environ, _GITLAB)}
    return {}


def _given(environ: Mapping[str, str], variables: Mapping[str, str]) -> dict[str, str]:
    return {name: environ[variable] for name, variable in variables.items() if environ.get(variable)}


def _read(path: str | None) -> str:
    if not path:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:  # noqa: PTH123 - no pathlib here
            return file.read(_LONGEST_TOKEN + 1)
    except OSError:
        return ""
