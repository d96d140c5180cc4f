from __future__ import annotations

import linecache
import subprocess
import sys
import threading
from enum import Enum
from functools import lru_cache, partial, wraps

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowyml_infra import step
from flowyml_infra.runtime.fingerprint import OpaqueError, code_digest

MODULE = """\
import math
RATE = {rate}
TABLE = {table}

class Model:
    depth = {depth}

    def fit(self, x):
        return x + {bias}

def helper(x):
    return inner(x) * {factor}

def inner(x):
    return x - {shift}

def unused(x):
    return {unused}

def train(x, epochs={epochs}):
    def nested(y):
        return y ** {power}
    if TABLE:
        return Model().fit(helper(x)) * RATE + math.sqrt(nested(x))
"""
VALUES = {
    "rate": 0.1,
    "table": {"a": [1, 2]},
    "depth": 3,
    "bias": 1,
    "factor": 2,
    "shift": 3,
    "unused": 4,
    "epochs": 5,
    "power": 2,
}


def digest(loaded, **changes):
    return code_digest(loaded(MODULE.format(**{**VALUES, **changes}))["train"])


def test_the_same_code_has_the_same_digest(loaded):
    assert digest(loaded) == digest(loaded)


@pytest.mark.parametrize("name", [name for name in VALUES if name != "unused"])
def test_whatever_the_function_does_counts(loaded, name):
    other = {"a": [1, 3]} if name == "table" else 99
    assert digest(loaded, **{name: other}) != digest(loaded)


def test_what_the_function_does_not_use_does_not_count(loaded):
    assert digest(loaded, unused=99) == digest(loaded)


@settings(max_examples=60, deadline=None)
@given(name=st.sampled_from([name for name in VALUES if name != "unused"]), value=st.integers(-5, 5))
def test_digests_are_equal_exactly_when_the_code_is(name, value):
    def load(source):
        space = {"__name__": "user_code"}
        exec(compile(source, "user_code.py", "exec"), space)
        return space

    changed = {**VALUES, name: value}
    same = repr(changed[name]) == repr(VALUES[name])
    assert (digest(load, **{name: value}) == digest(load)) is same


def test_places_and_file_names_do_not_count(loaded):
    moved = "\n\n# a comment\n" + MODULE.format(**VALUES)
    space = {"__name__": "user_code"}
    exec(compile(moved, "/elsewhere/other.py", "exec"), space)
    assert code_digest(space["train"]) == digest(loaded)


def test_the_file_on_the_disk_is_not_read_again(loaded, tmp_path):
    path = tmp_path / "user_code.py"
    path.write_text("def train(x):\n    return x + 1\n")
    space = {"__name__": "user_code", "__file__": str(path)}
    exec(compile(path.read_text(), str(path), "exec"), space)
    before = code_digest(space["train"])
    path.write_text("def train(x):\n    return x + 2\n")
    linecache.clearcache()
    assert code_digest(space["train"]) == before


def test_what_a_closure_holds_counts():
    def make(number):
        return lambda x: x + number

    assert code_digest(make(1)) == code_digest(make(1)) != code_digest(make(2))


def test_a_function_in_a_closure_counts_by_its_code():
    def wrapped(function):
        @wraps(function)
        def inner(x):
            return function(x)

        return inner

    assert code_digest(wrapped(lambda x: x + 1)) != code_digest(wrapped(lambda x: x + 2))
    assert code_digest(lru_cache(lambda x: x + 1)) != code_digest(lru_cache(lambda x: x + 2))
    assert code_digest(partial(max, 1)) != code_digest(partial(max, 2))


def test_the_type_of_a_constant_counts():
    assert len({code_digest(f) for f in (lambda: 1, lambda: 1.0, lambda: True, lambda: "1", lambda: (1,))}) == 5


def test_functions_that_call_each_other_are_told_apart(loaded):
    source = "def even(n):\n    return n == 0 or odd(n - 1)\n\ndef odd(n):\n    return n != {} and even(n - 1)\n"
    first, second = (code_digest(loaded(source.format(end))["even"]) for end in (0, 1))
    assert first != second
    assert first == code_digest(loaded(source.format(0))["even"])


def test_a_helper_that_is_a_step_counts_by_its_code(loaded):
    source = "@step\ndef helper():\n    return {}\n\ndef train():\n    return helper()\n"
    assert code_digest(loaded(source.format(1), step=step)["train"]) != code_digest(
        loaded(source.format(2), step=step)["train"]
    )


