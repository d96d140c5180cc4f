"""Owns the stand-in for the Kubernetes provider: its configuration, and a handler for each kind it knows."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping

from tests.emulation.plugin.diffing import Difference
from tests.emulation.plugin.failures import CheckFailure, RefusedError
from tests.emulation.plugin.handling import Checked, Properties
from tests.emulation.plugin.kubernetes import identity
from tests.emulation.plugin.kubernetes.cluster import Cluster, connect
from tests.emulation.plugin.kubernetes.kinds import KINDS
from tests.emulation.plugin.kubernetes.objects import Objects

OPTIONS = {
    "kubeconfig": None,
    "context": None,
    "clusterIdentifier": None,
    "namespace": None,
    "enableSecretMutable": "PULUMI_K8S_ENABLE_SECRET_MUTABLE",
    "enableConfigMapMutable": "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE",
    "enableServerSideApply": "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY",
    "suppressDeprecationWarnings": None,
    "suppressHelmHookWarnings": None,
    "version": None,
}
"""Each option that is translated, and the environment variable that stands for it."""


class Provider:
    """One configured Kubernetes provider."""

    functions: Mapping[str, Callable[[Properties], Properties]] = {}

    def __init__(self) -> None:
        self.config: Properties = {}
        self.cluster: Cluster | None = None

    def check_config(self, news: Properties) -> Checked:
        failures = [CheckFailure(name, "the stand-in has no such option") for name in news if name not in OPTIONS]
        if _truth(news.get("enableServerSideApply", True)) is False:
            failures.append(CheckFailure("enableServerSideApply", "only Server-Side Apply is translated"))
        return Checked(news, tuple(failures))

    def diff_config(self, olds: Properties, news: Properties) -> Difference:
        return identity.diff(olds, news)

    def configure(self, config: Properties) -> None:
        self.config = config
        # As with the official provider, an unreachable or missing cluster fails the first operation, not the start.
        self.cluster = None

    def handler(self, token: str) -> Objects | None:
        kind = KINDS.get(token)
        if kind is None:
            return None
        mutable = bool(kind.mutable_option) and self._switched_on(kind.mutable_option)
        return Objects(kind, self._connected(), self.config.get("namespace"), mutable)

    def _connected(self) -> Cluster:
        if self.cluster is None:
            kubeconfig = self.config.get("kubeconfig")
            if kubeconfig is not None and not isinstance(kubeconfig, str):
                raise RefusedError("the kubeconfig is not known yet")
            self.cluster = connect(kubeconfig, self.config.get("context"))
        return self.cluster

    def _switched_on(self, option: str) -> bool:
        variable = OPTIONS[option] or ""
        return _truth(self.config.get(option, os.environ.get(variable, False)))


def _truth(value: object) -> bool:
    """A boolean option, which the engine passes as JSON text."""
    return bool(json.loads(value.lower())) if isinstance(value, str) else bool(value)
