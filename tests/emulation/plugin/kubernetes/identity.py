"""Owns when another configuration means another cluster: everything in the old one is then replaced.

The provider compares what the kubeconfig says of the cluster, not the file's path or the user; where the program names
its cluster by ``clusterIdentifier``, that name alone decides.
"""

from __future__ import annotations

from typing import Any

from tests.emulation.plugin import diffing
from tests.emulation.plugin.failures import RefusedError
from tests.emulation.plugin.handling import Properties
from tests.emulation.plugin.kubernetes.cluster import described
from tests.emulation.plugin.values import UNKNOWN

LEADING = ("kubeconfig", "context")
NAMED = "clusterIdentifier"


def diff(olds: Properties, news: Properties) -> diffing.Difference:
    """What changes in the provider's configuration, and whether it leads to another cluster."""
    changes = diffing.compare(olds, news)
    old_name, new_name = olds.get(NAMED), news.get(NAMED)
    if old_name and new_name:
        replacing = (NAMED, *LEADING) if old_name != new_name else ()
    else:
        replacing = tuple(
            name for name in LEADING if news.get(name) is UNKNOWN or (name in olds and _elsewhere(olds, news))
        )
    return diffing.Difference(diffing.marked(changes, replacing, ()))


def _elsewhere(olds: Properties, news: Properties) -> bool:
    old, new = _cluster(olds), _cluster(news)
    return old is not None and new is not None and old != new


def _cluster(config: Properties) -> dict[str, Any] | None:
    """What the kubeconfig says of the cluster; none where it leads nowhere, which is no reason to replace."""
    if UNKNOWN in (config.get("kubeconfig"), config.get("context")):
        return None
    try:
        return described(config.get("kubeconfig"), config.get("context"))[0]
    except RefusedError:
        return None
