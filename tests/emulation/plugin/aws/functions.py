"""Owns what the provider's functions share: arguments that are known, and the region that is asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tests.emulation.plugin.aws.account import Account, refusals
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties


@dataclass(frozen=True)
class Function:
    """One function: what it is asked with, and who answers for a region."""

    ask: Callable[[Account, str, Properties], Properties]
    known: frozenset[str] = frozenset()
    required: tuple[str, ...] = ()

    def answer(self, account: Account, arguments: Properties) -> Properties:
        """What the cloud says, with the arguments beside it.

        Raises:
            RefusedError: An argument is unknown or missing, or the cloud refuses.
        """
        unknown = sorted(set(arguments) - self.known - {"region"})
        missing = sorted(set(self.required) - set(arguments))
        if unknown or missing:
            raise RefusedError(f"the function takes no {unknown} and needs {missing}")
        region = arguments.get("region") or account.region
        with refusals("asking"):
            return {**arguments, "region": region, **self.ask(account, region, arguments)}
