"""Owns what a failure of the engine means: which resource it is about, what the cause is, and what to do about it."""

from __future__ import annotations

import re
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, NamedTuple

from pulumi.automation.errors import CommandError, StackNotFoundError

from flowyml_infra.errors import EngineError, NoEngineRecordError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from flowyml_infra.address import Address


class Cause(NamedTuple):
    """A sort of failure: what its messages look like, its code, what it is, what to do, whether it passes by itself."""

    pattern: re.Pattern[str]
    code: str
    clause: str
    hint: str
    transient: bool


def _cause(pattern: str, code: str, clause: str, hint: str, *, transient: bool = False) -> Cause:
    return Cause(re.compile(pattern, re.IGNORECASE), f"engine.{code}", clause, hint, transient)


CAUSES: Final[Sequence[Cause]] = (
    _cause(
        r"the lease of .* was lost",
        "fenced",
        "the lease was lost",
        "`flowyml-infra lock list` shows who works on the deployment now",
    ),
    _cause(
        r"NoCredentialProviders|no valid credential|ExpiredToken|InvalidClientTokenId"
        r"|could not find default credentials|invalid_grant|\b401\b|Unauthorized|authentication failed|az login",
        "authentication",
        "the cloud does not know who is asking",
        "sign in, or set the cloud's own variables for credentials; `flowyml-infra doctor` tells what it finds",
    ),
    _cause(
        r"LimitExceeded|QuotaExceeded|quota|VcpuLimit|InsufficientInstanceCapacity|exceeded quota|OperationNotAllowed",
        "quota",
        "the account has no room for it",
        "ask the cloud for a higher quota, or choose a smaller size or another region",
    ),
    _cause(
        r"is immutable|field is immutable|\" is invalid: |InvalidParameter|ValidationException|ValidationError",
        "invalid",
        "the cloud does not take it",
        "correct the value that the message names; a plan with --replace makes the thing anew",
    ),
    _cause(
        r"AccessDenied|UnauthorizedOperation|not authorized to perform|AuthorizationFailed|PERMISSION_DENIED"
        r"|\b403\b|Forbidden|forbidden",
        "permission",
        "who is asking may not do this",
        "ask for the right that the message names",
    ),
    _cause(
        r"ImagePullBackOff|ErrImagePull|manifest unknown|image .* not found",
        "image",
        "the image is not there",
        "push it, or correct its name and tag",
    ),
    _cause(
        r"BucketAlreadyExists|BucketAlreadyOwnedByYou|AlreadyExists|already exists|AlreadyTaken|EntityAlreadyExists"
        r"|NameUnavailable|\b409\b",
        "taken",
        "the name is taken",
        "choose another name, or take the thing over with `flowyml-infra state import`",
    ),
    _cause(
        r"BucketNotEmpty|not empty|DependencyViolation|DeleteConflict|InUse",
        "in_use",
        "something is still in it or uses it",
        "empty it, or set force_destroy: true where the kind has it",
    ),
    _cause(
        r"no resource plugin|failed to load plugin|could not (load|find) plugin|plugin .* not found",
        "plugin",
        "the plugin of the cloud's provider is missing",
        "it is fetched from the internet on first use; without a way there, put it on PATH",
    ),
    _cause(
        r"stack is currently locked|the stack is locked",
        "backend_locked",
        "another run of the engine holds its record",
        "wait for it to end; what a killed run left behind is ended by the next apply",
    ),
    _cause(
        r"no space left on device|disk quota exceeded",
        "no_room",
        "there is no room for the engine's record",
        "make room, then run the same command again: what was under way is looked up",
    ),
    _cause(
        r"failed to load checkpoint",
        "record_damaged",
        "the engine's record is not whole",
        "run the same command again: a copy that is whole takes its place",
    ),
    _cause(
        r"\bcode: -\d+",
        "ended",
        "the engine was ended before it had done it",
        "run the same command again: what was under way is looked up",
    ),
    _cause(
        r"connection refused|no such host|i/o timeout|dial tcp|network is unreachable|EOF|context deadline exceeded"
        r"|Max retries exceeded|Name or service not known",
        "network",
        "the cloud was not reached",
        "check the network and the endpoint, then run the same command again",
    ),
    _cause(
        r"Throttl|Rate exceeded|TooManyRequests|RequestLimitExceeded|\b429\b",
        "throttled",
        "the cloud is asked too often",
        "run the same command again, with a lower --parallelism",
        transient=True,
    ),
)
"""What messages mean, the first that fits."""
_NOISE: Final = re.compile(r"(error: |\s+\* |\d+ errors? occurred:|urn:pulumi:\S+: )")


def messages_of(error: BaseException) -> list[str]:
    """What a failed command of the CLI said was wrong; all that it said, where it did not say that."""
    text = str(error)
    found: list[str] = []
    for line in text.splitlines():
        if "error: " in line:
            found.append(line.partition("error: ")[2].strip())
        elif found and line.lstrip().startswith("* "):
            # Several errors are a list below the line that counts them.
            found[-1] += f"\n{line.strip().removeprefix('* ')}"
    return [line for line in found if line] or [text]


def no_record() -> NoEngineRecordError:
    """The error of a deployment that the engine does not know."""
    return NoEngineRecordError(
        "the engine has no record of this deployment",
        hint="`flowyml-infra state rebuild` makes it anew from what is recorded here",
    )


@contextmanager
def explained() -> Iterator[None]:
    """What the CLI says was wrong inside becomes an error that says what it means.

    Raises:
        NoEngineRecordError: There is no stack.
        EngineError: A command failed.
    """
    try:
        yield
    except StackNotFoundError as error:
        raise no_record() from error
    except CommandError as error:
        raise failure(None, messages_of(error)) from error


def failure(address: Address | None, messages: Sequence[str]) -> EngineError:
    """The error that ``messages`` of the engine about ``address`` mean."""
    text = "\n".join(dict.fromkeys(message.strip() for message in messages if message.strip()))
    cause = next((item for item in CAUSES if item.pattern.search(text)), None)
    told = _NOISE.sub("", text).strip().splitlines() or ["it did not say why"]
    first = next((line for line in told if line.strip()), told[0]).strip()
    if cause is None:
        return EngineError(first, address=address, detail=text if text != first else None)
    error = EngineError(f"{cause.clause}: {first}", code=cause.code, address=address, hint=cause.hint, detail=text)
    error.transient = cause.transient
    return error
