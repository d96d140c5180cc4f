"""Owns the moments that a person types: a day, a time, or how long ago."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from flowyml_infra.errors import UsageError

_AGO = re.compile(r"(\d{1,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def parse_moment(text: str, now: datetime | None = None) -> str:
    """``text`` as events have their time; without a zone it is UTC.

    Raises:
        UsageError: It is no moment.
    """
    ago = _AGO.fullmatch(text.strip())
    try:
        if ago is not None:
            moment = (now or datetime.now(UTC)) - timedelta(**{_UNITS[ago[2]]: int(ago[1])})
        else:
            moment = datetime.fromisoformat(text.strip())
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
        utc = moment.astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"{text!r} is no time",
            code="usage.time",
            hint="write 2025-01-31, 2025-01-31T09:30, 2025-01-31T09:30+02:00, or 7d, 12h, 30m for so long ago",
        ) from error
    return utc.isoformat(timespec="microseconds").replace("+00:00", "Z")
