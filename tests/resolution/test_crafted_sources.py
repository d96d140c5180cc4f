"""Repositories and archives that were made to do harm: each is refused, or gives its good manifest and nothing else."""

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

import pytest

from flowyml_infra.errors import SourceRefusedError
from flowyml_infra.resolution.fetching.addresses import Guard
from flowyml_infra.resolution.fetching.archive import read_archive
from flowyml_infra.resolution.fetching.git_client import GitClient
from flowyml_infra.resolution.fetching.limits import Limits
from flowyml_infra.resolution.fetching.repository import Repository as Reader
from flowyml_infra.resolution.fetching.tokens import Tokens
from flowyml_infra.resolution.places import GitPlace
from tests.support.repositories import Repository, manifest

LIMITS = Limits(
    file_bytes=20_000, total_bytes=60_000, files=20, entries=200, depth=4, unpacked_bytes=2_000_000, seconds=20
)
GOOD = manifest("good").encode()
OUTSIDE = ["/etc/passwd", "../secret.yaml", "../../../../etc/passwd", "~/.ssh/id_rsa", "/proc/self/environ", "."]
NAMES = [
    *("../evil.yaml", "a/../../evil.yaml", "stacks/../../evil.yaml", "/evil.yaml", "//evil.yaml", "a//evil.yaml"),
    *("./../evil.yaml", "..", "../", "a/..", "a/./evil.yaml", ".git/evil.yaml", "a/.GIT/evil.yaml", "C:evil.yaml"),
    *(
        "C:/evil.yaml",
        "C:\\evil.yaml",
        "..\\evil.yaml",
        "stacks\\evil.yaml",
        "a\nb.yaml",
        "a\x1b[2J.yaml",
        "a\x7f.yaml",
    ),
    *("\u202eevil.yaml", "a/" * 8 + "evil.yaml", "a" * 2000 + ".yaml", "file:evil.yaml", "evil.yaml:stream"),
]


