"""Integrations: what needs a library of its own, one module each, imported by name.

``notebook_kit.integrations.fastapi`` gives a web application its client,
``notebook_kit.integrations.ipython`` is an extension for IPython. Kinds of resource
are in ``websocket``, ``files``, ``local_cache`` and ``redis``; pools of connections to databases in
``sqlite`` and ``postgres``.
"""

from __future__ import annotations
