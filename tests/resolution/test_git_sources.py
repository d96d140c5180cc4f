"""Definitions from git, by the git client against real repositories: refs, pins, logins, servers that fail."""

import json
import os
import subprocess
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flowyml_infra.errors import DefinitionError, ResolutionError, SourceRefusedError, SourceUnreachableError
from flowyml_infra.resolution.fetching import git_client
from flowyml_infra.resolution.fetching.addresses import Guard
from flowyml_infra.resolution.fetching.git_client import GitClient
from flowyml_infra.resolution.fetching.limits import LIMITS, Limits
from flowyml_infra.resolution.fetching.process import Bounds, run
from flowyml_infra.resolution.fetching.repository import Repository as Reader
from flowyml_infra.resolution.fetching.tokens import Tokens
from flowyml_infra.resolution.places import GitPlace, parse_locator
from tests.support.repositories import Repository, git, manifest

CANARY = "canary-token-7f3a91"


def http_uri(served, rest=""):
    return f"git+{served.url}/stacks.git{rest}"


class TestRefs:
    def test_a_tag_a_branch_a_commit_a_range_and_nothing_lead_to_commits(self, project, repository):
        old = repository.tip("main")
        repository.commit({"stacks/prod.yaml": manifest(version="2.1.0")}, tag="v2.1.0")
        repository.commit({"stacks/prod.yaml": manifest(version="2.10.0")}, tag="v2.10.0")
        repository.commit({"stacks/prod.yaml": manifest(version="3.0.0")}, tag="v3.0.0")
        repository.commit({"stacks/prod.yaml": manifest(version="4.0.0")}, branch="feature/x")
        versions = {
            "@v1": "1.0.0",
            f"@{old}": "1.0.0",
            "@main": "3.0.0",
            "@refs/heads/main": "3.0.0",
            "@feature/x": "4.0.0",
            "@^2.1": "2.10.0",
            "@~2.1.0": "2.1.0",
            "": "3.0.0",
        }
        found = {ref: project.resolve(f"{repository.uri}{ref}#prod").version for ref in versions}
        assert found == versions

    def test_a_definition_says_where_it_is_from(self, project, repository):
        found = project.explain(f"{repository.uri}@v1")
        assert found.definition.source == f"{repository.uri}@v1#prod"
        assert found.trail[-1].answer == repository.tip("v1^{commit}")[:12]

    def test_a_stack_is_found_in_the_root_in_stacks_in_a_folder_and_in_a_file(self, project, repository):
        repository.commit(
            {
                "root.yaml": manifest("root"),
                "stacks/prod.yml": manifest("prod"),
                "other/deep/a.yaml": manifest("deep"),
                "other/deep/b.json": json.dumps({"kind": "StackDefinition"}),
                "other/README": "no manifest",
            }
        )
        uri = repository.uri
        for stack in (f"{uri}#root", f"{uri}#prod", f"{uri}//other/deep#deep", f"{uri}//other/deep/a.yaml"):
            assert project.resolve(stack).name == stack.rpartition("#")[2].replace(f"{uri}//other/deep/a.yaml", "deep")

    def test_a_ref_that_is_not_there_is_named_with_its_neighbour(self, project, repository):
        repository.tag("v2.1.0", repository.tip("main"))
        with pytest.raises(SourceRefusedError, match=r"has no v2\.1\.1") as caught:
            project.resolve(f"{repository.uri}@v2.1.1#prod")
        assert caught.value.hint == "did you mean 'v2.1.0'?"

    @pytest.mark.parametrize("ref", ["abc1234", "^9", "refs/tags/none", "HEAD~1", "0" * 40])
    def test_no_other_ref_leads_anywhere(self, project, repository, ref):
        with pytest.raises(ResolutionError):
            project.resolve(f"{repository.uri}@{ref}#prod")
        assert not project.lock.exists()

    def test_a_name_that_is_a_tag_and_a_branch_is_refused(self, project, repository):
        repository.commit({"stacks/prod.yaml": manifest(version="2.0.0")}, branch="v1")
        with pytest.raises(SourceRefusedError, match="a tag and a branch") as caught:
            project.resolve(f"{repository.uri}@v1#prod")
        assert "@refs/tags/v1" in caught.value.hint
        assert project.resolve(f"{repository.uri}@refs/tags/v1#prod").version == "1.0.0"
        assert project.resolve(f"{repository.uri}@refs/heads/v1#prod").version == "2.0.0"

    def test_two_stacks_need_a_name(self, project, repository):
        repository.commit({"a.yaml": manifest("one"), "b.yaml": manifest("two"), "c.yaml": "kind: ["})
        with pytest.raises(ResolutionError, match="holds 2 stacks") as caught:
            project.resolve(repository.uri)
        assert caught.value.hint == "add #NAME, for example #one"
        with pytest.raises(ResolutionError, match="no stack 'tow'") as caught:
            project.resolve(f"{repository.uri}#tow")
        assert caught.value.hint == "did you mean 'two'?"
        assert "c.yaml" in caught.value.detail

    def test_a_repository_in_sha256_is_read_too(self, project, tmp_path):
        path = tmp_path / "new.git"
        path.mkdir()
        git(path, "init", "--quiet", "--bare", "--object-format=sha256", "--initial-branch=main", ".")
        made = Repository(path)
        commit = made.commit({"a.yaml": manifest("a")})
        assert len(commit) == 64
        assert project.resolve(f"{made.uri}@main").name == "a"


