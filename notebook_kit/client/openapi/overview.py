"""What a document has: `client.openapi`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from notebook_kit.client.openapi.bodies import body_of
from notebook_kit.client.openapi.document import Broken
from notebook_kit.client.openapi.making import parameters_in_order
from notebook_kit.markup import shorten, visible

if TYPE_CHECKING:
    from collections.abc import Sequence

    import pandas as pd

    from notebook_kit.client.openapi.document import Node
    from notebook_kit.client.openapi.operation import Operation
    from notebook_kit.client.openapi.places import Place

__all__ = ["OpenAPI"]

_SHOWN: Final = 20


class OpenAPI:
    """What the document of a client has, to look around in.

    Attributes:
        title: what the API is called.
        version: the version of the document.
        description: what it says of itself.
        problems: what of the document cannot be used, and why; each a line.
    """

    def __init__(self, document: Node, place: Place, problems: Sequence[str]) -> None:
        info = document.child("info")
        self.title = info.told("title")
        self.version = info.told("version") or _number(info)
        self.description = info.told("description")
        self.problems = tuple(problems)
        self._place = place

    def __len__(self) -> int:
        return sum(1 for _ in self._place.walk())

    @property
    def operations(self) -> pd.DataFrame:
        """The operations: how each is called in Python, its summary, method and path.

        >>> document = {"openapi": "3.1.0", "info": {}, "paths": {"/airports/{iata}": {"get": {}}}}
        >>> api = nk.Client.from_openapi(document, base_url=server.url)
        >>> api.openapi.operations["call"].tolist()
        ['client.airports.get(iata)']
        >>> api.close().wait()
        """
        # Loaded for those who look around.
        import pandas as pd  # noqa: PLC0415

        rows = [_row(names, operation) for names, operation in self._place.walk()]
        return pd.DataFrame(rows, columns=["call", "summary", "method", "path", "deprecated"])

    def __repr__(self) -> str:
        named = " ".join(
            part for part in (shorten(self.title, 80), shorten(self.version, 30)) if part
        )
        names = [*self._place.places, *self._place.operations]
        more = f", … {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
        there = f" in {', '.join(names[:_SHOWN])}{more}" if names else ""
        left_out = f"; {len(self.problems)} left out, see .problems" if self.problems else ""
        said = f"{named or 'document'}: {len(self):,} operations{there}{left_out}"
        return f"<OpenAPI {visible(said)}>"


def _number(info: Node) -> str:
    """Return a version that was written as a number, as YAML has it."""
    version = info.value.get("version") if info.is_object else None
    return str(version) if isinstance(version, (int, float)) else ""


def _row(names: tuple[str, ...], operation: Operation) -> dict[str, Any]:
    try:
        parameters, body = parameters_in_order(operation, body_of(operation))
        every = parameters if body is None else (*parameters, body)
        needed = ", ".join(it.name for it in every if it.required)
    except Broken:
        needed = "..."
    node = operation.node
    summary = node.told("summary") or shorten(node.told("description").partition("\n")[0], 200)
    return {
        "call": f"client.{'.'.join(names)}({needed})",
        "summary": summary,
        "method": operation.method.upper(),
        "path": operation.path,
        "deprecated": bool(node.flag("deprecated")),
    }
