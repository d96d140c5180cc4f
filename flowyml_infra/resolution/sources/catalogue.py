"""Owns which sources are searched for a name, and in which order; a new source is one module and one line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowyml_infra.resolution.sources.builtin import Builtin
from flowyml_infra.resolution.sources.folder import Folder
from flowyml_infra.resolution.sources.project_file import ProjectFile
from flowyml_infra.resolution.sources.registry import Registry

if TYPE_CHECKING:
    from collections.abc import Sequence

    from flowyml_infra.resolution.loading import Loading
    from flowyml_infra.resolution.sources.source import Source


def sources(loading: Loading) -> Sequence[Sequence[Source]]:
    """The sources in ranks: a name is looked for in a rank's every source, and in the next rank only if none has it.

    The built-in stack comes before the registry, so that nothing that was registered can pass for it.
    """
    folders = [Folder(loading, path, shown) for path, shown in loading.manifest_folders()]
    return [[ProjectFile(loading), *folders], [Builtin(loading)], [Registry(loading)]]
