"""What a work is: its code and data in a form that can be kept and compared."""

from __future__ import annotations

from notebook_kit.storage.fingerprints.fingerprint import Fingerprint
from notebook_kit.storage.fingerprints.reading import fingerprint

__all__ = ["Fingerprint", "fingerprint"]
