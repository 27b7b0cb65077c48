"""Clients made of OpenAPI documents, 3.0 and 3.1."""

from __future__ import annotations

from notebook_kit.client.openapi.build import OpenAPIClient, make_client
from notebook_kit.client.openapi.overview import OpenAPI

__all__ = ["OpenAPI", "OpenAPIClient", "make_client"]
