"""The names of an answer's headers: what they say, for whatever way they are written."""

from __future__ import annotations

import pytest

from notebook_kit.client.fast.names import Names, names_of

_NOTHING = Names(sets_cookie=False, is_encoded=False, tells_limits=False, content_types=())


@pytest.mark.parametrize(
    ("name", "said"),
    [
        (b"Set-Cookie", {"sets_cookie": True}),
        (b"CONTENT-ENCODING", {"is_encoded": True}),
        (b"x-ratelimit-remaining", {"tells_limits": True}),
        (b"Content-Type", {"content_types": (1,)}),
        (b"X-Content-Type", {}),
        (b"X" * 5_000 + b"RateLimit", {"tells_limits": True}),
    ],
)
def test_a_name_is_found_however_it_is_written(name: bytes, said: dict[str, object]) -> None:
    """In capitals or not, among others, and also where names are too long to be remembered."""
    assert names_of([(b"Date", b"today"), (name, b"x")]) == _NOTHING._replace(**said)  # type: ignore[arg-type]


def test_each_type_that_is_said_is_found() -> None:
    """There may be two, and then it takes more to tell what the body is."""
    headers = [(b"content-type", b"a/b"), (b"Content-Type", b"c/d")]
    assert names_of(headers).content_types == (0, 1)
    assert names_of([]) == _NOTHING
