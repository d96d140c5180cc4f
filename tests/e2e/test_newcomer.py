"""A newcomer with a clone, Python and nothing else: the README's first command."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import venv
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]

pytestmark = pytest.mark.slow


def test_the_first_command_of_the_readme_works_in_a_fresh_environment(tmp_path: Path) -> None:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for name in filter(None, listing.split("\0")):
        if (ROOT / name).is_file():
            (tmp_path / "clone" / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, tmp_path / "clone" / name)
    venv.create(tmp_path / "venv", with_pip=True)
    command = re.findall(r"^```sh\n(.*?)^```$", (ROOT / "README.md").read_text(encoding="utf-8"), flags=re.M | re.S)[0]
    kept = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http"))}
    path = f"{tmp_path / 'venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    ended = subprocess.run(
        ["bash", "-c", command],
        cwd=tmp_path / "clone",
        env={**kept, "PATH": path, "HOME": str(tmp_path / "home")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ended.returncode == 0, ended.stdout[-2000:] + ended.stderr[-2000:]
    shown = re.findall(r"^\$ (.*)$", ended.stdout, flags=re.M)
    assert shown == [
        "flowyml-infra init flowyml-quickstart --template local",
        "cd flowyml-quickstart",
        "flowyml-infra validate",
        "flowyml-infra plan --out first.plan",
        "flowyml-infra apply first.plan",
        "flowyml-infra output artifact_store.uri --raw",
        "flowyml-infra run pipeline.py",
        "flowyml-infra plan",
    ]
    assert "Plan: 3 to create, 0 to update, 0 to replace, 0 to delete." in ended.stdout
    assert re.search(r"evaluate\.accuracy = 0\.9\d", ended.stdout)
    assert "No changes. iris@default has its 3 resources" in ended.stdout
