from __future__ import annotations

import copy
import pickle
from typing import TYPE_CHECKING

import pytest

import notebook_kit as nk

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("duplicate", [copy.copy, copy.deepcopy])
def test_a_copy_of_a_client_is_the_client(duplicate: Callable[[object], object]) -> None:
    """Whatever holds a client can be copied; there is one set of connections all the same."""
    client = nk.Client("http://127.0.0.1:9")
    held = [client, {"api": client}]
    again = duplicate(held)
    assert isinstance(again, list)
    assert again[0] is again[1]["api"] is client
    client.close()


def test_a_client_is_not_pickled() -> None:
    """The error says why, and what to do instead."""
    client = nk.Client("http://127.0.0.1:9", headers={"x-api-key": "sk-0123456789"})
    with pytest.raises(TypeError, match=r"A Client is not pickled.*make one where") as caught:
        pickle.dumps(client)
    assert "sk-0123456789" not in str(caught.value)
    client.close()