def test_modules_of_the_project_count_by_what_is_used_of_them(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)

    def load(clean, other):
        for name in ("features_of_ours",):
            sys.modules.pop(name, None)
        (tmp_path / "features_of_ours.py").write_text(
            f"def clean(x):\n    return x + {clean}\n\ndef other(x):\n    return {other}\n"
        )
        space = {"__name__": "user_code"}
        exec("import features_of_ours\n\ndef train(x):\n    return features_of_ours.clean(x)\n", space)
        return code_digest(space["train"])

    sys.dont_write_bytecode, before = True, sys.dont_write_bytecode
    try:
        first = load(1, 1)
        assert load(12, 1) != first
        assert load(1, 12) == first
    finally:
        sys.dont_write_bytecode = before


class Mode(Enum):
    FAST = 1
    SLOW = 2


class Settings:
    def __init__(self, rate):
        self.rate = rate


@pytest.mark.parametrize(
    ("one", "two"),
    [
        (Mode.FAST, Mode.SLOW),
        (Settings(0.1), Settings(0.2)),
        ({1, 2}, {1, 3}),
        (frozenset("ab"), frozenset("ac")),
        (b"a", b"b"),
        ([1, [2]], [1, [3]]),
    ],
    ids=["enum", "object", "set", "frozenset", "bytes", "list"],
)
def test_values_of_the_module_count(loaded, one, two):
    source = "def train():\n    return VALUE\n"
    first = code_digest(loaded(source, VALUE=one)["train"])
    assert first == code_digest(loaded(source, VALUE=one)["train"])
    assert first != code_digest(loaded(source, VALUE=two)["train"])


def test_arrays_of_the_module_count(loaded):
    numpy = pytest.importorskip("numpy")
    source = "def train():\n    return VALUE\n"
    digests = {code_digest(loaded(source, VALUE=numpy.array([1, item]))["train"]) for item in (2, 2, 3)}
    assert len(digests) == 2


def test_objects_of_the_module_that_have_no_digest_do_not_stand_in_the_way(loaded):
    source = "def train():\n    return VALUE\n"
    assert code_digest(loaded(source, VALUE=threading.Lock())["train"])
    loop = []
    loop.append(loop)
    assert code_digest(loaded(source, VALUE=loop)["train"])


def test_a_closure_over_what_has_no_digest_is_named():
    lock = threading.Lock()

    def train():
        return lock

    with pytest.raises(OpaqueError, match="lock, which train closes over"):
        code_digest(train)


def test_what_is_too_large_is_not_looked_into(loaded):
    with pytest.raises(OpaqueError, match="VALUE is too large"):
        code_digest(loaded("def train():\n    return VALUE\n", VALUE=list(range(200_000)))["train"])


def test_the_digest_is_the_same_in_every_process(tmp_path):
    source = MODULE.format(**VALUES) + (
        "\nWORDS = {'one', 'two', 'three'}\n"
        "def known(x):\n    return x in {'a', 'b', 'c', 'd'} and x in WORDS and x in ('a', 'b') and train(x)\n"
    )
    (tmp_path / "user_code.py").write_text(source)
    code = "import user_code, flowyml_infra.runtime.fingerprint as f; print(f.code_digest(user_code.known))"

    def ask(seed):
        done = subprocess.run(
            [sys.executable, "-c", code],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            env=environment(seed),
            check=True,
        )
        return done.stdout.strip()

    # The second process loads what the first one compiled.
    assert len({ask(seed) for seed in (1, 2, 3)}) == 1


def environment(seed):
    import os

    return {**os.environ, "PYTHONHASHSEED": str(seed), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}


@pytest.mark.parametrize(
    "change",
    [
        "STATE.append(1)",
        "STATE.update(a=2)",
        "STATE['a'] = 2",
        "STATE['a'] += 2",
        "del STATE['a']",
        "STATE.rate += 1",
        "STATE.rate = 2",
        "(lambda: STATE.append(1))()",
        "global STATE; STATE = 2",
        "global STATE; STATE += 2",
    ],
)
def test_what_the_function_itself_changes_does_not_count(loaded, change):
    source = f"def train():\n    {change}\n    return 1\n"
    assert code_digest(loaded(source, STATE=[1])["train"]) == code_digest(loaded(source, STATE={"a": 2})["train"])


def test_what_the_function_only_reads_counts_although_others_change_it(loaded):
    source = "def change():\n    STATE.append(1)\n\ndef train():\n    return STATE[0] + STATE.count(1)\n"
    assert code_digest(loaded(source, STATE=[1])["train"]) != code_digest(loaded(source, STATE=[2])["train"])


def test_a_counter_in_a_closure_does_not_count():
    def make(count, seen):
        def train():
            nonlocal count
            count += 1
            seen.append(count)

        return train

    assert code_digest(make(1, [])) == code_digest(make(2, [1]))
