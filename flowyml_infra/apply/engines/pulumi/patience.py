"""Owns the asking again where a cloud says that it was only asked too often."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeVar

from tenacity import Retrying, retry_if_exception, stop_after_attempt, wait_exponential_jitter

from flowyml_infra.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Callable

_ATTEMPTS: Final = 4
_FIRST_WAIT_SECONDS: Final = 1.0
_LONGEST_WAIT_SECONDS: Final = 30.0

T = TypeVar("T")


def patiently(call: Callable[[], T]) -> T:
    """The result of ``call``, which is made again after a while, three times at most, when its failure is transient.

    Raises:
        EngineError: It failed for another reason, or every time.
    """
    wait = wait_exponential_jitter(_FIRST_WAIT_SECONDS, _LONGEST_WAIT_SECONDS)
    again = Retrying(stop=stop_after_attempt(_ATTEMPTS), wait=wait, retry=retry_if_exception(_transient), reraise=True)
    return again(call)


def _transient(error: BaseException) -> bool:
    return isinstance(error, EngineError) and error.transient
