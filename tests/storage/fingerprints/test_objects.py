"""Classes and objects that a function reaches."""

from __future__ import annotations

import pytest

from notebook_kit.storage.fingerprints import fingerprint
from tests.storage.fingerprints.reaching import edited, read
from tests.storage.helpers import run_cell

CELL = """
import abc, enum, functools
from dataclasses import dataclass, field

class Base(abc.ABC):
    best = 3
    def shared(self): return 10

class Model(Base):
    def __init__(self, prompt): self.prompt = prompt; self.calls = 0; self.seen = []
    def run(self, x):
        self.calls += 1
        return self.help(x)
    def help(self, x):
        self.seen.append(x)
        return x + self.prompt
    def set(self, prompt): self.prompt = prompt
    @property
    def size(self): return 20
    @staticmethod
    def plain(): return 30
    @classmethod
    def made(cls): return 40
    @functools.cached_property
    def late(self): return 50

@dataclass
class Settings:
    limit: int = 7
    words: list = field(default_factory=lambda: ["and"])
    def shout(self): return 60

class Kind(enum.Enum):
    A = "a"
    def m(self): return 70

class Slots:
    __slots__ = ("x", "never")
    def __init__(self, x): self.x = x

model, settings, slots = Model("a"), Settings(), Slots([100])
unrelated = Model("unrelated")

def f(x): return model.run(x), settings, Kind.A, slots
"""


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('Model("a")', 'Model("b")', "the constant model.prompt that f() uses was 'a' and is 'b'"),
        ("best = 3", "best = 4", "Base.best that f() uses was 3 and is 4"),
        ("return 10", "return 11", "the code of the helper Base.shared() has changed"),
        ("x + self.prompt", "x - self.prompt", "the code of the helper Model.help() has changed"),
        ("return 20", "return 21", "the code of the helper Model.size() has changed"),
        ("return 30", "return 31", "the code of the helper Model.plain() has changed"),
        ("return 40", "return 41", "the code of the helper Model.made() has changed"),
        ("return 50", "return 51", "the code of the helper Model.late() has changed"),
        ("return 60", "return 61", "the code of the helper Settings.shout() has changed"),
        ("return 70", "return 71", "the code of the helper Kind.m() has changed"),
        ('A = "a"', 'A = "b"', "Kind.A that f() uses was 'a' and is 'b'"),
        (
            "Slots([100])",
            "Slots([101])",
            "the constant slots.x[0] that f() uses was 100 and is 101",
        ),
        (
            "Model(Base)",
            "Model(abc.ABC)",
            "Model, base 0 that f() uses was the class Base and is the class abc.ABC",
        ),
    ],
)
def test_edits_of_classes_and_objects(old: str, new: str, said: str) -> None:
    """Methods of all kinds, bases, constants of classes and what objects hold count."""
    assert said in edited(CELL, old, new)


def test_a_default_of_a_dataclass() -> None:
    """It counts in the class and in the object; a factory by its code, a field by its name."""
    said = edited(CELL, "limit: int = 7", "limit: int = 8")
    assert said == (
        "the constant settings.limit that f() uses was 7 and is 8; "
        "Settings.limit that f() uses was 7 and is 8"
    )
    assert "settings.words[0]" in edited(CELL, '["and"]', '["or"]')
    assert "Settings.fields" in edited(CELL, "limit: int = 7", "bound: int = 7")
    assert edited(CELL, "limit: int = 7", "limit: float = 7") == ""


def test_members_of_an_enumeration() -> None:
    """A member counts by its name, with all of its class."""
    source = CELL + "kind = Kind.A\ndef g(x): return kind\n"
    assert "Kind.A that g() uses was 'a' and is 'b'" in edited(source, 'A = "a"', 'A = "b"', "g")


def test_other_objects_do_not_count() -> None:
    """An object of the same class that nothing uses makes no other work."""
    assert edited(CELL, 'Model("unrelated")', 'Model("other")') == ""


def test_what_an_object_changes_while_it_is_used() -> None:
    """Counters and lists that the called methods fill are named; what others set counts."""
    scope = run_cell(CELL)
    before = fingerprint({"function": scope["f"]})
    scope["f"]("x")
    assert fingerprint({"function": scope["f"]}).digest == before.digest
    assert before.left_out == (
        "model.calls, which Model changes itself",
        "model.seen, which Model changes itself",
    )


