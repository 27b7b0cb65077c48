"""Edits of what notebooks are made of: each makes other work."""

from __future__ import annotations

import pytest

from tests.storage.fingerprints.reaching import changed, check_edit, read

#: Cells, and an edit of each.
EDITS = {
    "enum property": (
        (
            "import enum\n"
            "class K(str, enum.Enum):\n"
            "    A='a'\n"
            "    @property\n"
            "    def p(self): return 'one'\n"
            "def f(x): return K(x).p\n"
        ),
        "'one'",
        "'two'",
    ),
    "enum classmethod": (
        (
            "import enum\n"
            "class K(enum.Enum):\n"
            "    A='a'\n"
            "    @classmethod\n"
            "    def p(cls): return 'one'\n"
            "def f(x): return K.p()\n"
        ),
        "'one'",
        "'two'",
    ),
    "enum alias": (
        (
            "import enum\n"
            "class K(enum.Enum):\n"
            "    A='a'\n"
            "    B='b'\n"
            "    C='a'\n"
            "def f(x): return K[x]\n"
        ),
        "C='a'",
        "C='b'",
    ),
    "enum inherited method": (
        (
            "import enum\n"
            "class B(enum.Enum):\n"
            "    def p(self): return 'one'\n"
            "class K(B):\n"
            "    A='a'\n"
            "def f(x): return K(x).p()\n"
        ),
        "'one'",
        "'two'",
    ),
    "enum keys dict": (
        ("import enum\nclass K(enum.Enum):\n    A='a'\nP={K.A: 'one'}\ndef f(x): return P[x]\n"),
        "'one'",
        "'two'",
    ),
    "tuple keys dict": (("P={('a','b'): 'one'}\ndef f(x): return P[x]\n"), "'one'", "'two'"),
    "partials dedupe": (
        (
            "from functools import partial\n"
            "def g(a,x): return a\n"
            "P={'a':partial(g,1),'b':partial(g,2),'c':partial(g,1)}\n"
            "def f(x): return P[x](x)\n"
        ),
        "'c':partial(g,1)",
        "'c':partial(g,2)",
    ),
    "objects in large list": (
        (
            "class S:\n"
            "    def __init__(s,n): s.n=n\n"
            "L=[S(i%2) for i in range(150)]\n"
            "L[7].n=1\n"
            "def f(x): return [s.n for s in L]\n"
        ),
        "L[7].n=1",
        "L[7].n=0",
    ),
    "singledispatch": (
        (
            "import functools\n"
            "@functools.singledispatch\n"
            "def f(x): return 1\n"
            "@f.register(int)\n"
            "def _(x): return 'one'\n"
        ),
        "'one'",
        "'two'",
    ),
    "singledispatchmethod": (
        (
            "import functools\n"
            "class A:\n"
            "    @functools.singledispatchmethod\n"
            "    def m(self, x): return 1\n"
            "    @m.register(int)\n"
            "    def _(self, x): return 'one'\n"
            "a=A()\n"
            "def f(x): return a.m(x)\n"
        ),
        "'one'",
        "'two'",
    ),
    "stop token": (("STOP_TOKEN='###'\ndef f(x): return x+STOP_TOKEN\n"), "'###'", "'END'"),
    "sort key": (("SORT_KEY='price'\ndef f(x): return x[SORT_KEY]\n"), "'price'", "'name'"),
    "dunder-ish name": (("__PROMPT='one'\ndef f(x): return __PROMPT\n"), "'one'", "'two'"),
    "doc as prompt": (
        ("def g(x):\n    '''one'''\ndef f(x): return g.__doc__+x\n"),
        "'''one'''",
        "'''two'''",
    ),
    "own doc as prompt": (
        ("def f(x):\n    '''one'''\n    return f.__doc__+x\n"),
        "'''one'''",
        "'''two'''",
    ),
    "metaclass": (
        (
            "class M(type):\n"
            "    def go(cls): return 'one'\n"
            "class A(metaclass=M): pass\n"
            "def f(x): return A.go()\n"
        ),
        "'one'",
        "'two'",
    ),
    "slots mangled": (
        (
            "class A:\n"
            "    __slots__=('__x',)\n"
            "    def __init__(s,x): s.__x=x\n"
            "    def go(s): return s.__x\n"
            "a=A('one')\n"
            "def f(x): return a.go()\n"
        ),
        "'one'",
        "'two'",
    ),
    "class attr lib function": (
        ("import textwrap\nclass A:\n    clean=textwrap.dedent\ndef f(x): return A.clean(x)\n"),
        "textwrap.dedent",
        "textwrap.fill",
    ),
    "list of prompts in set of frozen dc": (
        (
            "from dataclasses import dataclass\n"
            "@dataclass(frozen=True)\n"
            "class A:\n"
            "    p: str\n"
            "    def go(self): return 'one'\n"
            "S={A('x'),A('y')}\n"
            "def f(x): return [a.go() for a in S]\n"
        ),
        "'one'",
        "'two'",
    ),
    "dict of 150 dataclass: method": (
        (
            "from dataclasses import dataclass\n"
            "@dataclass(frozen=True)\n"
            "class A:\n"
            "    p: str\n"
            "    def go(self): return 'one'\n"
            "S=[A(str(i)) for i in range(150)]\n"
            "def f(x): return [a.go() for a in S]\n"
        ),
        "'one'",
        "'two'",
    ),
    "df index name": (
        (
            "import pandas as pd\n"
            "D=pd.DataFrame({'a':[1]},index=pd.Index([1],name='one'))\n"
            "def f(x): return D.reset_index()\n"
        ),
        "'one'",
        "'two'",
    ),
    "series of str vs cat order": (
        (
            "import pandas as pd\n"
            "D=pd.Series(pd.Categorical(['a','b'],categories=['a','b'],ordered=True))\n"
            "def f(x): return D\n"
        ),
        "categories=['a','b']",
        "categories=['b','a']",
    ),
    "OrderedDict": (
        ("from collections import OrderedDict\np=OrderedDict(a='one')\ndef f(x): return p['a']\n"),
        "one",
        "two",
    ),
    "lambda list swapped": (
        ("S=[lambda x:'one',lambda x:'b']\ndef f(x): return S[0](x)\n"),
        "lambda x:'one',lambda x:'b'",
        "lambda x:'b',lambda x:'one'",
    ),
    "deep dict with object": (
        (
            "class S:\n"
            "    def __init__(s,n): s.n=n\n"
            "D={'a':{'b':{'c':{'d':{'e':{'f':{'g':[S('one'),S('b')]}}}}}}}\n"
            "def f(x): return D\n"
        ),
        "S('one'),S('b')",
        "S('b'),S('one')",
    ),
    "classvar list": (
        (
            "class C:\n"
            "    L=['one']\n"
            "    def go(self): return self.L\n"
            "c=C()\n"
            "def f(x): return c.go()\n"
        ),
        "one",
        "two",
    ),
}


