"""Owns what ``audit verify`` checks: a state's log or an exported one, against given heads and keys."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from flowyml_infra.audit.head import SeenHead, is_hash, parse_head
from flowyml_infra.audit.verification import ChainProblem, Verdict, compare
from flowyml_infra.errors import AuditError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.audit.store import AuditStore


class Wanted(NamedTuple):
    """What is to be checked.

    Attributes:
        file: An exported log, or None.
        heads: Files with heads, or hashes of events.
        public_key: The file of the key to trust, or None for the user's own.
    """

    file: str | None = None
    heads: Sequence[str] = ()
    public_key: str | None = None


def check_store(store: AuditStore, wanted: Wanted) -> Verdict:
    """The verdict on the log of a state.

    Raises:
        AuditError: A head or a key that was given is none.
        StateError: The database cannot be read.
    """
    found = store.inspect()
    if not wanted.heads:
        return found
    return _with_heads(found, store.hashes(), wanted, ())


def check_export(wanted: Wanted) -> Verdict:
    """The verdict on an exported log.

    Raises:
        AuditError: The file, a head or a key that was given cannot be read, or there is no key to trust.
    """
    from flowyml_infra.audit.export import verify_export

    keys = _keys(wanted)
    if not keys:
        raise AuditError(
            "there is no public key to check the signature with",
            code="audit.key",
            hint="give --public-key with what `flowyml-infra audit export --public-key` printed where the log is from",
        )
    found, hashes = verify_export(_read(str(wanted.file)), keys)
    return _with_heads(found, hashes, wanted, keys)


def _with_heads(found: Verdict, hashes: Sequence[str], wanted: Wanted, keys: Sequence[str]) -> Verdict:
    """``found``, and whether the heads that were given fit."""
    from flowyml_infra.audit.export import check_signature

    problems = list(found.problems)
    heads: list[SeenHead] = []
    for given in wanted.heads:
        if is_hash(given) and not Path(given).exists():
            if given not in hashes:
                problems.append(
                    ChainProblem(len(hashes), f"no event has the hash {given}: the log was cut or rewritten")
                )
            continue
        head = parse_head(_read(given), given)
        problems += check_signature(head, keys or _keys(wanted))
        heads.append(head)
    problems += compare(hashes, heads, "as the head says that you gave")
    return found._replace(problems=tuple(problems), compared=found.compared + len(wanted.heads))


def _keys(wanted: Wanted) -> list[str]:
    from flowyml_infra.audit.signing import find_key, read_public_key

    if wanted.public_key is not None:
        return [read_public_key(Path(wanted.public_key))]
    own = find_key()
    return [] if own is None else [own.public]


def _read(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise AuditError(
            f"{path} cannot be read: {getattr(error, 'strerror', None) or error}",
            code="audit.file",
            hint="name a file that `flowyml-infra audit export` wrote",
        ) from error