class TestPins:
    @pytest.fixture(params=["tag", "branch", "head", "range"])
    def uri(self, request, repository):
        repository.tag("v1.1.0", repository.tip("main"))
        return repository.uri + {"tag": "@v1", "branch": "@main", "head": "", "range": "@^1.0"}[request.param]

    def move(self, repository):
        commit = repository.commit({"stacks/prod.yaml": manifest(version="6.6.6", store="./evil")})
        repository.tag("v1", commit)
        repository.tag("v1.1.0", commit)
        return commit

    def test_what_is_pinned_has_commit_ref_and_digest_of_every_manifest(self, project, repository):
        project.resolve(f"{repository.uri}@v1#prod")
        pin = json.loads(project.lock.read_text())["sources"][f"{repository.uri}@v1"]
        assert pin["commit"] == repository.tip("v1^{commit}")
        assert pin["ref"] == "refs/tags/v1"
        assert list(pin["files"]) == ["stacks/prod.yaml"]
        assert pin["files"]["stacks/prod.yaml"].startswith("sha256:")

    def test_what_moved_is_refused_until_it_is_updated_on_purpose(self, project, repository, uri):
        assert project.resolve(f"{uri}#prod").version == "1.0.0"
        before = project.lock.read_bytes()
        commit = self.move(repository)
        for _ in range(2):
            with pytest.raises(SourceRefusedError, match="was pinned at") as caught:
                project.resolve(f"{uri}#prod")
        assert caught.value.code == "source.moved"
        assert "stack update" in caught.value.hint
        assert commit in caught.value.detail
        assert project.lock.read_bytes() == before

    def test_also_where_the_cache_is_empty(self, project, repository, uri, monkeypatch, tmp_path):
        project.resolve(f"{uri}#prod")
        self.move(repository)
        monkeypatch.setenv("FLOWYML_CACHE_DIR", str(tmp_path / "empty"))
        with pytest.raises(SourceRefusedError, match="was pinned at"):
            project.resolve(f"{uri}#prod")

    def test_a_tag_that_is_gone_is_refused(self, project, repository):
        project.resolve(f"{repository.uri}@v1#prod")
        git(repository.path, "tag", "-d", "v1")
        with pytest.raises(SourceRefusedError, match="has no refs/tags/v1"):
            project.resolve(f"{repository.uri}@v1#prod")

    def test_a_range_stays_at_its_tag_when_a_better_one_appears(self, project, repository):
        repository.tag("v1.1.0", repository.tip("main"))
        assert project.resolve(f"{repository.uri}@^1#prod").version == "1.0.0"
        repository.commit({"stacks/prod.yaml": manifest(version="1.2.0")}, tag="v1.2.0")
        assert project.resolve(f"{repository.uri}@^1#prod").version == "1.0.0"

    def test_a_commit_is_not_even_asked_for(self, project, repository, served):
        uri = http_uri(served, f"@{repository.tip('main')}#prod")
        project.resolve(uri)
        asked = len(served.asked)
        assert project.resolve(uri).version == "1.0.0"
        assert len(served.asked) == asked

    def test_a_commit_that_is_on_no_branch_any_more_is_still_found(
        self, project, repository, served, tmp_path, monkeypatch
    ):
        uri = http_uri(served, f"@{repository.tip('main')}#prod")
        project.resolve(uri)
        self.move(repository)
        monkeypatch.setenv("FLOWYML_CACHE_DIR", str(tmp_path / "empty"))
        assert project.resolve(uri).version == "1.0.0"

    def test_a_pin_that_somebody_edited_does_not_hold(self, project, repository, tmp_path, monkeypatch):
        project.resolve(f"{repository.uri}@v1#prod")
        lock = json.loads(project.lock.read_text())
        lock["sources"][f"{repository.uri}@v1"]["files"]["stacks/prod.yaml"] = "sha256:" + "0" * 64
        project.lock.write_text(json.dumps(lock))
        with pytest.raises(SourceRefusedError, match="not the one that flowyml.lock pins"):
            project.resolve(f"{repository.uri}@v1#prod")

    def test_what_somebody_changed_in_the_cache_is_fetched_again(self, project, repository, cache):
        project.resolve(f"{repository.uri}@v1#prod")
        for path in cache.rglob("*"):
            if path.is_file():
                path.write_text(manifest(version="6.6.6"))
        assert project.resolve(f"{repository.uri}@v1#prod").version == "1.0.0"

    def test_two_projects_pin_for_themselves(self, project, repository, tmp_path):
        project.resolve(f"{repository.uri}@main#prod")
        self.move(repository)
        other = type(project)(tmp_path)
        assert other.resolve(f"{repository.uri}@main#prod").version == "6.6.6"


