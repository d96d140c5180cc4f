"""Owns resources that are folders: those for files, and those with an OCI image layout in them."""

from __future__ import annotations

import errno
import json
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, Final
from urllib.parse import quote

from flowyml_infra.apply.engines.local.durable import sync_folder, write_new
from flowyml_infra.apply.engines.local.mark import LONGEST_MARK, Mark

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from flowyml_infra.apply.engine import Subject
    from flowyml_infra.resources.values import Value

MARK_FILE: Final = ".flowyml-resource.json"
_MARK_DRAFT: Final = ".flowyml-resource.json.new"
_OWN: Final = frozenset({MARK_FILE, _MARK_DRAFT})
_TAKEN: Final = frozenset({errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR, errno.EISDIR})


class Directory:
    """A folder for files, with its mark in a hidden file."""

    noun = "a folder"

    def build(self, path: Path, subject: Subject, mark: Mark) -> None:
        """Make the folder with its mark."""
        path.mkdir()
        self._fill(path)
        write_new(path / MARK_FILE, mark.to_text().encode())
        self._settle(path, subject)
        sync_folder(path)

    def _fill(self, path: Path) -> None:
        """Make what is in it from the beginning."""

    def _settle(self, path: Path, subject: Subject) -> None:
        path.chmod(int(str(subject.properties["mode"]), 8))

    def put(self, source: Path, target: Path) -> None:
        """Rename it; an empty folder at ``target`` is taken over, which rename(2) does without a gap."""
        try:
            source.rename(target)
        except OSError as error:
            if error.errno in _TAKEN:
                raise FileExistsError(errno.EEXIST, "File exists", str(target)) from error
            raise

    def is_at(self, path: Path) -> bool:
        """Whether a real folder is at ``path``."""
        try:
            return stat.S_ISDIR(os.lstat(path).st_mode)
        except (FileNotFoundError, NotADirectoryError):
            return False

    def mark_at(self, path: Path) -> Mark | None:
        """The mark in the hidden file."""
        try:
            number = os.open(path / MARK_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            if error.errno == errno.ELOOP:
                return None
            raise
        try:
            return Mark.parse(os.read(number, LONGEST_MARK))
        finally:
            os.close(number)

    def adjust(self, path: Path, subject: Subject, mark: Mark) -> None:
        """Replace the mark as a whole and set the permissions."""
        draft = path / _MARK_DRAFT
        draft.unlink(missing_ok=True)
        write_new(draft, mark.to_text().encode())
        draft.replace(path / MARK_FILE)
        self._settle(path, subject)
        sync_folder(path)

    def observe(self, path: Path) -> Mapping[str, Value]:
        """The permissions."""
        return {"mode": f"{stat.S_IMODE(os.lstat(path).st_mode):04o}"}

    def holdings(self, path: Path, going: Collection[Path] = ()) -> str | None:
        """How many entries it has beside the mark."""
        names = sorted(entry.name for entry in path.iterdir() if entry.name not in _OWN and entry not in going)
        if not names:
            return None
        more = f" and {len(names) - 1} more" if len(names) > 1 else ""
        return f"has {names[0]}{more} in it"

    def others(self, path: Path) -> list[Mark]:
        """The marks in the folders below."""
        found: list[Mark] = []
        for folder, _, files in os.walk(path):
            if MARK_FILE in files and folder != str(path):
                mark = self.mark_at(Path(folder))
                if mark is not None:
                    found.append(mark)
        return found

    def remove(self, path: Path, former: Path) -> None:  # noqa: ARG002 -- a folder leaves nothing behind
        """Remove the folder and what is in it."""
        self.discard(path)

    def discard(self, path: Path) -> None:
        """Remove the folder, if it is there, with whatever is in it."""
        if not self.is_at(path):
            return
        for name in _OWN:
            (path / name).unlink(missing_ok=True)
        try:
            path.rmdir()
        except OSError as error:
            if error.errno not in (errno.ENOTEMPTY, errno.EEXIST):
                raise
            import shutil

            shutil.rmtree(path)

    def uri(self, path: Path) -> str:
        """A file:// URI."""
        return f"file://{quote(str(path))}"


class OciLayout(Directory):
    """A folder with an OCI image layout.

    The files and their content are those of https://github.com/opencontainers/image-spec/blob/v1.0.2/image-layout.md;
    a layout may have further files, so the mark is no harm to it.
    """

    noun = "an OCI layout"

    def _fill(self, path: Path) -> None:
        (path / "blobs" / "sha256").mkdir(parents=True)
        index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}
        write_new(path / "index.json", json.dumps(index).encode())
        write_new(path / "oci-layout", json.dumps({"imageLayoutVersion": "1.0.0"}).encode())
        sync_folder(path / "blobs")

    def _settle(self, path: Path, subject: Subject) -> None:
        """Leave the permissions as the process makes them."""

    def observe(self, path: Path) -> Mapping[str, Value]:  # noqa: ARG002 -- nothing but path and labels
        """Nothing."""
        return {}

    def holdings(self, path: Path, going: Collection[Path] = ()) -> str | None:
        """How many blobs it has, and how many files that no empty layout has."""
        own = _OWN | {"blobs", "index.json", "oci-layout"}
        names = [entry.name for entry in path.iterdir() if entry.name not in own and entry not in going]
        blobs = sum(len(files) for _, _, files in os.walk(path / "blobs"))
        if blobs:
            return f"has {blobs} blobs in it" if blobs > 1 else "has a blob in it"
        return f"has {min(names)} in it" if names else None

    def uri(self, path: Path) -> str:
        """An ``oci:`` reference, as skopeo and others write it."""
        return f"oci:{path}"
