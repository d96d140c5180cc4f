"""The wheel, built by way of the sdist: what is in it, and that a newcomer can use it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUNDLED = ("programs/", "stacks/", "state/")
LEFTOVERS = (
    "flowyml_infra/__pycache__/left.cpython-311.pyc",
    "stacks/local/.flowyml/state.db",
    "stacks/local/__pycache__/pipeline.cpython-311.pyc",
    ".venv/bin/python",
    "dist/old.whl",
)

pytestmark = pytest.mark.slow


def tracked() -> list[str]:
    listing = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in listing.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the sdist and the wheel made from it, of a checkout in which people have worked."""
    folder = tmp_path_factory.mktemp("build")
    for name in (*tracked(), *LEFTOVERS):
        target = folder / "checkout" / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if name in LEFTOVERS:
            target.write_text("left over")
        else:
            shutil.copy2(ROOT / name, target)
    subprocess.run(["git", "init", "-q"], cwd=folder / "checkout", check=True)
    subprocess.run(
        [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder / "dist"), str(folder / "checkout")],
        check=True,
        capture_output=True,
    )
    return folder / "dist"


def test_the_wheel_holds_the_tracked_files_and_nothing_else(built: Path) -> None:
    (wheel,) = built.glob("*.whl")
    inside = {name for name in zipfile.ZipFile(wheel).namelist() if ".dist-info/" not in name}
    wanted = {name for name in tracked() if name.startswith("flowyml_infra/")}
    wanted |= {f"flowyml_infra/_bundled/{name}" for name in tracked() if name.startswith(BUNDLED)}
    assert inside == wanted


def test_the_sdist_holds_the_tests_and_documents_too_and_no_leftovers(built: Path) -> None:
    (sdist,) = built.glob("*.tar.gz")
    with tarfile.open(sdist) as archive:
        inside = {name.partition("/")[2] for name in archive.getnames()}
    assert {"tests/e2e/test_wheel.py", "README.md", "CHANGELOG.md", "LICENSE", "docs/concepts.md"} <= inside
    assert not inside.intersection(LEFTOVERS)


def test_a_newcomer_installs_the_wheel_and_runs_the_quickstart(built: Path, tmp_path: Path) -> None:
    (wheel,) = built.glob("*.whl")
    venv.create(tmp_path / "venv", with_pip=True)
    binaries = tmp_path / "venv" / ("Scripts" if os.name == "nt" else "bin")
    environment = {
        "PATH": f"{binaries}{os.pathsep}{os.environ['PATH']}",
        "HOME": str(tmp_path / "home"),
        **{name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_", "HTTP", "http"))},
    }
    subprocess.run([binaries / "python", "-m", "pip", "install", "-q", str(wheel)], env=environment, check=True)

    def command(line: str, folder: Path = tmp_path) -> tuple[int, str]:
        run = subprocess.run(
            [binaries / "flowyml-infra", *line.split()],
            cwd=folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert "Traceback" not in run.stdout
        return run.returncode, run.stdout

    code, told = command("quickstart tour")
    assert code == 0, told
    assert (tmp_path / "tour" / ".flowyml" / "state.db").is_file()
    assert "No changes." in told
    # A cloud's own packages are not there, and what they are called is said before anything is made.
    for cloud in ("aws", "kubernetes"):
        assert command(f"init {cloud} --template {cloud}")[0] == 0
        assert command("plan", tmp_path / cloud)[0] == 0
        code, told = command("apply --auto-approve", tmp_path / cloud)
        assert (code, f"pip install 'flowyml-infra[{cloud}]'" in told) == (1, True), told
        assert command("drift", tmp_path / cloud)[0] == 0
