"""Owns the request that takes events to a webhook: its body, its signature, and trying again within a given time.

It follows no redirect and reads no answer but the status, so that what is at the other end can do little.
"""

from __future__ import annotations

import hashlib
import hmac
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flowyml_infra.audit.event import canonical_json
from flowyml_infra.errors import AuditError
from flowyml_infra.version import __version__

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.event import AuditEvent

SIGNATURE_HEADER = "X-Flowyml-Signature"
ATTEMPTS = 3
PAUSE_SECONDS = 0.2
_PASSING = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Webhook:
    """Where events are sent.

    Attributes:
        url: The address.
        secret: The key of the signature.
        seconds: How long all deliveries of one command may take.
        allow_http: Whether an address without TLS is taken.
    """

    url: str = field(repr=False)
    secret: bytes = field(repr=False)
    seconds: float = 5.0
    allow_http: bool = False

    @property
    def host(self) -> str:
        """The host, for messages: the rest of an address is often a secret."""
        return urlsplit(self.url).hostname or "?"

    def check(self) -> None:
        """Refuse an address that events must not be sent to.

        Raises:
            AuditError: It is not one of HTTPS, and that is not allowed by name, or there is no secret.
        """
        schemes = ("https", "http") if self.allow_http else ("https",)
        if urlsplit(self.url).scheme not in schemes or not urlsplit(self.url).hostname:
            raise AuditError(
                "audit.webhook.url is no https:// address",
                code="audit.webhook",
                hint="events tell who did what where; `allow_http: true` beside it allows http:// all the same",
            )
        if not self.secret:
            raise AuditError("the secret of audit.webhook is empty", code="audit.webhook", hint="set its variable")


def post(hook: Webhook, events: Sequence[AuditEvent], deadline: float) -> str | None:
    """Send ``events``, trying again what can pass; None when they arrived, else why they did not.

    Args:
        hook: Where to.
        events: In the order of the chain.
        deadline: Until when, on the clock of ``time.monotonic``.
    """
    body = canonical_json({"format_version": "1", "events": [event.to_json() for event in events]}).encode()
    reason = "there was no time left"
    for attempt in range(ATTEMPTS):
        left = deadline - time.monotonic()
        if left <= 0:
            break
        reason, passing = _attempt(hook, body, left)
        if not reason:
            return None
        if not passing:
            break
        time.sleep(max(0.0, min(PAUSE_SECONDS * 4**attempt, deadline - time.monotonic())))
    return reason


def signature(secret: bytes, at: int, body: bytes) -> str:
    """The value of :data:`SIGNATURE_HEADER`: the time, and HMAC-SHA256 over the time, a dot and the body."""
    digest = hmac.new(secret, f"{at}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={at},v1={digest}"


class _NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: object) -> None:
        """Follow nothing: the answer becomes an error with its status."""


def _attempt(hook: Webhook, body: bytes, seconds: float) -> tuple[str, bool]:
    """Why the attempt failed, or an empty text, and whether another one may help."""
    request = urllib.request.Request(  # noqa: S310 - the scheme was checked
        hook.url,
        body,
        {
            "Content-Type": "application/json",
            "User-Agent": f"flowyml-infra/{__version__}",
            SIGNATURE_HEADER: signature(hook.secret, int(time.time()), body),
        },
        method="POST",
    )
    try:
        with urllib.request.build_opener(_NoRedirect).open(request, timeout=seconds):
            return "", False
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answered {error.code}", error.code >= 500 or error.code in _PASSING
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        return f"it cannot be reached: {reason}", True
