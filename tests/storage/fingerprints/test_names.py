"""What a function reads of the names around it, and what it changes itself."""

from __future__ import annotations

from notebook_kit.storage.fingerprints.names import Import, Names, names_in
from notebook_kit.storage.fingerprints.sources import Sources
from tests.storage.helpers import run_cell


def names_of(source: str, name: str = "f") -> Names:
    code = run_cell(source)[name].__code__
    return names_in(code, Sources().definition_of(code))


def test_global_names_and_not_attributes() -> None:
    """An attribute that is called like a global variable is not that variable."""
    found = names_of(
        "def f(x):\n    y = x.other\n    return [tools.text.clean(z, limit) for z in y]\n"
    )
    assert found.read == [("limit",), ("tools", "text", "clean")]


def test_names_inside_of_inner_functions_and_classes() -> None:
    """What an inner function, a class or a generator in it reads is read by the function."""
    found = names_of(
        "def f(x):\n"
        "    class Inner:\n"
        "        size = SIZE\n"
        "        def m(self): return deep(self)\n"
        "    return (lambda: Inner(far)), (each for each in many)\n"
    )
    assert {("SIZE",), ("deep",), ("far",), ("many",)} <= set(found.read)


def test_names_of_functions_around() -> None:
    """Variables of the functions around it are told apart from its own and from global ones."""
    found = names_of(
        "def make(n):\n"
        "    def inner(x):\n"
        "        own = x\n"
        "        return lambda: own + n.size\n"
        "    return inner\n"
        "f = make(1)\n"
    )
    assert found.free == [("n", "size")]
    assert found.read == []


def test_what_is_changed() -> None:
    """Assignments to outer names, items, attributes, and calls that change a container."""
    found = names_of(
        "def f(x):\n"
        "    global total\n"
        "    total += 1\n"
        "    seen.append(x)\n"
        "    cache[x] = 1\n"
        "    cache2['a'][x] += 1\n"
        "    state.last = x\n"
        "    del gone[0]\n"
        "    return same[0], same.get(x), kept.keys()\n"
    )
    assert found.filled == {("seen",)}
    assert found.assigned == {("total",), ("cache",), ("cache2",), ("state", "last"), ("gone",)}


def test_a_variable_around_that_is_set_anew() -> None:
    """nonlocal makes a variable of the function around it one that is changed."""
    found = names_of(
        "def make():\n"
        "    n = 0\n"
        "    def inner():\n"
        "        nonlocal n\n"
        "        n += 1\n"
        "        local = 0\n"
        "        def deeper():\n"
        "            nonlocal local\n"
        "            local += 1\n"
        "        return deeper\n"
        "    return inner\n"
        "f = make()\n"
    )
    assert found.assigned == {("n",)}


def test_imports() -> None:
    """Imports inside a function are told with what is taken of each."""
    found = names_of("def f():\n    import a.b\n    from c import d, e\n    from . import g\n")
    assert found.imports == [
        Import("a.b", 0, ()),
        Import("c", 0, ("d", "e")),
        Import("", 1, ("g",)),
    ]
