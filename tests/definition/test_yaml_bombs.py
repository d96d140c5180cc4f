from __future__ import annotations

import tracemalloc

import pytest

from flowyml_infra.definition.document import load_document
from flowyml_infra.errors import DefinitionError

MOST_MEMORY = 50_000_000


def _doubling(levels, width):
    """Each level repeats the one before ``width`` times."""
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * width)}]" for n in range(1, levels)]
    return "\n".join(lines)


def _mappings(levels, width):
    lines = ["a0: &a0 {k: x}"]
    lines += [f"a{n}: &a{n} {{{', '.join(f'k{i}: *a{n - 1}' for i in range(width))}}}" for n in range(1, levels)]
    return "\n".join(lines)


def _merges(levels, width):
    """Mappings that merge and repeat the one before."""
    lines = ["a0: &a0 {k: x}"]
    for n in range(1, levels):
        repeated = ", ".join(f"m{n}_{i}: *a{n - 1}" for i in range(width))
        lines.append(f"a{n}: &a{n} {{<<: *a{n - 1}, {repeated}}}")
    return "\n".join(lines)


def _long_texts(size, times):
    return f"a: &a {'x' * size}\nb: [{', '.join(['*a'] * times)}]"


def _tower(levels):
    """Aliases that nest deeper than anything that is written."""
    return "\n".join(["a0: &a0 [x]", *(f"a{n}: &a{n} [*a{n - 1}]" for n in range(1, levels))])


def _blocks(levels, width):
    """As ``_doubling``, written in blocks."""
    lines = ["a0: &a0", "  - x"]
    for n in range(1, levels):
        lines += [f"a{n}: &a{n}", *[f"  - *a{n - 1}"] * width]
    return "\n".join(lines)


def _wide(count):
    """One level alone, but wide: lists that all repeat one long list."""
    items = ", ".join(["x"] * count)
    return f"a: &a [{items}]\nb: [{', '.join(['*a'] * count)}]"


BOMBS = {
    **{f"lists of {w} by {n}": _doubling(n, w) for n in (6, 9, 14, 20, 30) for w in (9, 10, 20, 50)},
    **{f"lists of two by {n}": _doubling(n, 2) for n in (20, 30, 40, 60)},
    **{f"mappings of {w} by {n}": _mappings(n, w) for n in (6, 8, 12, 20) for w in (9, 16, 30)},
    **{f"merges of {w} by {n}": _merges(n, w) for n in (8, 12, 20) for w in (6, 12)},
    **{f"texts of {s} by {n}": _long_texts(s, n) for s in (10_000, 100_000, 1_000_000) for n in (2_000, 9_000)},
    **{f"a tower of {n}": _tower(n) for n in (65, 100, 1_000)},
    **{f"{n} open lists": "[" * n for n in (65, 100, 1_000, 100_000)},
    **{f"{n} lists closed": "[" * n + "]" * n for n in (65, 100, 1_000, 100_000)},
    **{f"{n} open mappings": "{a: " * n for n in (65, 100, 1_000, 100_000)},
    **{f"{n} mappings closed": "{a: " * n + "}" * n for n in (65, 100, 1_000)},
    **{f"{n} dashes": "- " * n + "a" for n in (65, 100, 1_000, 100_000)},
    **{f"{n} indented keys": "".join(" " * i + "a:\n" for i in range(n)) for n in (65, 100, 1_000)},
    **{f"{n} question marks": "? " * n for n in (65, 1_000)},
    **{f"{n:,} bytes of text": "a: " + "x" * n for n in (16_000_001, 20_000_000)},
    **{f"{n:,} lines of items": "- a\n" * n for n in (400_001, 1_000_000, 3_000_000)},
    **{f"{n:,} items": "[" + "a," * n + "]" for n in (400_001, 1_000_000, 5_000_000)},
    **{f"{n:,} empty lists": "[" + "[]," * n + "]" for n in (250_000, 1_000_000)},
    **{f"{n:,} empty mappings": "[" + "{}," * n + "]" for n in (250_000, 1_000_000)},
    **{f"{n:,} keys": "".join(f"k{i}: v\n" for i in range(n)) for n in (400_001, 900_000)},
    **{f"{n:,} blank lines": "\n" * n for n in (400_001, 10_000_000)},
    "an alias inside of itself": "a: &a [*a, *a]",
    "an alias inside of itself by way of a mapping": "a: &a {b: [x, {c: *a}]}",
    "a merge of itself": "a: &a {<<: *a}",
    "an anchor at the root": "&a [*a]",
    "a number of a million digits": "a: " + "9" * 1_000_000,
    "a tag of a million characters": "a: !" + "x" * 1_000_000 + " b",
    "keys of two million characters": "? " + "x" * 2_000_000 + "\n: a\n? " + "x" * 2_000_000 + "\n: b",
    "a thousand documents": "--- a\n" * 1_000,
    "an anchor of a million characters": f"a: *{'x' * 1_000_000}",
    **{f"lists of {w} by {n}, in blocks": _blocks(n, w) for n in (6, 9, 14) for w in (9, 20)},
    **{f"texts of aliases in {n} lists": _wide(n) for n in (200, 400, 1_000)},
}


def test_there_are_a_hundred_bombs():
    assert len(BOMBS) >= 100


@pytest.mark.parametrize("text", BOMBS.values(), ids=BOMBS)
def test_a_bomb_is_refused_in_little_memory(text):
    data = text.encode()
    tracemalloc.start()
    try:
        with pytest.raises(DefinitionError) as caught:
            load_document(data, "bomb.yaml")
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < MOST_MEMORY
    assert caught.value.diagnostics[-1].hint
    assert len(str(caught.value)) < 500


def test_a_small_bomb_costs_no_more_than_its_size_suggests():
    """The work is counted in traced memory, because time on a busy machine says little."""
    bomb = _doubling(9, 9).encode()
    assert len(bomb) < 500
    tracemalloc.start()
    with pytest.raises(DefinitionError, match="aliases make"):
        load_document(bomb, "bomb.yaml")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 300_000


def test_ten_thousand_resources_with_shared_labels_are_no_bomb():
    lines = ["labels: &labels {team: ml, cost: a, env: prod, owner: b}", "resources:"]
    for index in range(10_000):
        lines.append(f"  data_{index}: {{kind: directory, path: d/{index}, labels: *labels, mode: '0750'}}")
    value = load_document("\n".join(lines).encode(), "big.yaml").value
    assert value["resources"]["data_9999"]["labels"]["team"] == "ml"
