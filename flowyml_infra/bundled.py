"""Owns where the files that ship beside the package are: programs, starter stacks and state migrations."""

from __future__ import annotations

from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent


def bundled_path(*parts: str) -> Path:
    """The folder or file ``parts`` of the bundled trees ``programs``, ``stacks`` and ``state``.

    An installed wheel carries them in ``flowyml_infra/_bundled``; an editable install reads them at the root of the
    checkout, so that an edit there counts at once.

    Raises:
        FileNotFoundError: The installation lacks the file.
    """
    for root in (_PACKAGE / "_bundled", _PACKAGE.parent):
        path = root.joinpath(*parts)
        if path.exists():
            return path
    raise FileNotFoundError(f"{'/'.join(parts)} is missing from this installation of flowyml-infra; reinstall it")
