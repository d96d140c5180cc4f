"""How image references are read, and which registries they belong to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowyml_infra.policy.image import ImageReference, Registry

component = st.from_regex(r"[a-z0-9]{1,6}(?:[._-][a-z0-9]{1,4})?", fullmatch=True)
paths = st.lists(component, min_size=1, max_size=4)
hosts = st.sampled_from(["gcr.io", "localhost", "localhost:5000", "myregistry.azurecr.io", "[::1]:5000", "10.0.0.1:80"])
suffixes = st.sampled_from(["", ":latest", ":v1.0", "@sha256:" + "a" * 64, ":v1@sha256:" + "b" * 64])


@pytest.mark.parametrize(
    ("text", "host", "path", "tag", "digest"),
    [
        ("python", "docker.io", ("library", "python"), None, None),
        ("python:3.11-slim", "docker.io", ("library", "python"), "3.11-slim", None),
        ("pytorch/pytorch:2.4", "docker.io", ("pytorch", "pytorch"), "2.4", None),
        ("docker.io/python", "docker.io", ("library", "python"), None, None),
        ("index.docker.io/library/python", "docker.io", ("library", "python"), None, None),
        ("localhost/x", "localhost", ("x",), None, None),
        ("localhost:5000/a/b:c", "localhost:5000", ("a", "b"), "c", None),
        ("registry:5000/x", "registry:5000", ("x",), None, None),
        ("GCR.io/my-project/x", "gcr.io", ("my-project", "x"), None, None),
        ("gcr.io/p/x@sha256:" + "0" * 64, "gcr.io", ("p", "x"), None, "sha256:" + "0" * 64),
        ("gcr.io/p/x:v1@sha256:" + "0" * 64, "gcr.io", ("p", "x"), "v1", "sha256:" + "0" * 64),
        ("[2001:db8::1]:5000/x", "[2001:db8::1]:5000", ("x",), None, None),
    ],
)
def test_a_reference_is_read_as_docker_reads_it(text, host, path, tag, digest):
    assert ImageReference.parse(text) == ImageReference(host, path, tag, digest)


@pytest.mark.parametrize(
    "text",
    [
        "",
        " python",
        "python\n",
        "gcr.io/",
        "gcr.io//x",
        "gcr.io/../x",
        "gcr.io/my-project/./x",
        "gcr.io/My-Project/x",
        "https://gcr.io/p/x",
        "user:password@gcr.io/p/x",
        "gcr.io\\p/x",
        "gcr.io/p/x:",
        "gcr.io/p/x:a/b:",
        "gcr.io/p/x@sha256:short",
        "gcr.io/p/x@",
        "gcr.io:99999999/x",
        "-gcr.io/x",
        "gcr.io/p%2fx",
        "${IMAGE}",
        "gcr.iо/p/x",  # noqa: RUF001 -- the o is Cyrillic
        "gcr。io/p/x",
        "a" * 64,
        "x/" + "a" * 300,
    ],
)
def test_what_is_no_reference_is_refused(text):
    with pytest.raises(ValueError, match=r"^has|^is"):
        ImageReference.parse(text)


@pytest.mark.parametrize(
    ("registry", "image"),
    [
        ("gcr.io/my-project", "gcr.io/my-project/x:tag"),
        ("gcr.io/my-project/", "gcr.io/my-project/x:tag"),
        ("gcr.io/my-project/x", "gcr.io/my-project/x@sha256:" + "a" * 64),
        ("myregistry.azurecr.io", "MyRegistry.azurecr.io/flowyml:latest"),
        ("docker.io", "python"),
        ("docker.io/library", "python:3"),
        ("pytorch", "pytorch/pytorch"),
        ("index.docker.io/pytorch", "docker.io/pytorch/pytorch"),
        ("localhost:5000", "localhost:5000/x"),
    ],
)
def test_an_image_lies_in_a_registry_that_is_a_prefix_of_it(registry, image):
    assert ImageReference.parse(image).within(Registry.parse(registry))


@pytest.mark.parametrize(
    ("registry", "image"),
    [
        ("gcr.io/my-project", "gcr.io/my-project-evil/x"),
        ("gcr.io/my-project", "gcr.io/my-projec/t/x"),
        ("gcr.io/my-project", "eu.gcr.io/my-project/x"),
        ("gcr.io/my-project", "gcr.io.evil.com/my-project/x"),
        ("gcr.io/my-project", "evil.com/gcr.io/my-project/x"),
        ("gcr.io", "gcr.io:5000/x"),
        ("localhost:5000", "localhost/x"),
        ("localhost:5000", "localhost:50001/x"),
        ("pytorch", "gcr.io/pytorch/pytorch"),
        ("pytorch", "pytorch"),
        ("docker.io", "docker.io.evil.com/x"),
    ],
)
def test_an_image_from_elsewhere_does_not(registry, image):
    assert not ImageReference.parse(image).within(Registry.parse(registry))


@pytest.mark.parametrize("text", ["", "/", "https://gcr.io", "*.azurecr.io", "gcr.io/my-*", "gcr.io//x", "gcr.io x"])
def test_what_is_no_registry_is_refused(text):
    with pytest.raises(ValueError, match=r"^has"):
        Registry.parse(text)


@given(host=hosts, path=paths, depth=st.integers(0, 4), suffix=suffixes)
def test_every_prefix_by_components_contains_the_image(host, path, depth, suffix):
    image = ImageReference.parse(f"{host}/{'/'.join(path)}{suffix}")
    assert image.within(Registry.parse("/".join([host, *path[:depth]])))


@given(text=st.text(alphabet="ab./:@-_A\u0430", max_size=14), host=hosts, prefix=st.lists(component, max_size=2))
def test_nothing_but_a_component_prefix_is_ever_accepted(text, host, prefix):
    registry = "/".join([host, *prefix])
    try:
        accepted = ImageReference.parse(registry + text).within(Registry.parse(registry))
    except ValueError:
        return
    # What follows the registry's text has to begin a component, or be the tag or digest of the very repository.
    assert not accepted or text.startswith("/") or (prefix and (text == "" or text[0] in ":@"))