class TestOffline:
    def test_what_is_pinned_and_cached_needs_no_repository(self, project, repository):
        uri = f"{repository.uri}@v1#prod"
        project.resolve(uri)
        repository.path.rename(repository.path.with_name("away.git"))
        found = project.explain(uri)
        assert found.definition.version == "1.0.0"
        assert [warning.code for warning in found.definition.warnings] == ["source.unchecked"]
        assert "could not be asked" in found.trail[-1].why

    def test_nothing_is_asked_when_that_is_said(self, project, repository, served):
        uri = http_uri(served, "@main#prod")
        project.resolve(uri)
        asked = len(served.asked)
        repository.commit({"stacks/prod.yaml": manifest(version="2.0.0")})
        assert project.resolve(uri, FLOWYML_OFFLINE="1").version == "1.0.0"
        assert len(served.asked) == asked

    def test_what_is_not_pinned_is_an_error_then(self, project, served):
        with pytest.raises(SourceUnreachableError, match="FLOWYML_OFFLINE is set"):
            project.resolve(http_uri(served, "@main#prod"), FLOWYML_OFFLINE="1")
        assert served.asked == []


class TestServers:
    def test_smart_http_gives_what_a_file_does(self, project, served):
        assert project.resolve(http_uri(served, "@v1#prod")).version == "1.0.0"

    def test_a_host_that_flowyml_yaml_does_not_name_is_not_asked(self, project, served):
        (project.root / "flowyml.yaml").write_text("project: {name: x}\n")
        with pytest.raises(SourceRefusedError, match="is not encrypted"):
            project.resolve(http_uri(served, "@v1#prod"))
        with pytest.raises(SourceRefusedError, match="not public"):
            project.resolve(http_uri(served, "@v1#prod").replace("git+http:", "git+https:"))
        assert served.asked == []

    def test_the_connection_is_tied_to_the_addresses_that_were_checked(self, served, tmp_path):
        # The name leads nowhere by itself, so only the tie can have led to the server.
        port = int(served.url.rpartition(":")[2])
        guard = Guard([f"git.invalid:{port}"], lambda host, port: ["127.0.0.1"])
        reader = Reader(GitClient(guard, Tokens({})), parse_locator(f"git+http://git.invalid:{port}/stacks.git").place)
        assert reader.read(*reader.commit()).files.keys() == {"stacks/prod.yaml"}

    def test_a_redirect_is_not_followed(self, project, served, web):
        served.redirect = f"{web.url}/elsewhere.git/info/refs?service=git-upload-pack"
        with pytest.raises(SourceUnreachableError):
            project.resolve(http_uri(served, "@v1#prod"))
        assert web.asked == []

    @pytest.mark.parametrize("trouble", ["down", "error", "cut", "cut later", "no repository"])
    def test_a_server_in_trouble_is_an_error_and_leaves_nothing(self, project, served, trouble, cache):
        uri = http_uri(served, "@v1#prod")
        if trouble == "down":
            uri = "git+http://127.0.0.1:9/stacks.git@v1#prod"
        elif trouble == "no repository":
            uri = uri.replace("stacks.git", "none.git")
        served.answer = 503 if trouble == "error" else None
        served.cut = {"cut": 20, "cut later": 260}.get(trouble)
        with pytest.raises(SourceUnreachableError) as caught:
            project.resolve(uri)
        assert "git credential helper" in caught.value.hint
        assert not project.lock.exists()
        assert [path for path in cache.rglob("*") if path.is_file()] == []

    @pytest.mark.parametrize("trouble", ["down", "error", "cut"])
    def test_what_is_pinned_is_used_meanwhile_with_a_warning(self, project, served, trouble):
        uri = http_uri(served, "@v1#prod")
        project.resolve(uri)
        served.answer = 503 if trouble == "error" else 401 if trouble == "down" else None
        served.cut = 20 if trouble == "cut" else None
        assert [warning.code for warning in project.resolve(uri).warnings] == ["source.unchecked"]

    def test_a_slow_server_is_given_up_and_its_client_killed(self, served, tmp_path):
        served.slow = 30
        place = parse_locator(http_uri(served, "@v1")).place
        limits = Limits(seconds=0.3, check_seconds=0.3)
        reader = Reader(GitClient(Guard(["127.0.0.1"]), Tokens({}), limits), place)
        with pytest.raises(SourceUnreachableError, match="took too long"):
            reader.commit()

    def test_a_source_that_fails_does_not_make_way_for_another_with_the_same_stack(self, project, repository, web):
        web.pages["/prod.yaml"] = manifest(version="6.6.6")
        project.configure(
            "sources:\n- {type: git, url: 'git+http://127.0.0.1:9/stacks.git'}\n"
            f"- {{type: http, url: '{web.url}/prod.yaml'}}\n"
        )
        with pytest.raises(SourceUnreachableError):
            project.resolve("prod")


