"""docs/sources.md: what it shows is read by the code that it is about, and its figures are those of the code."""

import re
from pathlib import Path

from flowyml_infra.definition.project_config import ProjectConfig
from flowyml_infra.resolution.fetching.limits import LIMITS
from flowyml_infra.resolution.inputs import Inputs
from flowyml_infra.resolution.loading import Loading
from flowyml_infra.resolution.places import parse_locator
from flowyml_infra.resolution.sources.catalogue import sources
from flowyml_infra.resolution.stack_index import read_index
from flowyml_infra.resolution.versions import Wanted

TEXT = (Path(__file__).resolve().parents[2] / "docs" / "sources.md").read_text()
PLAIN = " ".join(TEXT.split())


def blocks(language):
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


def test_every_uri_is_one():
    uris = blocks("text")[0].split()
    assert len(uris) == 9
    for uri in uris:
        parse_locator(uri)


def test_the_project_file_declares_what_it_shows(tmp_path):
    (tmp_path / "flowyml.yaml").write_text(blocks("yaml")[0])
    config = ProjectConfig.load(tmp_path, environ={})
    assert config.private_hosts == ("git.internal", "127.0.0.1:8080")
    assert config.environments["production"].stack == "prod@^2.1"
    ranks = sources(Loading(tmp_path, Inputs({})))
    assert [source.where.split(" ")[0] for source in ranks[2]] == [
        "platform",
        "https://stacks.example.com/stacks.tar.gz",
        "the",
    ]
    assert len(ranks[0]) == 3


def test_the_index_is_one():
    index = read_index(blocks("yaml")[1].encode(), "index.yaml")
    releases = index["stacks"]["prod"]
    assert list(releases) == ["2.1.0", "2.0.0"]
    assert releases["2.0.0"].yanked
    assert parse_locator(releases["2.0.0"].source).place.path == "stacks/prod.yaml"
    assert list(index["policies"]["org"]) == ["1.0.0"]


def test_every_range_is_one():
    for text in re.findall(r"`'?([\^~>\d][^`']*)'?`", TEXT.partition("## Versions")[2].partition("##")[0]):
        Wanted.parse(f"prod@{text}")


def test_the_figures_are_the_limits():
    assert f"at most {LIMITS.file_bytes // 2**20} MiB" in PLAIN
    assert f"{LIMITS.files:,} manifests with {LIMITS.total_bytes // 2**20} MiB" in PLAIN
    assert f"{LIMITS.entries:,} entries and {LIMITS.unpacked_bytes // 2**20} MiB unpacked" in PLAIN
    assert f"a commit {LIMITS.download_bytes // 2**20} MiB" in PLAIN
    assert (LIMITS.seconds, LIMITS.check_seconds) == (60, 10)
