"""What code changes while it runs."""

from __future__ import annotations

import ast
from typing import Any

import pytest

from notebook_kit.storage.fingerprints.changing import changed_in, own_attributes


@pytest.mark.parametrize(
    ("source", "assigned", "filled"),
    [
        ("x[k] = 1", {("x",)}, set()),
        ("x.a[k].b = 1", {("x", "a")}, set()),
        ("x.a = 1; del y[0]", {("x", "a"), ("y",)}, set()),
        ("x[k].append(1)", set(), {("x",)}),
        ("x.setdefault(k, []).append(1)", set(), {("x",)}),
        ("heapq.heappush(x, 1); random.shuffle(y.z)", set(), {("x",), ("y", "z")}),
        ("setattr(x, 'a', 1)", {("x", "a")}, set()),
        ("y = x.a; y[k] = 1", {("x", "a"), ("y",)}, set()),
        ("type(x).n += 1", {("x", "__class__", "n")}, set()),
        ("x.get(k); y = x[k]; setattr(x, name, 1)", set(), set()),
    ],
)
def test_what_is_changed(source: str, assigned: set[Any], filled: set[Any]) -> None:
    """Items, attributes, what is inside of items, other names for the same thing."""
    assert changed_in(ast.parse(source)) == (assigned, filled)


def own(source: str, *, of_class: bool = False) -> tuple[set[str], set[str], set[str]]:
    definition: Any = ast.parse(source).body[0]
    return own_attributes(definition, of_class=of_class)


def test_what_a_method_does_with_its_object() -> None:
    """Attributes that are read, those that are set or changed in place, and the object itself."""
    read, changed, shared = own(
        "def run(self, x):\n"
        "    self.n += 1\n"
        "    self.seen.append(x)\n"
        "    self.cache[x].append(self.help(x))\n"
        "    x.other = 1\n"
        "    type(self).calls += 1\n"
        "    return self.prompt.strip()\n"
    )
    assert read - {"__class__"} == {"n", "seen", "cache", "help", "prompt"}
    assert changed == {"n", "seen", "cache"}
    assert shared == {"seen", "cache", "calls"}
    assert own("def run(self, x): self[x] = 1")[1] == {""}
    assert own("def run(): return 1") == (set(), set(), set())


def test_what_a_class_method_sets_is_the_classs() -> None:
    """Its first parameter is the class, and not one object of it."""
    assert own("def run(cls): cls.n += 1", of_class=True)[2] == {"n"}
    assert own("def run(self): self.n += 1")[2] == set()