class TestLogins:
    @pytest.fixture
    def uri(self, served):
        served.token = CANARY
        return http_uri(served, "@v1#prod")

    def test_a_token_comes_from_the_variable_of_the_host(self, project, uri, served):
        assert project.resolve(uri, FLOWYML_TOKEN_127_0_0_1=CANARY).version == "1.0.0"

    def test_or_from_the_user_s_git_credential_helper(self, project, uri, tmp_path, monkeypatch):
        settings = tmp_path / "gitconfig"
        settings.write_text(f'[credential]\n\thelper = "!f() {{ echo username=u; echo password={CANARY}; }}; f"\n')
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        assert project.resolve(uri).version == "1.0.0"

    def test_without_one_nobody_is_asked_and_the_variable_is_named(self, project, uri):
        with pytest.raises(SourceUnreachableError) as caught:
            project.resolve(uri)
        assert "FLOWYML_TOKEN_127_0_0_1" in caught.value.hint

    def test_the_token_of_another_host_is_not_sent(self, project, uri, served):
        with pytest.raises(SourceUnreachableError):
            project.resolve(uri, GITHUB_TOKEN=CANARY, FLOWYML_TOKEN_EXAMPLE_COM=CANARY)
        assert served.logins == []

    def test_a_token_is_sent_only_when_the_server_asks(self, project, served):
        project.resolve(http_uri(served, "@v1#prod"), FLOWYML_TOKEN_127_0_0_1=CANARY)
        assert served.logins == []

    def test_the_token_is_left_nowhere(self, project, uri, served, cache, monkeypatch, capfd):
        seen = []
        original = subprocess.Popen

        def spy(words, **how):
            seen.append(repr(words))
            return original(words, **how)

        monkeypatch.setattr(subprocess, "Popen", spy)
        monkeypatch.setenv("GIT_TRACE", "1")
        monkeypatch.setenv("GIT_TRACE_CURL", str(project.root / "trace"))
        found = project.explain(uri, FLOWYML_TOKEN_127_0_0_1=CANARY)
        served.token = "another"
        with pytest.raises(SourceUnreachableError) as caught:
            project.resolver(FLOWYML_TOKEN_127_0_0_1=CANARY).resolve(uri.replace("@v1", "@main"))
        out, err = capfd.readouterr()
        texts = [out, err, *seen, repr(found), repr(found.trail), str(caught.value), str(caught.value.detail)]
        texts += [path.read_text("utf-8", "replace") for path in project.root.rglob("*") if path.is_file()]
        texts += [path.read_text("utf-8", "replace") for path in cache.rglob("*") if path.is_file()]
        assert len(seen) > 3
        assert [text for text in texts if CANARY in text] == []

    def test_a_token_that_a_server_repeats_is_masked(self):
        assert Tokens({"FLOWYML_TOKEN_X": CANARY}).redact(f"remote: {CANARY}?") == "remote: (secret)?"
        assert Tokens({"GITHUB_TOKEN": CANARY}).redact(CANARY) == "(secret)"