@pytest.mark.parametrize(("source", "old", "new"), EDITS.values(), ids=EDITS)
def test_an_edit_makes_other_work(source: str, old: str, new: str) -> None:
    """It is noticed, and the cell as it was is the same work again."""
    check_edit(source, old, new)


def test_keys_are_told_as_they_are_written() -> None:
    """Members of an enumeration and tuples as keys of a dictionary of prompts."""
    source = (
        "import enum\n"
        "class K(enum.Enum):\n"
        "    A = 'a'\n"
        "P = {K.A: 'one', ('de', 1): 'two'}\n"
        "def f(x): return P[x]\n"
    )
    assert changed(source, source.replace("'one'", "'1'")) == (
        "the constant P[K.A] that f() uses was 'one' and is '1'"
    )
    assert changed(source, source.replace("'two'", "'2'")) == (
        "the constant P[('de', 1)] that f() uses was 'two' and is '2'"
    )


def test_a_list_that_was_empty() -> None:
    """What is in it now is told, and not that the empty one is gone."""
    source = "STOP = []\ndef f(x): return STOP\n"
    said = "the constant STOP[0] that f() uses is {}"
    assert changed(source, source.replace("[]", "['.']")) == said.format("new")
    assert changed(source.replace("[]", "['.']"), source) == said.format("gone")


@pytest.mark.parametrize("name", ["globals", "eval", "exec"])
def test_what_is_looked_up_while_it_runs_is_named(name: str) -> None:
    """Names that are made of text cannot be followed, and that is said."""
    assert read(f"def f(x): return {name}(x)\n").unreadable == (f"what f() looks up with {name}()",)


def test_many_names_in_one_function() -> None:
    """Beyond 256 names what is asked of a global name is followed still."""
    asked = "".join(f"    n{at} = x.a{at}\n" for at in range(300))
    source = f"def f(x):\n{asked}    return f.limit\nf.limit = 1\n"
    assert changed(source, source.replace("limit = 1", "limit = 2")) == (
        "the constant f.limit that f() uses was 1 and is 2"
    )


def test_a_set_of_objects_has_no_order() -> None:
    """Objects that a set gives in another order each time are the same work."""
    source = (
        "class O:\n"
        "    def __init__(self, n): self.n = n\n"
        "    def __hash__(self): return {0}\n"
        "KEPT = {{O('a'), O('b'), O('c')}}\n"
        "def f(x): return KEPT\n"
    )
    works = [read(source.format(it)).parts for it in ("-ord(self.n)", "ord(self.n)")]
    values = [{k: v for k, v in it.items() if k.startswith("value")} for it in works]
    assert values[0] == values[1]
