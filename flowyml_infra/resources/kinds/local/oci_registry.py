"""Owns the kind ``local.oci_registry``: a folder of container images in the OCI image layout.

The layout is the one of the OCI image specification 1.0, image-layout.md: ``oci-layout``, ``index.json``, ``blobs``.
"""

from __future__ import annotations

from typing import Final

from flowyml_infra.resources.kind import Kind, Output
from flowyml_infra.resources.local_properties import ALLOW_OUTSIDE, LABELS, check_place, force_destroy, path_property

KIND: Final = Kind(
    provider="local",
    name="oci_registry",
    summary="A folder of container images in the OCI image layout.",
    engine="local",
    properties=(
        path_property("Where the folder is."),
        LABELS,
        force_destroy("Delete the registry with the images in it; without this, one with images is left alone."),
        ALLOW_OUTSIDE,
    ),
    outputs=(
        Output("path", "string", "The absolute path."),
        Output("uri", "string", "The path as an oci: reference."),
        Output("id", "string", "The path as the definition has it."),
    ),
    located_by="tag",
    stateful=True,
    identity=("path",),
    check=check_place,
)