class TestHardening:
    def test_nothing_of_the_user_s_settings_runs_a_hook_or_another_protocol(
        self, project, repository, tmp_path, monkeypatch
    ):
        hooks = tmp_path / "hooks"
        hooks.mkdir()
        marker = tmp_path / "ran"
        for name in ("reference-transaction", "post-checkout", "post-merge"):
            (hooks / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
            (hooks / name).chmod(0o755)
        settings = tmp_path / "gitconfig"
        settings.write_text(
            f"[core]\n\thooksPath = {hooks}\n\tfsmonitor = touch {marker}\n"
            f'[url "ext::sh -c touch% {marker}% "]\n\tinsteadOf = file:///rewritten\n[protocol]\n\tallow = always\n'
        )
        monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(settings))
        monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
        monkeypatch.setenv("GIT_EXTERNAL_DIFF", f"touch {marker}")
        assert project.resolve(f"{repository.uri}@v1#prod").version == "1.0.0"
        with pytest.raises(SourceUnreachableError, match="not allowed"):
            project.resolve("git+file:///rewritten/x.git")
        assert not marker.exists()

    def test_the_client_never_waits_for_a_person(self, served, monkeypatch, tmp_path):
        served.token = CANARY
        marker = tmp_path / "asked"
        ask = tmp_path / "ask"
        ask.write_text(f"#!/bin/sh\ntouch {marker}\n")
        ask.chmod(0o755)
        for name in ("GIT_ASKPASS", "SSH_ASKPASS"):
            monkeypatch.setenv(name, str(ask))
        monkeypatch.setenv("GIT_TERMINAL_PROMPT", "1")
        reader = Reader(GitClient(Guard(["127.0.0.1"]), Tokens({})), parse_locator(http_uri(served)).place)
        with pytest.raises(SourceUnreachableError, match="prompts disabled"):
            reader.commit()
        assert not marker.exists()

    def test_ssh_gets_host_and_command_and_nothing_else(self, project, repository, tmp_path, monkeypatch):
        ssh = tmp_path / "ssh"
        ssh.write_text(f'#!/bin/sh\necho "$@" >> {tmp_path}/said\nfor last; do :; done\nexec sh -c "$last"\n')
        ssh.chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
        assert project.resolve(f"git+ssh://git@git.example.com{repository.path}@v1#prod").version == "1.0.0"
        assert "git@git.example.com git-upload-pack" in (tmp_path / "said").read_text()

    def test_behind_a_proxy_the_check_of_names_is_the_proxy_s(self, tmp_path, monkeypatch):
        git_of = GitClient(Guard((), lambda host, port: pytest.fail("it was looked up")), Tokens({}))
        monkeypatch.setenv("https_proxy", "http://proxy.invalid:3128")
        assert git_of.run("version", folder=tmp_path, url="https://git.example.com/x.git").code == 0

    def test_secrets_of_this_library_are_not_handed_to_git(self, project, repository, tmp_path, monkeypatch):
        monkeypatch.setenv("FLOWYML_STATE_KEY", CANARY)
        monkeypatch.setenv("FLOWYML_TOKEN_EXAMPLE_COM", CANARY)
        ssh = tmp_path / "ssh"
        ssh.write_text(f'#!/bin/sh\nenv > {tmp_path}/environ\nfor last; do :; done\nexec sh -c "$last"\n')
        ssh.chmod(0o755)
        monkeypatch.setenv("GIT_SSH_COMMAND", str(ssh))
        project.resolve(f"git+ssh://git@git.example.com{repository.path}@v1#prod")
        assert CANARY not in (tmp_path / "environ").read_text()

    def test_what_a_program_starts_ends_with_it(self, tmp_path):
        script = f"(sleep 60; touch {tmp_path}/late) & echo $! > {tmp_path}/pid; sleep 60"
        ended = run(["sh", "-c", script], folder=tmp_path, environ=os.environ, bounds=Bounds(1.0, 2**20, 2**30))
        assert ended.code is None
        child = int((tmp_path / "pid").read_text())
        for _ in range(200):
            if not _is_running(child):
                break
            time.sleep(0.02)
        assert not _is_running(child)
        assert not (tmp_path / "late").exists()

    def test_a_program_that_writes_or_takes_too_much_is_stopped(self, tmp_path):
        bounds = Bounds(30, 4096, 2**28)
        much = run(["sh", "-c", "head -c 100000 /dev/zero > big"], folder=tmp_path, environ=os.environ, bounds=bounds)
        assert much.code != 0
        assert (tmp_path / "big").stat().st_size <= 8192
        memory = run(["python3", "-c", "x = bytearray(2**30)"], folder=tmp_path, environ=os.environ, bounds=bounds)
        assert memory.code != 0

    def test_no_git_and_an_old_git_are_said(self, project, repository, monkeypatch, tmp_path):
        git_client.find_git.cache_clear()
        monkeypatch.setenv("PATH", str(tmp_path))
        try:
            with pytest.raises(ResolutionError, match="git is not installed"):
                project.resolve(repository.uri)
            old = tmp_path / "git"
            old.write_text("#!/bin/sh\necho git version 2.20.1\n")
            old.chmod(0o755)
            with pytest.raises(ResolutionError, match=r"too old: git version 2\.20\.1"):
                project.resolve(repository.uri)
        finally:
            git_client.find_git.cache_clear()

    def test_temporary_folders_are_gone_afterwards(self, project, repository, tmp_path, monkeypatch):
        folder = tmp_path / "temporary"
        folder.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(folder))
        project.resolve(f"{repository.uri}@v1#prod")
        with pytest.raises(SourceRefusedError):
            project.resolve(f"{repository.uri}@none#prod")
        assert list(folder.iterdir()) == []


