"""What all tests of redaction share."""

from __future__ import annotations

import pytest

from notebook_kit.redact import known


@pytest.fixture(autouse=True)
def _no_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The secrets of these tests, many of them ordinary words, are known here only."""
    monkeypatch.setattr(known, "memory", known.Memory())
