from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

import notebook_kit as nk
from notebook_kit.storage.private_file import Kind
from notebook_kit.storage.salted import FACTS, add_salt, salt_of

PATH = Path("kept.db")
KIND = Kind(name="file", other="file", application_id=1, number=1, statements={})


def test_each_file_has_a_salt_of_its_own() -> None:
    """It is long, and another one in the next file."""
    salts = set()
    for _ in range(2):
        with closing(sqlite3.connect(":memory:")) as connection:
            connection.execute(FACTS)
            add_salt(connection)
            salts.add(salt_of(connection, PATH, KIND))
    assert [len(salt) for salt in salts] == [32, 32]


@pytest.mark.parametrize("salt", [None, "text"])
def test_a_file_without_one_is_damaged(salt: str | None) -> None:
    """What was made with it can be found no more, so it is refused."""
    with closing(sqlite3.connect(":memory:")) as connection:
        connection.execute(FACTS)
        if salt is not None:
            connection.execute("INSERT INTO facts VALUES ('salt', ?)", (salt,))
        with pytest.raises(nk.StorageError, match="it has no salt"):
            salt_of(connection, PATH, KIND)
