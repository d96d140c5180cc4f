"""What the URIs of remote definitions mean, and which are refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.errors import ResolutionError
from flowyml_infra.resolution.places import GitPlace, declared_place, is_remote, name_in, parse_locator

COMMIT = "0123456789abcdef0123456789abcdef01234567"


@pytest.mark.parametrize(
    ("uri", "url", "ref", "path", "stack"),
    [
        ("github://org/repo@v2.1.0#prod", "https://github.com/org/repo.git", "v2.1.0", "", "prod"),
        ("github://org/repo", "https://github.com/org/repo.git", None, "", None),
        ("github://org/repo.git#prod", "https://github.com/org/repo.git", None, "", "prod"),
        ("github://org/repo/a/b@main#prod", "https://github.com/org/repo.git", "main", "a/b", "prod"),
        ("github://org/repo//a/b.yaml@main", "https://github.com/org/repo.git", "main", "a/b.yaml", None),
        ("github://org/repo@feature/x#prod", "https://github.com/org/repo.git", "feature/x", "", "prod"),
        ("github://org/repo@^2.1#prod", "https://github.com/org/repo.git", "^2.1", "", "prod"),
        (f"github://org/repo@{COMMIT}", "https://github.com/org/repo.git", COMMIT, "", None),
        ("gitlab://a/b/c/repo//x@v1#prod", "https://gitlab.com/a/b/c/repo.git", "v1", "x", "prod"),
        ("git+https://git.example.com/a/b.git@v1#p", "https://git.example.com/a/b.git", "v1", "", "p"),
        ("git+https://git.example.com:8443/a.git//x/y@v1", "https://git.example.com:8443/a.git", "v1", "x/y", None),
        ("git+ssh://git@git.example.com/a/b.git@v1#p", "ssh://git@git.example.com/a/b.git", "v1", "", "p"),
        ("git+ssh://git.example.com:22/a.git", "ssh://git.example.com:22/a.git", None, "", None),
        ("git+https://[2001:db8::1]/a.git@v1", "https://[2001:db8::1]/a.git", "v1", "", None),
        ("git+file:///srv/my stacks.git//x@v1#p", "file:///srv/my stacks.git", "v1", "x", "p"),
    ],
)
def test_a_git_uri_names_repository_ref_path_and_stack(uri, url, ref, path, stack):
    place, named = parse_locator(uri)
    assert isinstance(place, GitPlace)
    assert (place.url, place.ref, place.path, named) == (url, ref, path, stack)
    assert parse_locator(place.shown).place == place


@pytest.mark.parametrize(
    ("uri", "url", "path"),
    [
        ("https://example.com/prod.yaml#prod", "https://example.com/prod.yaml", ""),
        ("https://example.com:8443/a/s.tar.gz//stacks#prod", "https://example.com:8443/a/s.tar.gz", "stacks"),
        ("https://example.com/s.zip", "https://example.com/s.zip", ""),
    ],
)
def test_an_http_uri_names_an_address_and_a_path_in_an_archive(uri, url, path):
    place = parse_locator(uri).place
    assert (place.url, place.path) == (url, path)
    assert parse_locator(place.shown).place == place


def test_a_registry_uri_names_registry_stack_and_range():
    place = parse_locator("registry://acme/prod@^2.1").place
    assert (place.registry, place.wanted) == ("acme", ("prod", "^2.1"))
    assert place.shown == "registry://acme/prod@^2.1"


@pytest.mark.parametrize(
    "uri",
    [
        "github://",
        "github://org",
        "github://org/",
        "github:///repo",
        "github://org/..",
        "github://-org/repo",
        "github://org/repo@",
        "github://org/repo@-x",
        "github://org/repo@--upload-pack=x",
        "github://org/repo@a..b",
        "github://org/repo@a//b",
        "github://org/repo@a b",
        "github://org/repo@v1;id",
        "github://org/repo@$(id)",
        "github://org/repo@^x",
        "github://org/repo@x.lock",
        "github://org/repo#",
        "github://org/repo#Prod",
        "github://org/repo#a/b",
        "github://org/repo//../x",
        "github://org/repo//a/../../x",
        "github://org/repo/../x",
        "github://org/repo//.git/config",
        "github://org/repo//a\\b",
        "github://org/repo//" + "/".join("a" * 40),
        "gitlab://org",
        "git+https://",
        "git+https:///a.git",
        "git+https://host",
        "git+https://host/",
        "git+https://-host/a.git",
        "git+https://ho st/a.git",
        "git+https://host/a.git?x=y",
        "git+https://host/../a.git",
        "git+https://host/a.git --upload-pack=x",
        "git+ssh://-oProxyCommand=id/a.git",
        "git+ssh:///a.git",
        "git+file://host/a.git",
        "git+file://",
        "git+file:///a/../b.git",
        "git+file:///a*b.git",
        "https://",
        "https:///x",
        "https://exa mple.com/x",
        "https://example.com\\@evil.com/x",
        "https://example.com/../x",
        "https://example.com:0/x",
        "https://example.com:99999/x",
        "https://example.com/x.yaml//y",
        "https://exämple.com/x",
        "https://example.com/x\n",
        "registry://",
        "registry://acme",
        "registry://acme/Prod",
        "registry://acme/prod@nonsense!",
    ],
)
def test_what_is_no_uri_of_ours_is_refused(uri):
    with pytest.raises(ResolutionError):
        parse_locator(uri)


@pytest.mark.parametrize(
    "uri",
    [
        "https://user:canary-7f3a@example.com/x.yaml",
        "https://canary-7f3a@example.com/x.yaml",
        "https://example.com/x.yaml?token=canary-7f3a",
        "git+https://user:canary-7f3a@example.com/x.git",
        "git+https://canary-7f3a@example.com/x.git",
        "git+ssh://git:canary-7f3a@example.com/x.git",
    ],
)
def test_a_secret_in_an_address_is_refused_and_not_repeated(uri):
    with pytest.raises(ResolutionError) as caught:
        parse_locator(uri)
    assert caught.value.code == "source.secret_in_url"
    assert "canary" not in str(caught.value) + str(caught.value.hint) + str(caught.value.detail)


def test_an_unheard_of_scheme_is_told_apart():
    with pytest.raises(ResolutionError, match="not a place") as caught:
        parse_locator("githup://x/y")
    assert "'github'" in caught.value.hint
    assert not is_remote("githup://x/y")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("prod", "prod"),
        ("prod@^2", "prod"),
        ("github://a/b@v1#prod", "prod"),
        ("github://a/b", None),
        ("registry://acme/prod@^2", "prod"),
    ],
)
def test_the_name_in_a_stack_argument(text, name):
    assert name_in(text) == name


@pytest.mark.parametrize(
    ("said", "shown", "url"),
    [
        (("git", "https://x.example/y", "v1", None), "git+https://x.example/y@v1", "https://x.example/y"),
        (("git", "github://a/b", "v1", "s"), "github://a/b//s@v1", "https://github.com/a/b.git"),
        (("git", "github://a/b@v1", None, None), "github://a/b@v1", "https://github.com/a/b.git"),
        (
            ("git", "git@h.example:a/b.git", None, None),
            "git+ssh://git@h.example/a/b.git",
            "ssh://git@h.example/a/b.git",
        ),
        (("http", "https://x.example/s.tgz", None, "in"), "https://x.example/s.tgz//in", "https://x.example/s.tgz"),
    ],
)
def test_a_source_in_flowyml_yaml_takes_every_form_that_git_takes(said, shown, url):
    place = declared_place(*said)
    assert (place.shown, place.url) == (shown, url)


@pytest.mark.parametrize(
    "said",
    [
        ("git", "github://a/b@v1", "v2", None),
        ("git", "github://a/b//x", None, "y"),
        ("git", "https://x.example/y", "-x", None),
        ("git", "registry://a/b", None, None),
        ("git", "ext::sh -c id", None, None),
        ("git", "ftp://x/y", None, None),
        ("http", "github://a/b", None, None),
        ("http", "https://x.example/s.tgz", None, "../x"),
    ],
)
def test_a_source_that_contradicts_itself_is_refused(said):
    with pytest.raises(ResolutionError):
        declared_place(*said)


@given(st.sampled_from(["github", "git+https", "git+ssh", "git+file", "https", "registry"]), st.text(max_size=40))
def test_no_text_does_more_than_be_refused(scheme, text):
    try:
        place = parse_locator(f"{scheme}://{text}").place
    except ResolutionError:
        return
    url = getattr(place, "url", "https://x")
    assert url.partition("://")[0] in ("https", "ssh", "file")
    assert not url.partition("://")[2].startswith("-")
    assert "/../" not in f"{url}/"