def test_bound_methods_and_callable_objects_are_mapped() -> None:
    """The method, and the data of its object, are what is mapped."""
    bound = CELL + "g = model.run\n"
    assert edited(bound, 'Model("a")', 'Model("b")', "g") == "Model.prompt was 'a' and is 'b'"
    callable_ = (
        "class Ask:\n"
        "    def __init__(self, p): self.p = p; self.n = 0\n"
        "    def __call__(self, x):\n"
        "        self.n += 1\n"
        "        return self.p\n"
        "f = Ask(1)\n"
    )
    assert edited(callable_, "Ask(1)", "Ask(2)") == "Ask.p was 1 and is 2"
    assert (
        edited(callable_, "return self.p", "return -self.p")
        == "the code of Ask.__call__() has changed"
    )
    assert read(callable_).left_out == ("Ask.n, which Ask changes itself",)


def test_a_class_is_mapped() -> None:
    """Mapping a class reaches all of it."""
    assert edited(CELL, "self.calls = 0", "self.calls = 1", "Model") == (
        "the code of Model.__init__() has changed"
    )


def test_named_tuples() -> None:
    """What they hold and their fields count, and nothing of them is unreadable."""
    source = (
        "import collections, typing\n"
        "P = collections.namedtuple('P', 'a b')\n"
        "class Q(typing.NamedTuple):\n"
        "    a: int = 1\n"
        "    def m(self): return 5\n"
        "p = P(1, 2)\n"
        "def f(x): return p, Q()\n"
    )
    assert edited(source, "P(1, 2)", "P(1, 3)") == "the constant p that f() uses is another"
    assert "P._fields[1] that f() uses was 'b' and is 'c'" in edited(source, "'a b'", "'a c'")
    assert "Q._field_defaults['a']" in edited(source, "int = 1", "int = 2")
    assert "Q.m()" in edited(source, "return 5", "return 6")
    assert read(source).unreadable == ()


def test_models_of_pydantic() -> None:
    """Fields with their types and descriptions count, since something is made of them."""
    source = (
        "import pydantic\n"
        "class Inner(pydantic.BaseModel):\n"
        "    n: int = 1\n"
        "class Answer(pydantic.BaseModel):\n"
        "    text: str = pydantic.Field('x', description='short')\n"
        "    inner: list[Inner] = []\n"
        "    def m(self): return 5\n"
        "def f(x): return Answer(text=x)\n"
    )
    assert "Answer.text.description that f() uses was" in edited(source, "'short'", "'long'")
    assert "Inner.n that f() uses was int and is str" in edited(source, "n: int", "n: str")
    assert "Answer.m()" in edited(source, "return 5", "return 6")
    assert read(source).unreadable == ()


def test_typed_dicts() -> None:
    """The fields of a TypedDict count."""
    source = "import typing\nclass T(typing.TypedDict):\n    a: int\ndef f(x): return T(a=x)\n"
    assert edited(source, "a: int", "a: str") == "T.a that f() uses was int and is str"


def test_objects_in_circles() -> None:
    """Objects that hold each other are looked at once."""
    source = (
        "class Node:\n"
        "    def __init__(self, n): self.n = n; self.other = None\n"
        "a, b = Node(1), Node(2)\n"
        "a.other, b.other = b, a\n"
        "def f(x): return a\n"
    )
    said = edited(source, "Node(2)", "Node(3)")
    assert said == "the constant a.other.n that f() uses was 2 and is 3"


def test_containers_of_a_class_of_their_own() -> None:
    """A dictionary with methods counts by what it holds, and by its methods."""
    source = (
        "class Config(dict):\n"
        "    def model(self): return 1\n"
        "config = Config(a=1)\n"
        "def f(x): return config.model()\n"
    )
    assert edited(source, "a=1", "a=2") == "the constant config that f() uses is another"
    assert (
        edited(source, "return 1", "return 2")
        == "the code of the helper Config.model() has changed"
    )


def test_methods_that_super_reaches() -> None:
    """super() and the class itself inside a method make no circle."""
    source = (
        "class A:\n"
        "    def run(self): return 1\n"
        "class B(A):\n"
        "    def run(self): return super().run() + 2\n"
        "def f(x): return B().run()\n"
    )
    assert edited(source, "return 1", "return 3") == "the code of the helper A.run() has changed"
