"""Owns the table of the clouds that plugins stand in for."""

from __future__ import annotations

import importlib
from importlib import metadata

from tests.emulation.plugin.handling import Provider

PROVIDERS = {
    "aws": ("tests.emulation.plugin.aws.provider", "pulumi_aws"),
    "kubernetes": ("tests.emulation.plugin.kubernetes.provider", "pulumi_kubernetes"),
}
"""A plugin's name: the module with its class ``Provider``, and the SDK whose version it answers as its own."""


def provider_for(name: str) -> tuple[Provider, str]:
    """A provider for the plugin ``name``, and its version."""
    module, distribution = PROVIDERS[name]
    return importlib.import_module(module).Provider(), metadata.version(distribution)
