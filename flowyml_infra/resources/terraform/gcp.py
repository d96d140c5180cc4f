"""Owns which resource types of Terraform's ``google`` provider the kinds on Google Cloud stand for.

The engine's provider is made from Terraform's, so ids are the same. Attributes and ids were read in the provider's
documentation, https://registry.terraform.io/providers/hashicorp/google/latest/docs, and in the section on imports of
each class of ``pulumi_gcp`` 10.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowyml_infra.resources.terraform.terraform_type import TerraformType, attribute, either, segment

if TYPE_CHECKING:
    from collections.abc import Mapping

    from flowyml_infra.resources.terraform.terraform_type import Attributes, Find

_ID: Final = attribute("id")
_PROJECT: Final = either(attribute("project"), segment("id", "projects"))


def _cluster(attributes: Attributes) -> str | None:
    """The cluster's name, which may also be written as its path."""
    found = attributes.text("cluster")
    return None if found is None else found.rpartition("/")[2]


def _type(name: str, kind: str, called: Find, region: Find | None, id_: Find = _ID, **more: Find) -> TerraformType:
    tells = {"name": called, "project_id": _PROJECT, **more}
    return TerraformType(name, kind, id_, tells if region is None else {**tells, "region": region})


_NAME, _LOCATION, _REGION = attribute("name"), attribute("location"), attribute("region")

TYPES: Final = (
    _type("google_storage_bucket", "gcp.bucket", _NAME, _LOCATION, _NAME),
    _type("google_container_cluster", "gcp.cluster", _NAME, _LOCATION),
    _type("google_container_node_pool", "gcp.node_pool", _NAME, _LOCATION, cluster=_cluster),
    _type("google_sql_database_instance", "gcp.database", _NAME, _REGION),
    _type("google_artifact_registry_repository", "gcp.registry", attribute("repository_id"), _LOCATION),
    _type("google_service_account", "gcp.identity", attribute("account_id"), None),
    _type("google_kms_crypto_key", "gcp.key", _NAME, segment("id", "locations")),
    _type("google_secret_manager_secret", "gcp.secret", attribute("secret_id"), None),
    # A network is everywhere; the region of the kind is that of its subnetwork.
    _type("google_compute_network", "gcp.network", _NAME, None),
    _type("google_vertex_ai_tensorboard", "gcp.vertex", attribute("display_name"), _REGION),
)

SETTINGS: Final[Mapping[str, tuple[str, str]]] = {}
"""As for AWS; what belongs to something has a name of its own here."""
