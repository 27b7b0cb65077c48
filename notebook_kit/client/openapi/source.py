"""Where a document comes from: a URL, a file, or data that is here already."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

import httpx

from notebook_kit.client.openapi.document import Broken, Document
from notebook_kit.client.openapi.reading import read
from notebook_kit.errors import (
    AuthenticationError,
    ConfigurationError,
    PermissionDenied,
    RequestError,
)
from notebook_kit.markup import shorten
from notebook_kit.redact import redact_url, scrub

__all__ = ["Source", "load"]

_LARGEST: Final = 64 * 1024 * 1024
_MOST_FILES: Final = 1000
_ACCEPT: Final = "application/json, application/yaml, text/yaml;q=0.9, */*;q=0.5"
#: Options of a client that say how servers are reached. Credentials are not among them: they are
#: for the API, and the document may lie anywhere.
_OF_THE_WAY: Final = ("verify", "cert", "proxy", "trust_env", "timeout")
_DRIVE: Final = 1


class Source:
    """A document, and where it came from.

    Attributes:
        document: the document.
        name: what it is called in errors; no credentials are in it.
        url: the URL that it came from, without credentials; None if it came from elsewhere.
    """

    def __init__(self, document: Document, name: str, url: str | None = None) -> None:
        self.document = document
        self.name = name
        self.url = url


def load(source: object, options: Mapping[str, Any]) -> Source:
    """Return the document that a source names.

    Args:
        source: a URL, a path or the data itself.
        options: those of the client that is to be made of it.

    Raises:
        ConfigurationError: when there is no OpenAPI 3 document.
    """
    if isinstance(source, Mapping):
        return Source(Document(_checked(source, "The document")), "The document")
    if isinstance(source, httpx.URL):
        source = str(source)
    if isinstance(source, str):
        text = source.strip()
        if text.startswith("{") or "\n" in text:
            message = (
                "from_openapi takes a URL, a path or a dict, and this is the text of a document: "
                "write nk.Client.from_openapi(json.loads(text))."
            )
            raise ConfigurationError(message)
        scheme = urlsplit(text).scheme.lower()
        if scheme in ("http", "https"):
            return _fetched(text, options)
        if "://" in text and len(scheme) > _DRIVE:
            message = (
                f"from_openapi cannot read {redact_url(text)!r}: a URL begins with https:// or "
                "http://, and a file is given by its path."
            )
            raise ConfigurationError(message)
        source = Path(text)
    if isinstance(source, os.PathLike):
        return _from_file(Path(source))
    message = (
        f"from_openapi takes a URL, a path or a dict, not a {type(source).__name__}: write "
        "nk.Client.from_openapi('https://api.example.com/openapi.json')."
    )
    raise ConfigurationError(message)


def _checked(data: object, name: str) -> Mapping[str, Any]:
    """Return the data if they are an OpenAPI document of version 3."""
    if not isinstance(data, Mapping):
        message = f"{name} is no OpenAPI document: it holds a {type(data).__name__}, not an object."
        raise ConfigurationError(message)
    if "swagger" in data:
        message = (
            f"{name} is a document of Swagger {data['swagger']!s:.10}, and from_openapi reads "
            "OpenAPI 3.0 and 3.1: convert it, for example with `npx swagger2openapi`, or look "
            "whether the API offers a newer one."
        )
        raise ConfigurationError(message)
    if "asyncapi" in data:
        message = f"{name} is an AsyncAPI document, of messages and not of HTTP: OpenAPI 3 is read."
        raise ConfigurationError(message)
    version = str(data.get("openapi", ""))
    if version.partition(".")[0] != "3":
        has = f"openapi: {shorten(version, 20)!r}" if version else "no field 'openapi'"
        message = f"{name} is no OpenAPI 3 document: it has {has}, and needs '3.0.x' or '3.1.x'."
        raise ConfigurationError(message)
    for field in ("paths", "components"):
        if not isinstance(data.get(field, {}), Mapping):
            kind = type(data[field]).__name__
            message = f"{name} is broken at #/{field}: there is a {kind} where an object belongs."
            raise ConfigurationError(message)
    return data


# URLs


def _fetched(url: str, options: Mapping[str, Any]) -> Source:
    from notebook_kit.client.client import Client  # noqa: PLC0415 - it imports what reads documents

    name = f"The document at {redact_url(url)}"
    way = {option: options[option] for option in _OF_THE_WAY if option in options}
    client = Client(follow_redirects=True, **way)
    parts: list[bytes] = []
    size = 0
    try:
        with client.stream(url, headers={"accept": _ACCEPT}) as answer:
            final = str(answer.url)
            for part in answer.bytes():
                size += len(part)
                if size > _LARGEST:
                    raise _too_large(name)
                parts.append(part)
    except (AuthenticationError, PermissionDenied) as error:
        message = (
            f"{name} is not open to everyone ({error.status_code}), and credentials of the API "
            "are never sent for a document: fetch it yourself, and give the dict: "
            "nk.Client.from_openapi(nk.Client(auth=...).get(url).result().json())."
        )
        raise ConfigurationError(message) from None
    except RequestError as error:
        error.add_note(f"notebook_kit: {name} could not be fetched.")
        raise
    finally:
        client.close().wait()
    data = _checked(read(b"".join(parts), name=name), name)
    return Source(Document(data), name, _without_credentials(final))


def _without_credentials(url: str) -> str:
    return str(httpx.URL(url).copy_with(username=None, password=None, query=None, fragment=None))


def _too_large(name: str) -> ConfigurationError:
    return ConfigurationError(f"{name} is larger than {_LARGEST // 1024**2} MiB.")


# Files


def _from_file(path: Path) -> Source:
    path = path.expanduser()
    name = f"The document {str(path)!r}"
    data = _checked(_read_file(path, name), name)
    beside = _Beside(path)
    document = Document(data, other=beside.opened_from(path))
    beside.known[path.resolve()] = document
    return Source(document, name)


def _read_file(path: Path, name: str) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise _too_large(name)
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        message = f"{name} cannot be read: {reason}. Give its path, or a URL with https://."
        raise ConfigurationError(message) from None
    return read(content, name=name)


class _Beside:
    """The files beside a document, and below: no others are read for it."""

    def __init__(self, path: Path) -> None:
        self._root = path.resolve().parent
        self.known: dict[Path, Document] = {}

    def opened_from(self, path: Path) -> Any:
        """Return the function that finds what a file refers to."""
        folder = path.resolve().parent

        def opened(name: str, at: str) -> Document:
            return self._opened(folder, name, at)

        return opened

    def _opened(self, folder: Path, name: str, at: str) -> Document:
        if urlsplit(name).scheme:
            reason = f"it refers to {redact_url(name)!r}, and other documents are not fetched"
            raise Broken(at, reason)
        path = (folder / name).resolve()
        safe = scrub(shorten(name, 100))
        if not path.is_relative_to(self._root):
            reason = f"it refers to the file {safe!r}, outside of the document's own folder"
            raise Broken(at, reason)
        if path not in self.known:
            if len(self.known) >= _MOST_FILES:
                raise Broken(at, f"it refers to more than {_MOST_FILES} files")
            try:
                data = _read_file(path, f"the file {safe!r}")
            except ConfigurationError as error:
                raise Broken(at, str(error)) from None
            shown = path.relative_to(self._root).as_posix()
            self.known[path] = Document(data, name=shown, other=self.opened_from(path))
        return self.known[path]
