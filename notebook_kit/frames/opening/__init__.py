"""Answers opened into columns: level by level, by paths, member by member, or as a schema says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from notebook_kit.errors import ConfigurationError
from notebook_kit.frames.opening.answers import answers_of, frame_of_columns
from notebook_kit.frames.opening.records import as_records
from notebook_kit.frames.opening.untyped import open_untyped
from notebook_kit.frames.opening.wishes import list_to_explode, wish_of
from notebook_kit.redact import shown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    import pandas as pd

__all__ = ["expand"]


def expand(
    frame: pd.DataFrame,
    expand: bool | int | Iterable[str] | Mapping[str, str] = True,  # noqa: FBT001, FBT002 - the first thing to say
    *,
    lists: Literal["keep", "explode"] = "keep",
    explode: str | None = None,
    schema: Any = None,
    errors: Literal["row", "raise"] = "row",
) -> pd.DataFrame:
    """Return the rows that are ok, with their answers opened into columns.

    Labels are kept. Models of pydantic, dataclasses and structs of msgspec are opened as the
    dictionaries of their fields. Answers that are no dictionary are in a column ``result``, which
    gets an underscore for each key that has taken the name. Dictionaries that have more than 1,000
    keys among them stay closed.

    Args:
        frame: of a run, with columns ``result`` and ``status``.
        expand: True for one level of dictionaries; so many levels, whose columns are called
            ``owner.name``; 0 or False for the answers as they are. Or paths, such as
            ``["city", "runways[0].length_ft"]``: these columns, in this order, missing where an
            answer does not have them; a mapping gives them names. With a schema, True is all levels
            and a list chooses among its columns.
        lists: ``"explode"`` makes a row of each member of the one list that there is, with the
            label repeated and the position in a column ``..._position``; dictionaries in it are
            opened too. An empty list is one row with missing values.
        explode: the path of the list that becomes rows, where there are several.
        schema: a dataclass, a TypedDict, a model of pydantic or, beside ``lists="explode"``, a
            ``list`` of one. Answers are read as it says, and the columns have the dtypes of its
            fields, however many rows there are: ``Int64``, ``float64``, ``boolean``, text,
            ``datetime64[us, UTC]``, categories for enumerations and literals, objects for others.
        errors: with ``"row"``, an answer that is not as the schema says is a row of missing values,
            and a column ``schema_error`` says what was wrong where; ``"raise"`` raises for the
            first.

    Raises:
        ConfigurationError: for what does not parse or go together, and for a path that no answer
            has, naming close ones; not where all that leads to it is null or an empty list.
        DecodeError: for an answer that is not as the schema says, when ``errors`` is ``"raise"``.

    >>> import pandas as pd
    >>> answers = [{"city": "Zurich", "runways": [{"id": "10"}, {"id": "14"}]}, None]
    >>> frame = pd.DataFrame({"result": answers, "status": ["ok", "failed"]})
    >>> expand(frame, ["city", "runways[0].id"])
         city runways[0].id
    0  Zurich            10
    >>> expand(frame, lists="explode")
         city  runways_position runways.id
    0  Zurich                 0         10
    0  Zurich                 1         14
    """
    if errors not in ("row", "raise"):
        message = f"errors={shown(errors)} must be 'row' or 'raise'."
        raise ConfigurationError(message)
    wish = wish_of(expand)
    target = list_to_explode(lists, explode)
    answers = answers_of(frame)
    if schema is None:
        table = open_untyped(as_records(answers.given), wish, target)
    else:
        # Loads what reads types, for those who give one.
        from notebook_kit.frames.opening.by_schema import open_by_schema  # noqa: PLC0415

        table = open_by_schema(answers, schema, wish, explode=target, errors=errors)
    return frame_of_columns(table.columns, answers, table.taken)
