"""Owns how a program reaches the CLI that asked for it: over connections that no earlier run of the engine has used.

gRPC keeps connections by address in a pool of the process. Each run of the CLI listens on a port that the system picks,
and after some hundred runs in one process it picks one again. A program then got the connection of the earlier run,
which was waiting to try again after "connection refused", and failed at its first call although the CLI was there.
"""

from __future__ import annotations

from typing import Final

from pulumi.runtime import settings

OWN_POOL: Final = ("grpc.use_local_subchannel_pool", 1)
"""gRPC's channel argument for connections that are shared with no other channel."""


def keep_apart() -> None:
    """Make each channel that Pulumi opens from now on have connections of its own; asked twice, it does nothing more.

    The SDK has no setting for it, so its list of channel options is extended. Where a later version has no such list,
    nothing is changed.
    """
    options = getattr(settings, "_GRPC_CHANNEL_OPTIONS", None)
    if isinstance(options, list) and OWN_POOL not in options:
        options.append(OWN_POOL)
