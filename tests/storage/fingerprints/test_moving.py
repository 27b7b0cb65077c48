"""What a work changes while it runs is no change of the work."""

from __future__ import annotations

import pytest

from notebook_kit.storage.fingerprints import fingerprint
from notebook_kit.storage.fingerprints.moving import Moving
from tests.storage.fingerprints.reaching import edited
from tests.storage.helpers import run_cell

#: Cells whose function changes something of the notebook when it is called.
CELLS = {
    "counter in helper": (
        "n=0\ndef count():\n    global n\n    n+=1\ndef f(x):\n    count()\n    return n\n"
    ),
    "cache in helper": (
        "cache={}\ndef put(k,v): cache[k]=v\ndef f(x):\n    put(x,2)\n    return cache.get(x)\n"
    ),
    "memo default": ("def f(x, memo={}):\n    memo[x]=1\n    return memo\n"),
    "memo default list": ("def f(x, seen=[]):\n    seen.append(x)\n    return seen\n"),
    "helper memo default": (
        "def fib(n, memo={0:0,1:1}):\n"
        "    if n not in memo: memo[n]=fib(n-1)+fib(n-2)\n"
        "    return memo[n]\n"
        "def f(x): return fib(x)\n"
    ),
    "defaultdict append": (
        "from collections import defaultdict\n"
        "D=defaultdict(list)\n"
        "def f(x):\n"
        "    D[x].append(1)\n"
        "    return 1\n"
    ),
    "self.defaultdict append": (
        "from collections import defaultdict\n"
        "class C:\n"
        "    def __init__(s): s.d=defaultdict(list)\n"
        "    def go(s,x):\n"
        "        s.d[x].append(1)\n"
        "c=C()\n"
        "def f(x): c.go(x)\n"
    ),
    "setdefault chain": ("D={}\ndef f(x): D.setdefault(x,[]).append(1)\n"),
    "class counter": (
        "class C:\n    n=0\n    def go(self):\n        C.n+=1\nc=C()\ndef f(x): c.go()\n"
    ),
    "class counter in init": (
        "class C:\n    n=0\n    def __init__(self):\n        C.n+=1\ndef f(x): C()\n"
    ),
    "class counter type(self)": (
        "class C:\n    n=0\n    def go(self):\n        type(self).n+=1\nc=C()\ndef f(x): c.go()\n"
    ),
    "class counter cls": (
        "class C:\n"
        "    n=0\n"
        "    @classmethod\n"
        "    def go(cls):\n"
        "        cls.n+=1\n"
        "def f(x): C.go()\n"
    ),
    "class registry": (
        "class C:\n    all=[]\n    def __init__(self):\n        C.all.append(self)\ndef f(x): C()\n"
    ),
    "class registry self": (
        "class C:\n"
        "    all=[]\n"
        "    def add(self,x):\n"
        "        self.all.append(x)\n"
        "c=C()\n"
        "def f(x): c.add(x)\n"
    ),
    "class cache": (
        "class C:\n"
        "    _cache={}\n"
        "    def get(self,x):\n"
        "        self._cache[x]=1\n"
        "def f(x): C().get(x)\n"
    ),
    "class cache static": (
        "class C:\n"
        "    _cache={}\n"
        "    @staticmethod\n"
        "    def get(x):\n"
        "        C._cache[x]=1\n"
        "def f(x): C.get(x)\n"
    ),
    "cached_property": (
        "import functools\n"
        "class C:\n"
        "    @functools.cached_property\n"
        "    def v(self): return [1]\n"
        "c=C()\n"
        "def f(x): return c.v\n"
    ),
    "counted wrapper": (
        "import functools\n"
        "def counted(fn):\n"
        "    @functools.wraps(fn)\n"
        "    def w(*a):\n"
        "        w.calls+=1\n"
        "        return fn(*a)\n"
        "    w.calls=0\n"
        "    return w\n"
        "@counted\n"
        "def f(x): return x\n"
    ),
    "own counter attr hasattr": (
        "def f(x):\n    f.calls=getattr(f,'calls',0)+1\n    return f.calls\n"
    ),
    "defaultdict lookup": (
        "from collections import defaultdict\nD=defaultdict(int,{'a':1})\ndef f(x): return D[x]\n"
    ),
    "heapq": ("import heapq\nH=[3,4]\ndef f(x): heapq.heappush(H,x)\n"),
    "httpx subclass": (
        "import httpx\n"
        "class Api(httpx.Client):\n"
        "    def me(self, x): return self.build_request('GET','https://x.example')\n"
        "api=Api(transport=httpx.MockTransport(lambda r: httpx.Response(200)))\n"
        "def f(x):\n"
        "    with api: return api.send(api.me(x)).status_code\n"
    ),
    "namespace helper": (
        "import types\n"
        "S=types.SimpleNamespace(n=0)\n"
        "def bump(): S.n+=1\n"
        "def f(x):\n"
        "    bump()\n"
        "    return S.n\n"
    ),
    "object attr changed by helper": (
        "class S: pass\ns=S(); s.n=0\ndef bump(): s.n+=1\ndef f(x):\n    bump()\n    return s.n\n"
    ),
    "obj passed to helper": (
        "class S: pass\ns=S(); s.n=0\ndef bump(o): o.n+=1\ndef f(x):\n    bump(s)\n"
    ),
    "dict passed to helper": ("s={}\ndef bump(o,x): o[x]=1\ndef f(x):\n    bump(s,x)\n"),
    "closure counter two inner": (
        "def make():\n"
        "    n=0\n"
        "    def bump():\n"
        "        nonlocal n\n"
        "        n+=1\n"
        "    def run(x):\n"
        "        bump()\n"
        "        return n\n"
        "    return run\n"
        "f=make()\n"
    ),
    "memo dict sub": (
        "class Memo(dict):\n"
        "    def __init__(s,fn): s.fn=fn\n"
        "    def __missing__(s,x):\n"
        "        s[x]=s.fn(x)\n"
        "        return s[x]\n"
        "m=Memo(lambda x: x)\n"
        "def f(x): return m[x]\n"
    ),
    "df set helper": (
        "import pandas as pd\n"
        "D=pd.DataFrame({'a':[1,2]})\n"
        "def put(x): D.loc[0,'a']=x+5\n"
        "def f(x):\n"
        "    put(x)\n"
        "    return len(D)\n"
    ),
    "with alias": ("cache={}\ndef f(x):\n    c=cache\n    c[x]=1\n"),
    "super call change": (
        "class B:\n"
        "    def go(s,x): s.n=getattr(s,'n',0)+1\n"
        "class C(B):\n"
        "    def go(s,x): return super().go(x)\n"
        "c=C()\n"
        "def f(x): c.go(x)\n"
    ),
    "setattr": ("class C: pass\nc=C()\ndef f(x): setattr(c,'n',x)\n"),
    "composite f": (
        "class A:\n"
        "    def __init__(s): s.n=0\n"
        "    def bump(s): s.n+=1\n"
        "class C:\n"
        "    def __init__(s): s.a=A()\n"
        "c=C()\n"
        "def f(x): c.a.bump()\n"
    ),
    "dataclass stats in helper": (
        "from dataclasses import dataclass, field\n"
        "@dataclass\n"
        "class S:\n"
        "    n:int=0\n"
        "    log: list=field(default_factory=list)\n"
        "stats=S()\n"
        "def note(x):\n"
        "    stats.n+=1\n"
        "    stats.log.append(x)\n"
        "def f(x):\n"
        "    note(x)\n"
        "    return stats.n\n"
    ),
}


