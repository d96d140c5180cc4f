"""When a compilation is remembered, and that what is remembered is never out of date."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowyml_infra.errors import DefinitionError, InfraError, ResolutionError
from flowyml_infra.resolution.active import write_active_stack
from flowyml_infra.resolution.registered import RegisteredStack
from flowyml_infra.resources import compilation, compilation_cache
from flowyml_infra.resources.compilation import CompileRequest, compile_stack
from flowyml_infra.resources.compilation_cache import CACHE_FOLDER, MOST_ENTRIES, CacheEntry, CompilationCache
from flowyml_infra.resources.compiled_codec import encode_compiled


def manifest(name, path="./artifacts"):
    return (
        f"apiVersion: flowyml/v1\nkind: StackDefinition\nmetadata:\n  name: {name}\n"
        f"spec:\n  provider: local\n  storage:\n    artifact_store: {path}\n"
        "  resources:\n    data:\n      kind: directory\n      path: data/${WHERE:-here}\n"
    )


class Registered:
    def __init__(self, **documents):
        self.documents = documents

    def registered_stack(self, name):
        text = self.documents.get(name)
        return None if text is None else RegisteredStack(name, text, "elsewhere", text)

    def registered_stacks(self):
        return [RegisteredStack(name, text, "elsewhere", text) for name, text in self.documents.items()]


@pytest.fixture
def root(tmp_path):
    (tmp_path / "stacks").mkdir()
    (tmp_path / "stacks" / "prod.yaml").write_text(manifest("prod"))
    (tmp_path / "stacks" / "dev.yaml").write_text(manifest("dev"))
    (tmp_path / "flowyml.yaml").write_text("active_stack: prod\nenvironments:\n  dev: {stack: dev}\n")
    return tmp_path


@pytest.fixture
def count(monkeypatch):
    """How many compilations were done rather than remembered."""
    done = []
    real = compilation._compile
    monkeypatch.setattr(compilation, "_compile", lambda *args: (done.append(1), real(*args))[1])
    return done


def compiled(root, stack=None, env=None, environ=None, registered=None, force_env=False):
    return compile_stack(CompileRequest(root, stack, env, force_env, environ or {}), registered)


def entries(root):
    return sorted((root / CACHE_FOLDER).iterdir())


class TestRemembering:
    def test_the_second_request_is_answered_from_disk_and_says_the_same(self, root, count):
        first, second = compiled(root, "prod"), compiled(root, "prod")
        assert len(count) == 1
        assert second is not first
        assert second == first

    def test_requests_are_told_apart(self, root, count):
        requests = [("prod", None), ("dev", None), (None, None), ("dev", "dev"), (None, "dev"), ("dev", "default")]
        names = [(item.name, item.environment) for item in (compiled(root, *request) for request in requests)]
        assert names == [
            ("prod", "default"),
            ("dev", "default"),
            ("prod", "default"),
            ("dev", "dev"),
            ("dev", "dev"),
            ("dev", "default"),
        ]
        again = [(item.name, item.environment) for item in (compiled(root, *request) for request in requests)]
        assert again == names
        assert len(count) == len(requests)

    def test_insisting_on_an_environment_does_not_teach_those_who_do_not(self, root):
        assert compiled(root, "prod", "dev", force_env=True).environment == "dev"
        with pytest.raises(ResolutionError, match="is for the stack 'dev'"):
            compiled(root, "prod", "dev")

    def test_a_relative_path_is_another_file_in_another_folder(self, root, tmp_path_factory, monkeypatch):
        for name in ("one", "two"):
            folder = tmp_path_factory.mktemp(name)
            (folder / "stack.yaml").write_text(manifest(name))
            monkeypatch.chdir(folder)
            assert compiled(root, "stack.yaml").name == name

    def test_a_definition_given_as_an_object_is_not_remembered(self, root, count):
        from flowyml_infra.resolution.resolver import StackResolver

        definition = StackResolver(root, environ={}).resolve("prod")
        assert compiled(root, definition) == compiled(root, definition)
        assert len(count) == 2
        assert not (root / CACHE_FOLDER).exists()

    def test_errors_are_not_remembered(self, root):
        with pytest.raises(ResolutionError):
            compiled(root, "later")
        (root / "stacks" / "later.yaml").write_text(manifest("later"))
        assert compiled(root, "later").name == "later"


def drop(path):
    return lambda root: (root / path).unlink()


def write(path, text):
    def change(root):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)

    return change


CHANGES = {
    "manifest": write("stacks/prod.yaml", manifest("prod", "./elsewhere")),
    "manifest gone": drop("stacks/prod.yaml"),
    "other manifest takes the name": write("stacks/dev.yaml", manifest("prod")),
    "new manifest takes the name": write("stacks/a.yml", manifest("prod")),
    "configured stack": write("flowyml.yaml", "active_stack: dev\n"),
    "config gone": drop("flowyml.yaml"),
    "policies": write("flowyml.yaml", "active_stack: prod\npolicies: {allowed_stacks: [prod]}\n"),
    "stack moved into config": write("flowyml.yaml", "active_stack: prod\nstacks: {prod: {type: local}}\n"),
    "active stack": write(".flowyml/active_stack", "dev\n"),
    "variable that picks": {"FLOWYML_STACK": "dev"},
    "variable in the manifest": {"WHERE": "there"},
}


def outcome(root, environ, *, fresh=False, **request):
    """What a request comes to; ``fresh`` without anything remembered."""
    if fresh:
        for path in entries(root) if (root / CACHE_FOLDER).exists() else ():
            path.unlink()
    try:
        return json.dumps(encode_compiled(compiled(root, environ=environ, **request)), sort_keys=True)
    except InfraError as error:
        return (type(error), error.message)


class TestStaleness:
    @pytest.mark.parametrize("change", CHANGES)
    @pytest.mark.parametrize("stack", [None, "prod"])
    def test_whatever_changes_the_result_is_as_if_nothing_had_been_remembered(self, root, change, stack):
        before = outcome(root, {}, stack=stack)
        environ = CHANGES[change] if isinstance(CHANGES[change], dict) else {}
        if not environ:
            CHANGES[change](root)
        after = outcome(root, environ, stack=stack)
        assert after == outcome(root, environ, stack=stack, fresh=True)
        unaffected = stack == "prod" and change in ("configured stack", "active stack", "variable that picks")
        assert (after == before) == unaffected or change == "config gone"

    def test_a_registered_stack_that_changes_is_noticed(self, root, count):
        registered = Registered(shared=manifest("shared"))
        assert compiled(root, "shared", registered=registered) == compiled(root, "shared", registered=registered)
        assert len(count) == 1
        registered.documents["shared"] = manifest("shared", "./elsewhere")
        compiled(root, "shared", registered=registered)
        assert len(count) == 2
        registered.documents.clear()
        with pytest.raises(ResolutionError):
            compiled(root, "shared", registered=registered)

    def test_a_manifest_that_hides_a_registered_stack_is_noticed(self, root):
        registered = Registered(shared=manifest("shared"))
        compiled(root, "shared", registered=registered)
        (root / "stacks" / "new.yaml").write_text(manifest("shared", "./elsewhere"))
        assert compiled(root, "shared", registered=registered).source.endswith("new.yaml")

    def test_a_variable_that_is_unset_again_is_noticed(self, root):
        here = outcome(root, {})
        there = outcome(root, {"WHERE": "there"})
        assert here != there
        assert outcome(root, {}) == here

    def test_variables_that_nobody_asked_about_do_not_matter(self, root, count):
        compiled(root, environ={"UNRELATED": "1"})
        compiled(root, environ={"UNRELATED": "2", "MORE": "3"})
        assert len(count) == 1

    @settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(steps=st.lists(st.tuples(st.sampled_from(sorted(CHANGES)), st.sampled_from([None, "prod", "dev"]))))
    def test_no_sequence_of_changes_yields_a_stale_answer(self, root, tmp_path_factory, steps):
        copy = tmp_path_factory.mktemp("project")
        for path in root.rglob("*.yaml"):
            write(path.relative_to(root), path.read_text())(copy)
        environ = {}
        for change, stack in steps:
            if isinstance(CHANGES[change], dict):
                environ = {**environ, **CHANGES[change]}
            else:
                try:
                    CHANGES[change](copy)
                except FileNotFoundError:
                    continue
            remembered = outcome(copy, environ, stack=stack)
            assert remembered == outcome(copy, environ, stack=stack, fresh=True)


class TestMistrust:
    @settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.data())
    def test_a_damaged_entry_is_silently_made_again(self, root, data):
        want = compiled(root)
        [path] = entries(root)
        whole = path.read_bytes()
        place = data.draw(st.integers(0, len(whole) - 1))
        damaged = bytearray(whole)
        if data.draw(st.booleans()):
            damaged[place] ^= 1 << data.draw(st.integers(0, 7))
        else:
            del damaged[place:]
        path.write_bytes(bytes(damaged))
        assert CompilationCache(root).load(compilation.request_key(CompileRequest(root, environ={}))) is None
        assert compiled(root) == want
        assert path.read_bytes() == whole

    def test_an_entry_that_is_whole_and_means_nothing_is_made_again(self, root, count):
        want = compiled(root)
        key = compilation.request_key(CompileRequest(root, environ={}))
        CompilationCache(root).store(key, CacheEntry({}, b'{"format": 1}'))
        assert compiled(root) == want
        assert len(count) == 2

    def test_another_version_s_entry_is_not_read(self, root, count, monkeypatch):
        compiled(root)
        monkeypatch.setattr(compilation_cache, "__version__", "99.0.0")
        compiled(root)
        assert len(count) == 2

    def test_edited_code_does_not_read_what_the_code_before_it_wrote(self, root, count, monkeypatch):
        compiled(root)
        monkeypatch.setattr(compilation_cache, "_code_state", lambda: iter(["edited"]))
        compiled(root)
        assert len(count) == 2

    def test_an_entry_that_came_with_a_copied_project_is_not_read(self, root, count, tmp_path_factory):
        compiled(root)
        copy = tmp_path_factory.mktemp("copy") / "project"
        subprocess.run(["cp", "-a", str(root), str(copy)], check=True)
        compiled(copy)
        assert len(count) == 2

    @pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
    @pytest.mark.parametrize("mode", [0o644, 0o620, 0o606])
    def test_an_entry_that_others_could_have_written_or_read_is_not_read(self, root, count, mode):
        compiled(root)
        [path] = entries(root)
        path.chmod(mode)
        compiled(root)
        assert len(count) == 2
        assert entries(root)[0].stat().st_mode & 0o777 == 0o600


class TestKeeping:
    def test_entries_are_private_and_nothing_else_is_left_behind(self, root):
        compiled(root)
        [path] = entries(root)
        assert path.stat().st_mode & 0o777 == 0o600

    def test_version_control_does_not_see_them(self, root):
        compiled(root)
        assert (root / CACHE_FOLDER).parent.joinpath(".gitignore").read_text() == "*\n"

    def test_a_folder_that_is_no_project_is_left_as_it_is(self, tmp_path):
        assert compiled(tmp_path).name == "local"
        assert list(tmp_path.iterdir()) == []

    def test_only_the_newest_are_kept(self, root):
        cache = CompilationCache(root)
        for number in range(MOST_ENTRIES + 5):
            cache.store(number, CacheEntry({}, b"{}"))
            newest = max(entries(root), key=lambda path: path.stat().st_mtime_ns)
            os.utime(newest, ns=(number * 10**9, number * 10**9))
        assert len(entries(root)) == MOST_ENTRIES
        assert cache.load(MOST_ENTRIES + 4) is not None
        assert cache.load(0) is None

    def test_a_folder_that_cannot_be_written_costs_only_the_memory(self, root, count, monkeypatch):
        (root / ".flowyml").mkdir()
        (root / ".flowyml" / "cache").write_text("in the way")
        assert compiled(root) == compiled(root)
        assert len(count) == 2

    def test_a_write_that_fails_leaves_nothing_behind(self, root, monkeypatch):
        def fail(self, target):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(Path, "replace", fail)
        assert compiled(root).name == "prod"
        assert entries(root) == []


SECRET = "canary-1f7a9c"


def test_sensitive_variables_leave_no_trace(root):
    text = manifest("prod") + "      labels: {password: '${DB_PASSWORD}', url: 'x://u:${API_TOKEN}@h'}\n"
    (root / "stacks" / "prod.yaml").write_text(text)
    environ = {"DB_PASSWORD": SECRET, "API_TOKEN": SECRET}
    before = compiled(root, environ=environ)
    [path] = entries(root)
    import hashlib

    content = path.read_bytes().decode()
    assert SECRET not in content
    assert hashlib.sha256(SECRET.encode()).hexdigest() not in content
    assert compiled(root, environ={**environ, "DB_PASSWORD": "another"}) == before


def test_warnings_are_kept(root):
    (root / "flowyml.yaml").write_text("active_stack: prod\nstate: {url: 'postgresql://me:word@host/db'}\n")
    first = compiled(root)
    assert [item.code for item in first.warnings] == ["definition.clear_password"]
    assert compiled(root).warnings == first.warnings


def test_what_is_wrong_is_reported_every_time(root):
    (root / "stacks" / "prod.yaml").write_text(manifest("prod") + "      nonsense: 1\n")
    for _ in range(2):
        with pytest.raises(DefinitionError):
            compiled(root)


def test_a_warm_request_loads_neither_yaml_nor_pydantic_nor_sqlalchemy(root):
    write_active_stack(root, "prod")
    code = (
        "import sys, os; from pathlib import Path;"
        "from flowyml_infra.resources.compilation import CompileRequest, compile_stack;"
        "compile_stack(CompileRequest(Path(sys.argv[1]), environ={}));"
        "print(sorted({'yaml', '_yaml', 'pydantic', 'sqlalchemy', 'rich', 'typer'} & set(sys.modules)))"
    )
    runs = [
        subprocess.run(
            [sys.executable, "-c", code, str(root)], capture_output=True, text=True, check=True, cwd=Path.cwd()
        )
        for _ in range(2)
    ]
    assert "yaml" in runs[0].stdout
    assert runs[1].stdout.strip() == "[]"
