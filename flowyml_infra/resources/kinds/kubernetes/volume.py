"""Owns the kind ``kubernetes.volume``: a claim of a volume, which can grow."""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.child import ChildType
from flowyml_infra.resources.cloud_properties import text
from flowyml_infra.resources.facts import kubernetes as facts
from flowyml_infra.resources.kind import Output
from flowyml_infra.resources.kubernetes_properties import cluster_kind, size_property, storage_class_property

KIND: Final = cluster_kind(
    "kubernetes.volume",
    "A volume that pods in a namespace can use.",
    rule=facts.OBJECT_NAME,
    called="The volume's name.",
    properties=(
        size_property("Its size; it grows where its storage class lets it.", default=10),
        storage_class_property("claim.spec.storage_class_name"),
        text(
            "access_mode",
            "Who may use it at a time: pods on one machine or on many, writing or only reading, or one pod.",
            "claim.spec.access_modes",
            default="ReadWriteOnce",
            choices=("ReadWriteOnce", "ReadWriteMany", "ReadOnlyMany", "ReadWriteOncePod"),
        ),
    ),
    outputs=(
        Output("name", "string", "The volume's name, as pods take it.", echoes="name"),
        Output("namespace", "string", "The namespace it is in.", echoes="namespace"),
        Output("id", "string", "NAMESPACE/NAME."),
    ),
    children=(ChildType("claim", facts.CLAIM, primary=True, stateful=True),),
    stateful=True,
)
