"""Owns reading manifests from a git repository: which commit a ref means, and what is in its tree."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

from flowyml_infra.diagnostics import did_you_mean
from flowyml_infra.errors import SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching.snapshot import (
    STACKS_FOLDER,
    Snapshot,
    check_amount,
    check_path,
    is_manifest_name,
)
from flowyml_infra.resolution.fetching.tokens import variables_of
from flowyml_infra.resolution.places import COMMIT
from flowyml_infra.resolution.versions import best_version

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from flowyml_infra.resolution.fetching.git_client import GitClient
    from flowyml_infra.resolution.fetching.process import Ended
    from flowyml_infra.resolution.places import GitPlace

_HEAD = "HEAD"
_PEELED = "^{}"
_TREE, _FILE, _LINK = "040000", ("100644", "100755", "100664"), "120000"


@dataclass(frozen=True, slots=True)
class _Item:
    """One entry of a tree."""

    mode: str
    object: str
    size: int
    name: str


@dataclass(frozen=True, slots=True)
class Repository:
    """Reads one repository.

    Attributes:
        git: Runs git.
        place: The repository, ref and path.
    """

    git: GitClient
    place: GitPlace

    def commit(self, ref: str | None = None) -> tuple[str, str | None]:
        """The commit that the place's ref means now, and the full name of that ref.

        Args:
            ref: The full name of a ref to ask for instead.

        Raises:
            SourceRefusedError: There is no such ref, or it is both a tag and a branch.
            SourceUnreachableError: The repository cannot be asked.
        """
        wanted = self.place.ref if ref is None else ref
        if wanted is not None and COMMIT.fullmatch(wanted):
            return wanted, None
        refs = self._refs(wanted)
        name = wanted if ref is not None else self._choose(wanted, refs)
        if name is None or name not in refs:
            self._unknown(wanted, refs)
        return refs.get(name + _PEELED, refs[name]), name

    def read(self, commit: str, ref: str | None) -> Snapshot:
        """The manifests at ``commit``.

        Raises:
            SourceRefusedError: They are too many, too large, or not plain files.
            SourceUnreachableError: The commit cannot be fetched.
        """
        with tempfile.TemporaryDirectory(prefix="flowyml-git-", ignore_cleanup_errors=True) as folder:
            work = Path(folder)
            self._do("init", "--quiet", "--bare", "--template=", *_format(commit), ".", folder=work)
            self._fetch(commit, work)
            if self._do("cat-file", "-t", commit, folder=work).output.strip() != b"commit":
                raise SourceRefusedError(f"{self.place.shown} leads to an object that is no commit")
            items = self._find(commit, work)
            check_amount({path: item.size for path, item in items.items()}, self.place.shown, self.git.limits)
            return Snapshot(commit, self._contents(items, work), ref)

    def _refs(self, wanted: str | None) -> dict[str, str]:
        if wanted is None or wanted == _HEAD:
            return self._list([_HEAD])
        patterns = ["refs/tags/*", "refs/heads/*"]
        if not is_range(wanted):
            names = (wanted,) if wanted.startswith("refs/") else (f"refs/tags/{wanted}", f"refs/heads/{wanted}")
            patterns = [pattern for name in names for pattern in (name, name + _PEELED)]
        refs = self._list(patterns)
        # Only a ref that is not there is worth listing the others for.
        return refs or self._list(["refs/tags/*", "refs/heads/*"])

    def _list(self, patterns: Iterable[str]) -> dict[str, str]:
        with tempfile.TemporaryDirectory(prefix="flowyml-git-", ignore_cleanup_errors=True) as folder:
            seconds = self.git.limits.check_seconds
            words = ("ls-remote", "--quiet", "--", self.place.url, *patterns)
            ended = self.git.run(*words, folder=Path(folder), url=self.place.url, seconds=seconds)
        self._check(ended, "asked")
        lines = (line.partition("\t") for line in ended.output.decode("utf-8", "replace").splitlines())
        return {name: commit for commit, _, name in lines if COMMIT.fullmatch(commit)}

    def _choose(self, wanted: str | None, refs: Mapping[str, str]) -> str | None:
        if wanted is None or wanted == _HEAD:
            return _HEAD
        if is_range(wanted):
            tags = [name.removeprefix("refs/tags/") for name in refs if name.startswith("refs/tags/")]
            best = best_version([tag for tag in tags if not tag.endswith(_PEELED)], wanted)
            return None if best is None else f"refs/tags/{best}"
        if wanted.startswith("refs/"):
            return wanted
        found = [name for name in (f"refs/tags/{wanted}", f"refs/heads/{wanted}") if name in refs]
        if len(found) > 1:
            raise SourceRefusedError(
                f"{wanted} is a tag and a branch of {self.place.url}",
                code="source.ambiguous_ref",
                hint=f"write @refs/tags/{wanted} or @refs/heads/{wanted}",
            )
        return found[0] if found else None

    def _unknown(self, wanted: str | None, refs: Mapping[str, str]) -> NoReturn:
        names = [name.removeprefix("refs/tags/").removeprefix("refs/heads/") for name in refs if _PEELED not in name]
        hint = did_you_mean(wanted or "", names) or "name a tag, a branch, or a commit in full"
        message = f"{self.place.url} has no {wanted}" if wanted else f"{self.place.url} has no commits"
        raise SourceRefusedError(message, code="source.unknown_ref", hint=hint)

    def _fetch(self, commit: str, work: Path) -> None:
        words = ("fetch", "--quiet", "--depth=1", "--no-tags", "--no-write-fetch-head", "--no-auto-maintenance")
        ended = self.git.run(*words, "--", self.place.url, commit, folder=work, url=self.place.url)
        largest = max((path.stat().st_size for path in work.rglob("*") if path.is_file()), default=0)
        if ended.code != 0 and largest >= self.git.limits.download_bytes:
            raise SourceRefusedError(
                f"{self.place.url} is larger than {self.git.limits.download_bytes:,} bytes",
                code="source.too_large",
                hint="keep stack definitions in a repository of their own",
            )
        self._check(ended, "fetched")

    def _find(self, commit: str, work: Path) -> dict[str, _Item]:
        """The manifests in the tree, by path."""
        path = self.place.path
        if not path:
            root = self._entries(commit, "", work)
            if any(item.name == STACKS_FOLDER and item.mode == _TREE for item in root):
                root += self._entries(commit, STACKS_FOLDER, work)
            return self._manifests(root)
        found = self._tree("ls-tree", "-z", "-l", "--full-tree", commit, "--", path, folder=work)
        if not found:
            raise SourceRefusedError(
                f"there is no {path} in {self.place.shown}", code="source.no_path", hint="check the path and the ref"
            )
        if found[0].mode == _TREE:
            return self._manifests(self._entries(commit, path, work))
        return self._manifests(found, every=True)

    def _entries(self, commit: str, folder: str, work: Path) -> list[_Item]:
        found = self._tree("ls-tree", "-z", "-l", f"{commit}:{folder}", folder=work)
        for item in found:
            if "/" in item.name:
                raise SourceRefusedError(
                    f"{self.place.shown} holds {item.name!r} as one name",
                    code="source.path",
                    hint="it was made to deceive",
                )
        prefix = f"{folder}/" if folder else ""
        return [_Item(item.mode, item.object, item.size, prefix + item.name) for item in found]

    def _manifests(self, items: Iterable[_Item], *, every: bool = False) -> dict[str, _Item]:
        found: dict[str, _Item] = {}
        for item in items:
            if item.mode == _TREE or not (every or is_manifest_name(item.name)):
                continue
            path = check_path(item.name, self.place.shown, self.git.limits)
            if item.mode not in _FILE:
                what = "a link" if item.mode == _LINK else "a submodule"
                raise SourceRefusedError(
                    f"{path} in {self.place.shown} is {what}", code="source.link", hint="only plain files are read"
                )
            if path in found:
                raise SourceRefusedError(f"{self.place.shown} holds {path} more than once", code="source.path")
            found[path] = item
        return found

    def _tree(self, *words: str, folder: Path) -> list[_Item]:
        lines = self._do(*words, folder=folder).output.split(b"\0")
        if len(lines) > self.git.limits.entries + 1:
            raise SourceRefusedError(
                f"a folder of {self.place.shown} has more than {self.git.limits.entries:,} entries",
                code="source.too_many",
                hint="name a folder with fewer, or a file",
            )
        return [_item(line.decode("utf-8", "backslashreplace")) for line in lines if line]

    def _contents(self, items: Mapping[str, _Item], work: Path) -> dict[str, bytes]:
        asked = "".join(f"{item.object}\n" for item in items.values()).encode()
        data = self._do("cat-file", "--batch", folder=work, given=asked).output
        contents, start = {}, 0
        for path, item in items.items():
            end = data.index(b"\n", start)
            if data[start:end].split()[1:] != [b"blob", str(item.size).encode()]:
                raise SourceRefusedError(f"{path} in {self.place.shown} is no file")
            contents[path] = data[end + 1 : end + 1 + item.size]
            start = end + 2 + item.size
        return contents

    def _do(self, *words: str, folder: Path, given: bytes = b"") -> Ended:
        ended = self.git.run(*words, folder=folder, given=given)
        if ended.code != 0:
            raise SourceRefusedError(
                f"{self.place.shown} cannot be read", code="source.unreadable", detail=ended.errors or None
            )
        return ended

    def _check(self, ended: Ended, done: str) -> None:
        if ended.code == 0:
            return
        why = "it took too long" if ended.code is None else (ended.errors.splitlines() or [f"code {ended.code}"])[-1]
        variable = variables_of(self.place.host)[0]
        raise SourceUnreachableError(
            f"{self.place.url} could not be {done}: {why}",
            hint=f"check the address and the network; a token goes into {variable} or a git credential helper",
            detail=ended.errors or None,
        )


def is_range(ref: str) -> bool:
    """Whether a ref is a range of versions: no ref of git begins with such a sign."""
    return ref.startswith(("^", "~", ">", "<", "="))


def _item(line: str) -> _Item:
    head, _, name = line.partition("\t")
    mode, _, name_of_object, size = head.split()
    return _Item(mode, name_of_object, int(size) if size.isdigit() else 0, name)


def _format(commit: str) -> tuple[str, ...]:
    return ("--object-format=sha256",) if len(commit) == 64 else ()
