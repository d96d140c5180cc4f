"""Owns the table of the clouds that plugins stand in for."""

from __future__ import annotations

import importlib

from tests.emulation.plugin.handling import Provider

STRICT, INSTANT = "strict", "instant"
"""A stand-in that talks to an emulator; one that makes everything at once, and nowhere."""
PROVIDERS = {
    "aws": "pulumi_aws",
    "kubernetes": "pulumi_kubernetes",
}
"""A plugin's name: the SDK whose version it answers as its own."""
_MODULES = {
    (STRICT, "aws"): "tests.emulation.plugin.aws.provider",
    (STRICT, "kubernetes"): "tests.emulation.plugin.kubernetes.provider",
    (INSTANT, "aws"): "tests.emulation.instant.aws",
    (INSTANT, "kubernetes"): "tests.emulation.instant.kubernetes",
}
"""The module with the class ``Provider`` of each."""


def provider_for(sort: str, name: str) -> Provider:
    """A provider of that sort for the plugin ``name``."""
    provider: Provider = importlib.import_module(_MODULES[sort, name]).Provider()
    return provider
