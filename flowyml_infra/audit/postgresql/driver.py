"""Owns the loading of psycopg, which is an extra, and what its errors mean to a user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from flowyml_infra.errors import CorruptStateError, StateError, StateForbiddenError, StateUnreachableError

if TYPE_CHECKING:
    import psycopg

# Codes as in https://www.postgresql.org/docs/current/errcodes-appendix.html; two characters stand for a whole class.
_GONE: Final = frozenset({"08", "57P01", "57P02", "57P03", "57P05", "25P03", "25P04"})
_BUSY: Final = frozenset({"55P03", "40001", "40P01"})
_SLOW: Final = frozenset({"57014"})
_FORBIDDEN: Final = frozenset({"42501", "25006"})
_DAMAGED: Final = frozenset({"42P01", "42703", "XX001", "XX002"})
_UNSUITABLE: Final = frozenset({"22021", "22P05"})


def load_driver() -> Any:  # noqa: ANN401 - a module
    """The module ``psycopg`` with its ``conninfo``.

    Raises:
        StateError: It is not installed.
    """
    try:
        import psycopg
        import psycopg.conninfo
    except ImportError as error:
        raise StateError(
            f"PostgreSQL needs the driver psycopg: {error}",
            code="state.driver",
            hint="install it with `pip install 'flowyml-infra[postgresql]'`",
        ) from error
    return psycopg


def is_gone(error: psycopg.Error, connection: psycopg.Connection[Any] | None) -> bool:
    """Whether ``error`` means that the server or the way to it is gone, so that trying again later can help."""
    state = error.sqlstate or ""
    if state:
        return state in _GONE or state[:2] in _GONE
    return connection is None or connection.broken or connection.closed


def translate(error: Exception, shown: str, *, gone: bool = False) -> StateError:
    """The error that a user should see instead of ``error``.

    Args:
        error: Of the driver, or of encoding a value for it.
        shown: The state's URL without credentials.
        gone: See :func:`is_gone`.
    """
    state = getattr(error, "sqlstate", None) or ""
    text = _text(error)
    if gone:
        return StateUnreachableError(
            f"{shown} cannot be reached: {text}",
            hint="check host, port, user, password, database and sslmode of the state's URL, and that the server runs",
        )
    if state in _BUSY:
        return StateError(
            f"{shown} is in use by another process that does not let go: {text}",
            code="state.busy",
            hint="try again; `flowyml-infra lock list` shows who works on which deployment",
        )
    if state in _SLOW:
        return StateError(
            f"{shown} took too long, and ended it: {text}",
            code="state.slow",
            hint="look at the server's load and disk, then try again; nothing of it was written",
        )
    if state in _FORBIDDEN:
        return forbidden(shown, text)
    if state in _DAMAGED:
        return CorruptStateError(f"{shown} is damaged: {text}", hint="restore it from a backup; nothing was written")
    if state in _UNSUITABLE or isinstance(error, UnicodeError) or "NUL" in text:
        return StateError(
            f"a text cannot be kept in PostgreSQL, and nothing was written: {text}",
            code="state.text",
            hint="PostgreSQL keeps no NUL characters and no halves of surrogate pairs",
        )
    return StateError(
        f"{shown} cannot be used: {text}", code="state.io", hint="check that the server has room and is healthy"
    )


def forbidden(shown: str, text: str) -> StateForbiddenError:
    """What a user sees who lacks a right; ``text`` is the database's own word on it."""
    return StateForbiddenError(
        f"{shown} may not be used so by this user: {text}",
        hint="only the owner of the schema makes and upgrades its tables; `flowyml-infra state grants ROLE` prints "
        "what everybody else needs",
    )


def _text(error: Exception) -> str:
    """One line, the one that says what happened; more lines say what to try, or repeat it for every host."""
    diagnosis = getattr(error, "diag", None)
    primary = getattr(diagnosis, "message_primary", None)
    lines = str(primary or error).splitlines()
    return lines[0].strip() if lines else type(error).__name__
