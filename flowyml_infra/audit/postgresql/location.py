"""Owns what a PostgreSQL URL means: libpq's own connection URL, and beside it the schema that the tables are in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote

from flowyml_infra.audit.postgresql.driver import load_driver
from flowyml_infra.errors import StateError

if TYPE_CHECKING:
    from collections.abc import Mapping

DEFAULT_SCHEMA: Final = "flowyml_infra"

_SCHEMA: Final = re.compile(r"(?!pg_)[a-z_][a-z0-9_]{0,62}", re.ASCII)
_EXAMPLE: Final = "postgresql://user@host:5432/database?sslmode=verify-full"
# Seconds, and for the last milliseconds: a peer that vanished is noticed within one lease.
_DEFAULTS: Final = {
    "application_name": "flowyml-infra",
    "connect_timeout": "10",
    "keepalives_idle": "10",
    "keepalives_interval": "5",
    "keepalives_count": "3",
    "tcp_user_timeout": "20000",
}


@dataclass(frozen=True, slots=True)
class PostgresLocation:
    """Where tables are in PostgreSQL.

    Attributes:
        conninfo: libpq's connection parameters, see
            https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-PARAMKEYWORDS. May hold a password.
        schema: The schema that holds all tables; a plain name, safe between double quotes.
        shown: The URL without password and options, to be shown.
        parameters: What the URL gives of them, defaults and variables apart. May hold a password.
    """

    conninfo: str = field(repr=False)
    schema: str
    shown: str
    parameters: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def database(self) -> str:
        """The database's name; by default it is that of the user, and neither need be in the URL."""
        return self.parameters.get("dbname") or self.parameters.get("user", "")


def parse_location(url: str, *, schema: str = DEFAULT_SCHEMA) -> PostgresLocation:
    """What ``url`` says. All of its parameters but ``schema`` are libpq's and passed through.

    Args:
        url: The URL.
        schema: The schema where the URL names none.

    Raises:
        StateError: It is not a URL that libpq understands, the schema's name is not plain, or the driver is missing.
    """
    driver_url, named = _without_schema(url)
    driver = load_driver()
    parameters = _parse(driver_url, driver)
    place = ",".join(
        f"{quote(host, safe='')}{':' + port if port else ''}"
        for host, port in _hosts(parameters.get("host", ""), parameters.get("port", ""))
    )
    user = f"{quote(parameters['user'], safe='')}@" if "user" in parameters else ""
    database = quote(parameters.get("dbname", ""), safe="")
    suffix = "" if named in (None, schema) else f"?schema={named}"
    conninfo: str = driver.conninfo.make_conninfo(**(_DEFAULTS | parameters))
    return PostgresLocation(conninfo, named or schema, f"postgresql://{user}{place}/{database}{suffix}", parameters)


def _without_schema(url: str) -> tuple[str, str | None]:
    scheme, _, rest = url.partition("://")
    front, _, query = rest.partition("?")
    schema: str | None = None
    kept = []
    for part in filter(None, query.split("&")):
        name, _, value = part.partition("=")
        if name == "schema":
            schema = unquote(value)
        else:
            kept.append(part)
    if schema is not None and not _SCHEMA.fullmatch(schema):
        raise StateError(
            f"{schema!r} cannot be the name of a schema",
            code="state.url",
            hint="use lower-case letters, digits and underscores, at most 63; names with pg_ are PostgreSQL's own",
        )
    # A driver's name after a plus sign is SQLAlchemy's way of writing such URLs.
    return f"{scheme.partition('+')[0].lower()}://{front}{'?' if kept else ''}{'&'.join(kept)}", schema


def _parse(url: str, driver: Any) -> dict[str, str]:  # noqa: ANN401 - a module
    try:
        found = driver.conninfo.conninfo_to_dict(url)
    except driver.Error:
        # libpq's message can carry the whole URL, and with it the password.
        raise StateError(
            "the URL is none that PostgreSQL's client library understands",
            code="state.url",
            hint=f"it reads {_EXAMPLE}; special characters in names and passwords are written as %40 and the like",
        ) from None
    return {name: str(value) for name, value in found.items() if value is not None}


def _hosts(hosts: str, ports: str) -> list[tuple[str, str]]:
    names, numbers = hosts.split(","), ports.split(",")
    return [(name, numbers[min(index, len(numbers) - 1)]) for index, name in enumerate(names)]
