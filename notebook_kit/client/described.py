"""Clients that are made of what a document says of an API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from notebook_kit.errors.brevity import brief

if TYPE_CHECKING:
    from notebook_kit.client.client import Client
    from notebook_kit.client.openapi import OpenAPIClient

__all__ = ["Described"]


class Described:
    """A client that can be made of a document."""

    @classmethod
    def from_openapi(
        cls, source: Any, *, base_url: str | None = None, **client_options: Any
    ) -> OpenAPIClient:
        """Return a client with the resources that an OpenAPI document (3.0 or 3.1) describes.

        ``client.openapi.operations`` lists what there is, and how it is called.

        Args:
            source: the URL of the document, its path, or a dict; JSON, or YAML with the extra
                ``openapi``. Credentials are not sent for it.
            base_url: where the API is; the first server of the document if not said.
            **client_options: those of `Client`.

        Raises:
            ConfigurationError: when the document cannot be used, naming the place in it.
            RequestError: when it cannot be fetched.

        >>> api = nk.Client.from_openapi(f"{server.url}/openapi.json")
        >>> api.airports.get("ZRH").result()["city"]
        'Zurich'
        >>> api.close().wait()
        """
        with brief:
            from notebook_kit.client.openapi import make_client  # noqa: PLC0415 - loaded if needed

            return make_client(cast("type[Client]", cls), source, base_url, client_options)