@pytest.mark.parametrize("source", CELLS.values(), ids=CELLS)
def test_a_work_is_the_same_after_it_has_run(source: str) -> None:
    """Counters, memories and registers, whichever function fills them, make no other work."""
    scope = run_cell(source)
    before = fingerprint({"function": scope["f"]})
    scope["f"](9)
    after = fingerprint({"function": scope["f"]})
    assert after.changes_since(before.to_json()) == ""
    assert after.digest == before.digest


def test_what_a_helper_changes_is_named() -> None:
    """It is said who changes what is not compared; the rest counts."""
    source = (
        "total, limit = 0, 3\n"
        "def count():\n"
        "    global total\n"
        "    total += 1\n"
        "def f(x):\n"
        "    count()\n"
        "    return total, limit\n"
    )
    work = fingerprint({"function": run_cell(source)["f"]})
    assert work.left_out == ("total, which count() changes itself",)
    assert edited(source, "= 0, 3", "= 0, 4") == "the constant limit that f() uses was 3 and is 4"


def test_what_other_cells_change_counts() -> None:
    """A function that the work does not reach changes nothing on its behalf."""
    source = "n = 0\ndef other():\n    global n\n    n += 1\ndef f(x): return n\n"
    scope = run_cell(source)
    before = fingerprint({"function": scope["f"]})
    scope["other"]()
    after = fingerprint({"function": scope["f"]})
    assert "n that f() uses was 0 and is 1" in after.changes_since(before.to_json())


def test_values_of_a_default_dictionary() -> None:
    """What it was given counts, and what it makes of new keys too."""
    source = (
        "from collections import defaultdict\n"
        "PROMPTS = defaultdict(lambda: 'one', {'a': 'two'})\n"
        "def f(x): return PROMPTS[x]\n"
    )
    assert "PROMPTS['a'] that f() uses was 'two'" in edited(source, "'two'", "'three'")
    assert "the code of the lambda PROMPTS.default_factory" in edited(source, "'one'", "'four'")


def test_notes_of_what_was_read_too_early() -> None:
    """What was taken as still before it was known to change has all be read again."""
    moving, owner = Moving(), object()
    assert moving.changer_of(owner, "n") is None
    moving.note(owner, "other", "f()")
    assert not moving.is_late
    moving.note(owner, "n", "f()")
    assert moving.is_late
    moving.begin()
    assert moving.changer_of(owner, "n") == "f()"
    assert not moving.is_late


def test_a_client_of_a_class_of_ones_own() -> None:
    """What the library keeps in it does not count, and what its own methods give it does."""
    source = (
        "import requests\n"
        "class Api(requests.Session):\n"
        "    def __init__(self, lang):\n"
        "        super().__init__()\n"
        "        self.lang = lang\n"
        "        self.headers['x-version'] = '1'\n"
        "    def me(self): return self.lang\n"
        "api = Api('de')\n"
        "def f(x): return api.me()\n"
    )
    assert "api.lang that f() uses was 'de' and is 'fr'" in edited(source, "'de'", "'fr'")
    assert "api.headers['x-version'] that f() uses was" in edited(source, "'1'", "'2'")
    assert "the code of the helper Api.me()" in edited(source, "return self.lang", "return 1")
