"""Plain data as what a type says: dataclasses, typed dictionaries, models, and what does not fit.

`msgspec` reads them, and `pydantic` where a type is one of its models or holds one; both are
imported when they are first needed.
"""

from __future__ import annotations

from notebook_kit.typed.convert import Convert, converter
from notebook_kit.typed.mismatch import Mismatch, came

__all__ = ["Convert", "Mismatch", "came", "converter"]
