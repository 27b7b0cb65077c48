"""What was given to a call, in the words in which it is written."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["given_in_words"]

#: The option that a part belongs to, the name in it, and what is deeper in that.
_PART: Final = re.compile(r"(client\.)?(\w+)(?:\['([^']*)'\])?(.*)", re.DOTALL)
#: What one of several is called that are given by their names.
_ONE_OF: Final = {
    "cookies": "cookie",
    "data": "form field",
    "files": "file",
    "headers": "header",
    "params": "parameter",
    "parameters": "parameter",
    "query": "parameter",
}
_OF_CLIENT: Final = {"auth_kind": "kind of auth=", "event_hooks": "event_hooks="}
_DEEPER: Final = re.compile(r"\['(name|content|media type|default)'\]$")


def given_in_words(part: str) -> str:
    """Say what a part of the description of a call is.

    >>> given_in_words("params['units']"), given_in_words("client.headers['accept']")
    ("the parameter 'units'", "the client's header 'accept'")
    >>> given_in_words("files['doc']['content']"), given_in_words("json['model']")
    ("the content of the file 'doc'", "json['model']")
    """
    found = _PART.fullmatch(part)
    if found is None:
        return part
    client, option, name, deeper = found.groups()
    if part == "url":
        return "the URL of the client, with its parameters,"
    owner = "the client's" if client else "the"
    if option in _ONE_OF and name is not None:
        one = f"{owner} {_ONE_OF[option]} {name!r}"
        inside = _DEEPER.search(deeper)
        if inside is None:
            return one + deeper
        # Several files of one name have a number before it.
        return f"the {inside[1]} of {one}{deeper[: inside.start()]}"
    if client:
        return f"{owner} {_OF_CLIENT.get(option, f'{option}=')}{part.partition(option)[2]}"
    return part
