"""Owns the arguments that several commands share: which stack, whether to ask, how much at once."""

from __future__ import annotations

from flowyml_infra.cli.arguments.declaration import option, positional, switch


def parallelism(text: str) -> int:
    """A number of engine calls, 1 to 256.

    Raises:
        ValueError: It is not.
    """
    number = int(text)
    if not 1 <= number <= 256:
        raise ValueError
    return number


def seconds(text: str) -> float:
    """A time to wait, more than nothing.

    Raises:
        ValueError: It is none.
    """
    number = float(text)
    if not 0 < number < float("inf"):
        raise ValueError
    return number


STACK = positional("STACK", "a name, a manifest or a URI (default: the active stack)")
STACK_OPTION = option("--stack", "STACK", "the stack (default: the active one)")
AUTO_APPROVE = switch("--auto-approve", text="do not ask")
FORCE_ENV = switch("--force-env", text="allow an environment that maps to another stack")
PARALLELISM = option("--parallelism", "N", "engine calls at once, 1 to 256 (default: 10)", parse=parallelism)
READS = option("--parallelism", "N", "reads at once, 1 to 256 (default: 10)", parse=parallelism)
TIMEOUT = option("--timeout", "SECONDS", "how long one read may take (default: 300)", parse=seconds)
