"""What is secret, and how it is hidden.

Two ways, used together. By field: a header, query parameter or the user part of a URL whose name
says that it holds a credential is shown as ``****``. By value: every value that was wrapped in a
`Secret` is struck out of any text that passes through `scrub`, wherever it turned up, as it is or
with any of its characters percent-encoded or behind a backslash. A short one would turn up by
chance: it is hidden in the fields that it was given for, whatever they are called.
"""

from __future__ import annotations

from notebook_kit.redact.chains import scrub_chain
from notebook_kit.redact.fields import is_secret_field, remember_field
from notebook_kit.redact.known import HIDDEN
from notebook_kit.redact.names import is_credential_name, is_secret_name
from notebook_kit.redact.placeholders import is_placeholder, is_written_secret
from notebook_kit.redact.sealed import Sealed
from notebook_kit.redact.secret import Secret
from notebook_kit.redact.text import redact_headers, redact_url, scrub, scrub_fields
from notebook_kit.redact.told import scrub_told
from notebook_kit.redact.values import shown, text_of

__all__ = [
    "HIDDEN",
    "Sealed",
    "Secret",
    "is_credential_name",
    "is_placeholder",
    "is_secret_field",
    "is_secret_name",
    "is_written_secret",
    "redact_headers",
    "redact_url",
    "remember_field",
    "scrub",
    "scrub_chain",
    "scrub_fields",
    "scrub_told",
    "shown",
    "text_of",
]