class TestTrust:
    def test_only_the_variables_that_flowyml_yaml_allows_are_read(self, project, repository):
        repository.commit({"a.yaml": manifest("a", store="./${REGION}/${HOME}")})
        project.configure("variables: {allow: [REGION]}\n")
        with pytest.raises(DefinitionError) as caught:
            project.resolve(f"{repository.uri}#a", REGION="eu", HOME="/root")
        assert [item.code for item in caught.value.diagnostics] == ["variable.denied"]
        assert "HOME" in caught.value.diagnostics[0].summary
        project.configure("variables: {allow: [REGION, HOME]}\n")
        found = project.resolve(f"{repository.uri}#a", REGION="eu", HOME="root")
        assert found.document["spec"]["storage"]["artifact_store"]["uri"] == "./eu/root"

    def test_a_secret_that_is_not_allowed_is_not_even_referred_to(self, project, repository):
        repository.commit({"a.yaml": manifest("a", store="./${DB_PASSWORD}")})
        with pytest.raises(DefinitionError):
            project.resolve(f"{repository.uri}#a", DB_PASSWORD=CANARY)

    def test_the_overrides_of_the_project_s_own_environment_read_everything(self, project, repository):
        project.configure("environments:\n  dev:\n    overrides: {spec: {storage: {artifact_store: './${WHERE}'}}}\n")
        found = project.resolver(WHERE="here").resolve(f"{repository.uri}@v1#prod", env="dev")
        assert found.document["spec"]["storage"]["artifact_store"]["uri"] == "./here"

    def test_no_remote_definition_takes_the_built_in_name(self, project, repository):
        repository.commit({"a.yaml": manifest("local")})
        with pytest.raises(DefinitionError, match="built-in"):
            project.resolve(f"{repository.uri}#local")


