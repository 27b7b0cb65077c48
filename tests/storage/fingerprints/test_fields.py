"""Fields of models and dataclasses: what is made of them."""

from __future__ import annotations

import pytest

from tests.storage.fingerprints.reaching import changed, check_edit

#: Cells, and an edit of each.
EDITS = {
    "pydantic doc": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    '''one'''\n"
            "    x:int\n"
            "def f(x): return A\n"
        ),
        "'''one'''",
        "'''two'''",
    ),
    "pydantic annotated validator": (
        (
            "import pydantic\n"
            "from typing import Annotated\n"
            "def clean(v): return 'one'\n"
            "class A(pydantic.BaseModel):\n"
            "    x:Annotated[str, pydantic.AfterValidator(clean)]\n"
            "def f(x): return A(x=x).x\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic field_validator": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:str\n"
            "    @pydantic.field_validator('x')\n"
            "    @classmethod\n"
            "    def clean(cls, v): return 'one'\n"
            "def f(x): return A(x=x).x\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic model_validator": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:str\n"
            "    @pydantic.model_validator(mode='after')\n"
            "    def clean(self):\n"
            "        self.x='one'\n"
            "        return self\n"
            "def f(x): return A(x=x).x\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic computed": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:str\n"
            "    @pydantic.computed_field\n"
            "    @property\n"
            "    def clean(self)->str: return 'one'\n"
            "def f(x): return A(x=x).model_dump()\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic default factory": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:list=pydantic.Field(default_factory=lambda: ['one'])\n"
            "def f(x): return A()\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic serializer": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:str\n"
            "    @pydantic.field_serializer('x')\n"
            "    def ser(self, v): return 'one'\n"
            "def f(x): return A(x=x).model_dump()\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic literal": (
        (
            "import pydantic\n"
            "from typing import Literal\n"
            "class A(pydantic.BaseModel):\n"
            "    x:Literal['one','b']\n"
            "def f(x): return A(x=x)\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic instance": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:str\n"
            "c=A(x='one')\n"
            "def f(x): return c.x\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic private": (
        (
            "import pydantic\n"
            "class A(pydantic.BaseModel):\n"
            "    x:str='a'\n"
            "    _p: str = pydantic.PrivateAttr('q')\n"
            "c=A()\n"
            "c._p='one'\n"
            "def f(x): return c._p\n"
        ),
        "'one'",
        "'two'",
    ),
    "pydantic inherited": (
        (
            "import pydantic\n"
            "class B(pydantic.BaseModel):\n"
            "    y:str='one'\n"
            "class A(B):\n"
            "    x:str='a'\n"
            "def f(x): return A()\n"
        ),
        "'one'",
        "'two'",
    ),
    "local pydantic class": (
        (
            "import pydantic\n"
            "def f(x):\n"
            "    class A(pydantic.BaseModel):\n"
            "        y: int\n"
            "    return A(y=x)\n"
        ),
        "y: int",
        "y: str",
    ),
    "dataclass factory partial": (
        (
            "import dataclasses,functools\n"
            "@dataclasses.dataclass\n"
            "class A:\n"
            "    x: list=dataclasses.field(default_factory=functools.partial(list,'one'))\n"
            "def f(x): return A()\n"
        ),
        "'one'",
        "'two'",
    ),
    "attrs validator": (
        (
            "import attrs\n"
            "def c(v): return 'one'\n"
            "@attrs.define\n"
            "class A:\n"
            "    x: str=attrs.field(converter=c)\n"
            "def f(x): return A(x)\n"
        ),
        "'one'",
        "'two'",
    ),
    "attrs default": (
        ("import attrs\n@attrs.define\nclass A:\n    x: str='one'\ndef f(x): return A()\n"),
        "'one'",
        "'two'",
    ),
}


@pytest.mark.parametrize(("source", "old", "new"), EDITS.values(), ids=EDITS)
def test_an_edit_makes_other_work(source: str, old: str, new: str) -> None:
    """It is noticed, and the cell as it was is the same work again."""
    check_edit(source, old, new)


def test_fields_are_told_by_name() -> None:
    """What was said of a field is shown as it was written."""
    source = (
        "import pydantic\n"
        "class Answer(pydantic.BaseModel):\n"
        "    text: str = pydantic.Field('x', description='short')\n"
        "def f(x): return Answer(text=x)\n"
    )
    assert changed(source, source.replace("short", "long")) == (
        "Answer.text.description that f() uses was 'short' and is 'long'"
    )
