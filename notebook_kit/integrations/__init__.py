"""Integrations: what needs a library of its own, one module each, imported by name.

``notebook_kit.integrations.fastapi`` gives a web application its client,
``notebook_kit.integrations.ipython`` is an extension for IPython.
"""

from __future__ import annotations
