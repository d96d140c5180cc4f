from __future__ import annotations

import subprocess
import sys

from flowyml_infra.bundled import bundled_path
from flowyml_infra.state.schema import statements


def words(text: str) -> list[str]:
    return text.replace(";", " ").split()


def test_the_kept_statements_are_those_that_the_tables_make():
    kept = bundled_path("state", "sqlite.sql").read_text()
    assert words(kept) == words(" ".join(statements("sqlite"))), (
        "state/sqlite.sql is behind flowyml_infra/state/tables.py; write it anew from state.schema.statements('sqlite')"
    )


def test_a_new_state_is_made_without_sqlalchemy(tmp_path):
    code = (
        "import sys\n"
        "from flowyml_infra.state import open_store\n"
        f"open_store('sqlite:///{tmp_path}/state.db').close()\n"
        "print('sqlalchemy' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
