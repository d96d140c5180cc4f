"""Home of the engine that makes things in clouds and clusters: the only place that imports ``pulumi``."""

from flowyml_infra.apply.engines.pulumi.engine import PulumiEngine
from flowyml_infra.apply.engines.pulumi.site import Site

__all__ = ["PulumiEngine", "Site"]