def test_concurrent_resolves_of_different_refs_each_get_their_own(project, repository):
    for number in range(1, 9):
        repository.commit({"stacks/prod.yaml": manifest(version=f"{number}.0.0")}, tag=f"v{number}.0.0")
    start = threading.Barrier(8)

    def resolve(number):
        start.wait()
        return project.resolve(f"{repository.uri}@v{number}.0.0#prod").version

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(resolve, range(1, 9)))
    assert found == [f"{number}.0.0" for number in range(1, 9)]
    assert len(json.loads(project.lock.read_text())["sources"]) == 8


def test_of_concurrent_resolves_of_one_moving_branch_all_get_what_was_pinned_first_or_an_error(project, repository):
    start = threading.Barrier(6)
    done = threading.Event()

    def push():
        number = 2
        while not done.is_set():
            repository.commit({"stacks/prod.yaml": manifest(version=f"{number}.0.0")})
            number += 1

    def resolve(_):
        start.wait()
        try:
            return project.resolve(f"{repository.uri}@main#prod").version
        except SourceRefusedError as error:
            return error.code

    pusher = threading.Thread(target=push)
    pusher.start()
    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(resolve, range(6)))
    done.set()
    pusher.join()
    assert len(found - {"source.moved"}) == 1


def test_a_large_repository_is_refused(tmp_path):
    made = Repository.create(tmp_path / "big.git", {"a.yaml": manifest("a"), "blob": os.urandom(400_000)})
    limits = Limits(download_bytes=200_000)
    reader = Reader(GitClient(Guard(), Tokens({}), limits), GitPlace("big", f"file://{made.path}"))
    commit, ref = reader.commit()
    with pytest.raises(SourceRefusedError, match="larger than 200,000 bytes"):
        reader.read(commit, ref)
    assert Reader(GitClient(Guard(), Tokens({}), LIMITS), reader.place).read(commit, ref).files.keys() == {"a.yaml"}


def _is_running(process):
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in ("Z", "X")
