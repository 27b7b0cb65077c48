"""What is declared of an endpoint, as far as answers depend on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from notebook_kit.redact import redact_url

if TYPE_CHECKING:
    from notebook_kit.client.resources.spec import EndpointSpec, ParameterSpec

__all__ = ["declaration_of"]


def declaration_of(spec: EndpointSpec) -> dict[str, Any]:
    """Return what the answers of an endpoint depend on, by name; its words are no part of it."""
    return {
        "method": spec.method,
        "path": redact_url(spec.path),
        "parse": repr(spec.answer),
        # The type itself too: of one of the user's, the fields count.
        "answer": spec.answer,
        "paging": spec.paging,
        "parameters": {it.name: _parameter(it) for it in spec.all_parameters},
    }


def _parameter(it: ParameterSpec) -> dict[str, Any]:
    how = {"style": it.style, "explode": it.explode, "reserved": it.reserved or None}
    told = {name: value for name, value in how.items() if value is not None}
    default = {} if it.required else {"default": it.default}
    return {"where": it.where, "wire_name": it.wire_name, **told, **default}
