"""Taking the content-encoding from a body: in steps that are bounded, and to its very end.

httpx's decoders take a body that breaks off for a whole one, one of an encoding that they do not
know for one without, and make of a small piece as much as there is in it.
"""

from __future__ import annotations

from notebook_kit.client.decoding.codings import codings_of
from notebook_kit.client.decoding.reading import BoundedDecoder, decoded, decompressed
from notebook_kit.client.decoding.unpacking import Unpacker

__all__ = ["BoundedDecoder", "Unpacker", "codings_of", "decoded", "decompressed"]
