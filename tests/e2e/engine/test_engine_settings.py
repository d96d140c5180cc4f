"""What flowyml.yaml says of the engine reaches it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.engine.conftest import EngineProject
from tests.emulation.plugin import faults
from tests.emulation.plugin.faults import Fault

pytestmark = pytest.mark.engine
BUCKET = "aws:s3/bucket:Bucket"


def test_the_record_lies_where_it_says_and_the_cli_works_as_it_says(project: EngineProject, unique: str):
    project.names = [unique]
    cli = project.environment["FLOWYML_PULUMI"]
    project.forget_variable("FLOWYML_PULUMI")
    (project.root / "flowyml.yaml").write_text(
        f"project: {{name: {unique}}}\n"
        f"engine: {{cli: {cli}, backend: 'file://made/record', parallelism: 3, plugins: {{download: false}}}}\n"
    )
    project.declare(resources={"data": {"kind": "bucket", "name": f"{unique}-data"}})
    project.suffer(Fault(faults.HANG, "create", BUCKET))
    process = project.spawn("apply s --auto-approve")
    project.wait_for(lambda: bool(project.buckets()))
    (engine,) = project.engine_processes()
    environment = Path(f"/proc/{engine}/environ").read_text().split("\0")
    assert "PULUMI_PARALLEL=3" in environment
    assert f"PULUMI_BACKEND_URL=file://{project.root}/made/record" in environment
    assert not any(line.startswith("FLOWYML_STATE_KEY=") for line in environment)
    faults.release(project.shared)
    assert process.wait(60) == 0
    process.communicate()
    assert (project.root / "made" / "record" / ".pulumi").is_dir()
    assert not (project.root / ".flowyml" / "engine" / ".pulumi").exists()
    (project.root / "flowyml.yaml").write_text(f"project: {{name: {unique}}}\nengine: {{cli: {cli}}}\n")
    assert project.run("state rebuild s --json").document["restored"] == ["aws.bucket.data"]
    assert (project.root / ".flowyml" / "engine" / ".pulumi").is_dir()
