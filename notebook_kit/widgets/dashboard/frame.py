"""What is open, as a DataFrame whose columns have the same types however many rows there are."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from notebook_kit.lifetime import OpenResource

__all__ = ["build_frame"]

#: Each column with its type; what pandas calls text differs between its versions.
_TYPES: Final = {
    "kind": "text",
    "name": "text",
    "holds": "text",
    "sockets": "int64",
    "busy": "bool",
    "kept": "bool",
    "made_in": "text",
    "line": "int64",
    "opened": "time",
    "uses": "int64",
    "last_used": "time",
}
_TIME: Final = "datetime64[us, UTC]"


def build_frame(resources: Iterable[OpenResource]) -> pd.DataFrame:
    """Return a row for each thing, in their order."""
    import pandas as pd  # noqa: PLC0415 - imported when first used, not with the package

    rows = [_row(it) for it in resources]
    return pd.DataFrame(
        {name: _column(pd, [row[name] for row in rows], kind) for name, kind in _TYPES.items()}
    )


def _row(it: OpenResource) -> dict[str, Any]:
    cell = it.made_at.cell
    return {
        "kind": it.kind,
        "name": it.name,
        "holds": it.holds,
        "sockets": it.sockets,
        "busy": it.busy,
        "kept": it.kept,
        "made_in": it.made_at.filename if cell is None else f"cell [{cell}]",
        "line": it.made_at.lineno,
        "opened": it.opened,
        "uses": it.uses,
        "last_used": it.last_used,
    }


def _column(pd: Any, values: list[Any], kind: str) -> Any:
    if kind == "text":
        return pd.Series(values, dtype="str")
    if kind == "time":
        micros = [None if it is None else round(it * 1e6) for it in values]
        whole = pd.Series(micros, dtype="Int64")
        return pd.to_datetime(whole, unit="us", utc=True).astype(_TIME)
    return pd.Series(values, dtype=kind)
