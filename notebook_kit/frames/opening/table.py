"""Columns on their way to a DataFrame."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from notebook_kit.frames.opening.exploding import Members

__all__ = ["Table"]


@dataclass(slots=True)
class Table:
    """Columns by name, and the answer that each row is of; one row each if that is None."""

    columns: dict[Any, pd.Series[Any]] = field(default_factory=dict)
    taken: NDArray[np.intp] | None = None

    def repeated(self, column: pd.Series[Any]) -> pd.Series[Any]:
        """Return a column of the answers as one of the rows."""
        if self.taken is None:
            return column
        rows = column.take(self.taken)
        rows.index = pd.RangeIndex(len(rows))
        return rows

    def put_first(self, name: str, members: Members) -> Table:
        """Return the table of members with their positions as its first column."""
        return Table({name: members.position, **self.columns}, members.taken)
