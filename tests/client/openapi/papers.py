"""Documents for the tests: those that others wrote, and small ones made on the spot."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from notebook_kit.client.openapi.document import Broken, Document
from notebook_kit.client.openapi.operation import Operation, operations_of
from tests.client.origins import Origin, fine

__all__ = ["DOCUMENTS", "echoing", "of_paths", "one", "operations", "saved"]

DOCUMENTS = Path(__file__).parent / "documents"


def saved(name: str) -> dict[str, Any]:
    """Return a document that lies beside the tests."""
    content: dict[str, Any] = json.loads(gzip.decompress((DOCUMENTS / name).read_bytes()))
    return content


def of_paths(paths: Any, **more: Any) -> dict[str, Any]:
    """Return a document of these paths."""
    return {"openapi": "3.1.0", "info": {"title": "Test", "version": "1"}, "paths": paths, **more}


def operations(paths: Any, **more: Any) -> list[Operation]:
    """Return the operations of a document, all of which are usable."""
    found = list(operations_of(Document(of_paths(paths, **more)).top))
    assert not [it for it in found if isinstance(it, Broken)], found
    return [it for it in found if isinstance(it, Operation)]


def one(operation: Any, *, path: str = "/x", method: str = "get", **more: Any) -> Operation:
    """Return the one operation of a document."""
    return operations({path: {method: operation}}, **more)[0]


def echoing() -> Origin:
    """Return a server of an origin of its own that answers every request well, and notes it."""
    return Origin(lambda _number, _request: fine())
