from datetime import UTC, datetime

import pytest

from flowyml_infra.audit.moments import parse_moment
from flowyml_infra.errors import UsageError

NOW = datetime(2025, 3, 10, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2025-01-31", "2025-01-31T00:00:00.000000Z"),
        ("2025-01-31T09:30", "2025-01-31T09:30:00.000000Z"),
        ("2025-01-31T09:30+02:00", "2025-01-31T07:30:00.000000Z"),
        ("2025-01-31T09:30:00.5Z", "2025-01-31T09:30:00.500000Z"),
        ("30m", "2025-03-10T11:30:00.000000Z"),
        ("12h", "2025-03-10T00:00:00.000000Z"),
        ("7d", "2025-03-03T12:00:00.000000Z"),
        ("2w", "2025-02-24T12:00:00.000000Z"),
    ],
)
def test_a_moment_is_a_day_a_time_or_how_long_ago(text, moment):
    assert parse_moment(text, NOW) == moment


@pytest.mark.parametrize("text", ["", "yesterday", "7y", "2025-13-01", "123456d", "0001-01-01T00:00+02:00"])
def test_what_is_no_moment_is_said_with_what_would_be_one(text):
    with pytest.raises(UsageError, match="is no time") as caught:
        parse_moment(text, NOW)
    assert "7d" in caught.value.hint
