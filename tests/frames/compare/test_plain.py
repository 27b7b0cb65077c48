from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from notebook_kit.frames.compare.plain import plain


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (1, 1),
        (True, True),
        ("x", "x"),
        (np.float64(1.5), 1.5),
        (np.array([[1], [2]]), [[1], [2]]),
        (pd.Series([1, 2]), [1, 2]),
        ((1, (2,)), [1, (2,)]),
        ({1: 2}, {1: 2}),
        (int, int),
        (1 + 2j, 1 + 2j),
    ],
)
def test_what_is_inside(value: Any, expected: Any) -> None:
    """Arrays and columns become lists, scalars of numpy Python's; the rest is as it is."""
    assert plain(value) == expected
    assert type(plain(value)) is type(expected)
