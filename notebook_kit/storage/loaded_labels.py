"""What a checkpoint says of the labels of a run."""

from __future__ import annotations

from typing import Any, Final, NamedTuple

__all__ = ["POSITIONS", "LabelFacts"]

#: The kind of labels that are the positions themselves.
POSITIONS: Final = "positions"


class LabelFacts(NamedTuple):
    """What the labels of a run are, as the run has told it.

    Attributes:
        kind: `POSITIONS`, ``"labels"`` for plain ones, or the name of a class of pandas'.
        names: of their levels.
        dtypes: what the levels are kept in, as text; none where nobody has told.
        start: the first label of a range, else None.
        step: from one label of a range to the next, else None.
    """

    kind: str
    names: tuple[Any, ...]
    dtypes: tuple[str, ...]
    start: int | None = None
    step: int | None = None

    @property
    def are_positions(self) -> bool:
        """Whether the labels are the positions."""
        return self.kind == POSITIONS

    @classmethod
    def of(cls, told: Any) -> LabelFacts:
        """Read what `notebook_kit.storage.run_rows.index_facts` gave.

        Raises:
            LookupError, TypeError: for anything else.

        >>> LabelFacts.of({"kind": "Index", "names": ["n"], "dtype": ["int64"]})
        LabelFacts(kind='Index', names=('n',), dtypes=('int64',), start=None, step=None)
        """
        if told is None:
            return cls(POSITIONS, (None,), ())
        kind, names, dtypes = told["kind"], tuple(told["names"]), tuple(told["dtype"] or ())
        ends = told.get("start"), told.get("step")
        whole = all(it is None or type(it) is int for it in ends)
        if not (names and whole and all(isinstance(it, str) for it in (kind, *dtypes))):
            message = "labels of an unknown kind"
            raise TypeError(message)
        return cls(kind, names, dtypes, *ends)