def tar(*members, mode="w:gz", form=tarfile.PAX_FORMAT):
    """An archive of (name, content or type or TarInfo) members."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode=mode, format=form) as archive:
        for name, content in members:
            item = tarfile.TarInfo(name)
            if isinstance(content, tuple):
                item.type, item.linkname = content
                archive.addfile(item)
            else:
                item.size = len(content)
                archive.addfile(item, io.BytesIO(content))
    return made.getvalue()


def packed(*members, how=zipfile.ZIP_DEFLATED):
    """A zip of (name, content, mode) members."""
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", how) as archive:
        for name, content, mode in members:
            item = zipfile.ZipInfo("x")
            item.filename = name
            item.external_attr = mode << 16
            archive.writestr(item, content, compress_type=how)
    return made.getvalue()


def refuse(data, shown, path=""):
    with pytest.raises(SourceRefusedError) as caught:
        read_archive(data, path, shown, LIMITS)
    assert shown in caught.value.message
    return caught.value


class TestArchives:
    @pytest.mark.parametrize("shown", ["s.tar.gz", "s.tgz", "s.tar", "s.zip"])
    @pytest.mark.parametrize("top", ["", "stacks/", "repo-1.0/", "repo-1.0/stacks/"])
    def test_good_ones_are_read(self, shown, top):
        name = f"{top}good.yaml"
        data = packed((name, GOOD, 0o100644)) if shown == "s.zip" else None
        data = data or tar((name, GOOD), mode="w" if shown == "s.tar" else "w:gz")
        assert list(read_archive(data, "", shown, LIMITS).values()) == [GOOD]

    def test_a_folder_or_a_file_can_be_named(self):
        data = tar(("a/x.yaml", GOOD), ("a/b/y.yaml", b"y"), ("z.yaml", b"z"), ("README", b"r"))
        assert set(read_archive(data, "a", "s.tgz", LIMITS)) == {"a/x.yaml"}
        assert set(read_archive(data, "a/b/y.yaml", "s.tgz", LIMITS)) == {"a/b/y.yaml"}
        assert set(read_archive(data, "", "s.tgz", LIMITS)) == {"z.yaml"}

    @pytest.mark.parametrize("name", NAMES)
    @pytest.mark.parametrize("form", ["pax", "gnu", "zip", "tar"])
    def test_names_that_could_lead_out_refuse_the_whole(self, name, form, tmp_path, monkeypatch):
        monkeypatch.chdir(tmp_path)
        if form == "zip":
            data, shown = packed(("good.yaml", GOOD, 0o100644), (name, b"evil", 0o100644)), "s.zip"
        else:
            kind = tarfile.PAX_FORMAT if form == "pax" else tarfile.GNU_FORMAT
            mode, shown = ("w", "s.tar") if form == "tar" else ("w:gz", "s.tgz")
            data = tar(("good.yaml", GOOD), (name, b"evil"), mode=mode, form=kind)
        refuse(data, shown)
        assert list(tmp_path.iterdir()) == []

    @pytest.mark.parametrize("target", OUTSIDE)
    @pytest.mark.parametrize("name", ["evil.yaml", "link"])
    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE])
    def test_links_refuse_the_whole(self, target, name, kind):
        error = refuse(tar(("good.yaml", GOOD), (name, (kind, target))), "s.tgz")
        assert error.code == "source.link"

    @pytest.mark.parametrize("kind", [tarfile.CHRTYPE, tarfile.BLKTYPE, tarfile.FIFOTYPE, b"Z"])
    def test_devices_refuse_the_whole(self, kind):
        refuse(tar(("good.yaml", GOOD), ("evil.yaml", (kind, ""))), "s.tgz")

    @pytest.mark.parametrize("mode", [0o120777, 0o020644, 0o060644, 0o010644, 0o140644])
    def test_links_and_devices_in_a_zip_do_too(self, mode):
        refuse(packed(("good.yaml", GOOD, 0o100644), ("evil.yaml", b"/etc/passwd", mode)), "s.zip")

    def test_a_link_and_then_a_file_through_it_is_refused(self):
        refuse(tar(("stacks", (tarfile.SYMTYPE, "/tmp")), ("stacks/evil.yaml", b"x")), "s.tgz")

    @pytest.mark.parametrize("size", [3_000_000, 30_000_000])
    def test_bombs_are_noticed_before_they_are_unpacked(self, size):
        assert read_archive(gzip.compress(b"\0" * size, 9), "", "s.tgz", LIMITS) == {}
        inner = tar(("big.bin", b"\0" * size))
        assert refuse(inner, "s.tgz").code == "source.too_large"
        assert refuse(packed(("big.bin", b"\0" * size, 0o100644)), "s.zip").code == "source.too_large"

    def test_a_zip_that_lies_about_sizes_gives_no_more_than_it_says(self):
        data = bytearray(packed(("evil.yaml", b"\0" * 1_000_000, 0o100644)))
        at = data.rindex(b"PK\x01\x02")
        struct.pack_into("<I", data, at + 24, 10)
        refuse(bytes(data), "s.zip")

    def test_files_that_overlap_in_a_zip_are_counted_each(self):
        data = packed(*((f"{n}.yaml", b"\0" * 19_000, 0o100644) for n in range(10)))
        assert refuse(data, "s.zip").code == "source.too_large"

    @pytest.mark.parametrize("count", [201, 1000])
    @pytest.mark.parametrize("name", ["f{}", "d{}/"])
    def test_too_many_entries(self, count, name):
        members = [(name.format(n), b"" if "/" not in name else (tarfile.DIRTYPE, "")) for n in range(count)]
        assert refuse(tar(*members), "s.tgz").code == "source.too_many"
        files = [(name.format(n), b"", 0o100644 if "/" not in name else 0o040755) for n in range(count)]
        assert refuse(packed(*files), "s.zip").code == "source.too_many"

    def test_too_many_manifests(self):
        assert refuse(tar(*((f"{n}.yaml", b"x") for n in range(21))), "s.tgz").code == "source.too_many"

    def test_too_large_a_manifest_and_too_much_together(self):
        assert refuse(tar(("a.yaml", b"x" * 20_001)), "s.tgz").code == "source.too_large"
        assert refuse(tar(*((f"{n}.yaml", b"x" * 19_000) for n in range(4))), "s.tgz").code == "source.too_large"

    @pytest.mark.filterwarnings("ignore:Duplicate name")
    @pytest.mark.parametrize("shown", ["s.tgz", "s.zip"])
    def test_the_same_name_twice(self, shown):
        members = [("a.yaml", GOOD), ("a.yaml", b"evil")]
        refuse(tar(*members) if shown == "s.tgz" else packed(*((*item, 0o100644) for item in members)), shown)

    @pytest.mark.parametrize("part", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97])
    @pytest.mark.parametrize("shown", ["s.tgz", "s.zip"])
    def test_what_is_cut_short_is_refused(self, shown, part):
        body = bytes(n * 7 % 256 for n in range(5000))
        data = tar(("a.yaml", GOOD), ("b.bin", body)) if shown == "s.tgz" else packed(("a.yaml", GOOD, 0o100644))
        refuse(data[: int(len(data) * part)], shown)

    @pytest.mark.parametrize("data", [b"", b"PK", b"\x1f\x8b", b"<html>", b"\0" * 600, zlib.compress(b"x")])
    @pytest.mark.parametrize("shown", ["s.tgz", "s.zip"])
    def test_what_is_no_archive_is_refused(self, shown, data):
        refuse(data, shown)

    def test_a_chain_of_long_names_does_not_exhaust_the_stack(self):
        header = tarfile.TarInfo("././@LongLink")
        header.type, header.size = tarfile.GNUTYPE_LONGNAME, 2
        block = header.tobuf(tarfile.GNU_FORMAT) + b"a\0".ljust(512, b"\0")
        refuse(gzip.compress(block * 1500), "s.tgz")

    def test_a_sparse_file_is_refused(self):
        item = tarfile.TarInfo("a.yaml")
        item.type, item.size = tarfile.GNUTYPE_SPARSE, 0
        head = bytearray(item.tobuf(tarfile.GNU_FORMAT))
        head[483:495] = b"77777777777\0"
        head[148:156] = b"%06o\0 " % (256 + sum(head[:148]) + sum(head[156:512]))
        refuse(gzip.compress(bytes(head) + b"\0" * 1024), "s.tgz")

    def test_an_encrypted_zip_is_refused(self):
        data = bytearray(packed(("a.yaml", GOOD, 0o100644)))
        for mark, at in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
            data[data.index(mark) + at] |= 1
        refuse(bytes(data), "s.zip")


@pytest.fixture(scope="module")
def crafted(tmp_path_factory):
    """A repository with a good branch; each test adds a branch of its own."""
    return Repository.create(tmp_path_factory.mktemp("crafted") / "r.git", {"stacks/good.yaml": GOOD})


def read(repository, branch, path=""):
    place = GitPlace("crafted", f"file://{repository.path}", f"refs/heads/{branch}", path)
    reader = Reader(GitClient(Guard(), Tokens({}), LIMITS), place)
    return reader.read(*reader.commit()).files


def refuse_branch(repository, branch, path=""):
    with pytest.raises(SourceRefusedError) as caught:
        read(repository, branch, path)
    return caught.value


class TestRepositories:
    @pytest.mark.parametrize("target", OUTSIDE)
    @pytest.mark.parametrize("folder", ["", "stacks/"])
    def test_a_manifest_that_is_a_link_is_refused(self, crafted, target, folder):
        branch = f"link-{OUTSIDE.index(target)}-{bool(folder)}"
        crafted.commit({"stacks/good.yaml": GOOD, f"120000 {folder}evil.yaml": target}, branch)
        assert refuse_branch(crafted, branch).code == "source.link"

    @pytest.mark.parametrize("path", ["evil", "evil/passwd", "evil/good.yaml", "stacks/evil"])
    def test_no_path_leads_through_a_link(self, crafted, path):
        crafted.commit({"stacks/good.yaml": GOOD, "120000 evil": "stacks", "120000 stacks/evil": "/etc"}, "through")
        refuse_branch(crafted, "through", path)

    def test_a_link_instead_of_the_folder_is_not_followed(self, crafted):
        crafted.commit({"120000 stacks": "/etc", "good.yaml": GOOD}, "folder-link")
        assert read(crafted, "folder-link") == {"good.yaml": GOOD}

    def test_links_beside_manifests_are_never_looked_at(self, crafted):
        crafted.commit({"stacks/good.yaml": GOOD, "120000 README": "/etc/passwd", "120000 stacks/x": "/"}, "beside")
        assert read(crafted, "beside") == {"stacks/good.yaml": GOOD}

    def test_a_submodule_is_no_manifest(self, crafted):
        crafted.commit({"stacks/good.yaml": GOOD, "160000 stacks/evil.yaml": "1" * 40}, "submodule")
        assert refuse_branch(crafted, "submodule").code == "source.link"
        crafted.commit({"stacks/good.yaml": GOOD, "160000 vendor": "1" * 40, ".gitmodules": "x"}, "vendored")
        assert read(crafted, "vendored") == {"stacks/good.yaml": GOOD}

    @pytest.mark.parametrize(
        "name",
        [
            *(b"../evil.yaml", b"/evil.yaml", b"a/evil.yaml", b"..\\evil.yaml", b"a\\evil.yaml", b"C:evil.yaml"),
            *(b"a\nb.yaml", b"a\x1b[2J.yaml", b"\xff\xfe.yaml", b"\xe2\x80\xaeevil.yaml", b"x/../../evil.yaml"),
        ],
    )
    def test_names_that_git_itself_would_not_make_are_refused(self, crafted, name):
        branch = f"name-{name.hex()}"
        good, evil = crafted.blob(GOOD), crafted.blob("evil")
        crafted.crafted(
            sorted([("100644", b"good.yaml", good), ("100644", name, evil)], key=lambda item: item[1]), branch
        )
        if name.startswith(b"..\\"):
            # Hidden files are no manifests.
            assert read(crafted, branch) == {"good.yaml": GOOD}
        else:
            refuse_branch(crafted, branch)

    def test_the_same_name_twice_is_refused(self, crafted):
        entries = [("100644", b"good.yaml", crafted.blob(GOOD)), ("100644", b"good.yaml", crafted.blob("evil"))]
        crafted.crafted(entries, "twice")
        refuse_branch(crafted, "twice")

    @pytest.mark.parametrize("mode", ["100600", "100777", "0", "140000", "170000"])
    def test_modes_that_git_does_not_have_are_no_plain_files(self, crafted, mode):
        branch = f"mode-{mode}"
        crafted.crafted([(mode, b"evil.yaml", crafted.blob("evil"))], branch)
        try:
            found = read(crafted, branch)
        except SourceRefusedError:
            return
        # Git itself takes some of them for the plain mode, and then the content is a plain one.
        assert found == {"evil.yaml": b"evil"}

    @pytest.mark.parametrize("where", ["", "stacks/"])
    def test_too_many_entries_too_many_manifests_too_large_ones(self, crafted, where):
        tag = "many" + where.strip("/")
        crafted.commit({f"{where}f{n}": b"" for n in range(300)}, f"{tag}-entries")
        assert refuse_branch(crafted, f"{tag}-entries").code == "source.too_many"
        crafted.commit({f"{where}{n}.yaml": b"x" for n in range(21)}, f"{tag}-manifests")
        assert refuse_branch(crafted, f"{tag}-manifests").code == "source.too_many"
        crafted.commit({f"{where}a.yaml": b"\0" * 20_001}, f"{tag}-size")
        assert refuse_branch(crafted, f"{tag}-size").code == "source.too_large"
        crafted.commit({f"{where}{n}.yaml": bytes([n]) * 19_000 for n in range(4)}, f"{tag}-total")
        assert refuse_branch(crafted, f"{tag}-total").code == "source.too_large"

    def test_many_files_and_deep_folders_elsewhere_cost_nothing(self, crafted):
        files = {f"data/{n}/x": b"x" for n in range(1000)} | {"d/" * 60 + "x.yaml": b"deep"}
        crafted.commit({"stacks/good.yaml": GOOD} | files, "elsewhere")
        assert read(crafted, "elsewhere") == {"stacks/good.yaml": GOOD}

    def test_a_large_file_that_packs_small_is_not_read(self, crafted):
        crafted.commit({"stacks/good.yaml": GOOD, "bomb": b"\0" * 5_000_000}, "bomb")
        assert read(crafted, "bomb") == {"stacks/good.yaml": GOOD}
        crafted.commit({"stacks/bomb.yaml": b"\0" * 5_000_000}, "manifest-bomb")
        assert refuse_branch(crafted, "manifest-bomb").code == "source.too_large"

    def test_a_tag_of_something_else_than_a_commit_is_refused(self, crafted):
        crafted.tag("blob", crafted.blob("x"))
        place = GitPlace("crafted", f"file://{crafted.path}", "blob")
        reader = Reader(GitClient(Guard(), Tokens({}), LIMITS), place)
        with pytest.raises(SourceRefusedError, match="no commit"):
            reader.read(*reader.commit())

    @pytest.mark.parametrize("path", ["stacks/none", "none.yaml", "stacks/good.yaml/x"])
    def test_a_path_that_is_not_there_is_an_error(self, crafted, path):
        assert refuse_branch(crafted, "main", path).code == "source.no_path"

    def test_attributes_and_filters_of_the_repository_change_nothing(self, crafted):
        attributes = "*.yaml filter=lfs diff=lfs merge=lfs text eol=crlf ident export-subst\n"
        crafted.commit({".gitattributes": attributes, "stacks/good.yaml": GOOD}, "attributes")
        assert read(crafted, "attributes") == {"stacks/good.yaml": GOOD}
