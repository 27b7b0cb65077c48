"""Files that somebody hands over: they cannot run anything, and cannot bring a run down."""

from __future__ import annotations

import json
import os
import pickle
import sqlite3
import struct
import subprocess
import sys
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.errors import CheckpointCorrupt, StorageError
from notebook_kit.scheduling import Answer
from notebook_kit.storage import failures
from notebook_kit.storage.file import open_checkpoint, open_to_read
from tests.storage.helpers import WORK, Kept, keep

if TYPE_CHECKING:
    from collections.abc import Callable

#: What a file must never have done.
MARK = "this file has run code"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "work.db"
    keep(path, ["a", "b", "c"], 1, 2, ValueError("odd"))
    return path


def change(path: Path, *statements: str, values: Any = ()) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        for statement in statements:
            connection.execute(statement, values)


STRANGE_SCHEMAS = {
    "trigger": "CREATE TRIGGER t AFTER INSERT ON outcomes BEGIN DELETE FROM works; END",
    "trigger on runs": "CREATE TRIGGER t AFTER UPDATE ON runs BEGIN DELETE FROM outcomes; END",
    "view": "CREATE VIEW v AS SELECT load_extension('evil')",
    "table": "CREATE TABLE more (id)",
    "virtual table": "CREATE VIRTUAL TABLE f USING fts5(x)",
    "index": "CREATE INDEX i ON outcomes (upper(error))",
    "column": "ALTER TABLE outcomes ADD COLUMN g TEXT AS (upper(value))",
    "no index": "DROP INDEX outcomes_by_item",
}


@pytest.mark.parametrize("statement", STRANGE_SCHEMAS.values(), ids=STRANGE_SCHEMAS)
@pytest.mark.parametrize("opens", [open_checkpoint, open_to_read])
def test_tables_that_are_not_ours_are_refused(
    path: Path, statement: str, opens: Callable[[Path], sqlite3.Connection]
) -> None:
    """Triggers, views, further tables and other columns are named, before anything is used."""
    change(path, statement)
    before = path.read_bytes()
    with pytest.raises(CheckpointCorrupt, match="its tables are not those of a checkpoint"):
        opens(path)
    assert path.read_bytes() == before


def test_a_table_that_is_a_view_is_refused(tmp_path: Path) -> None:
    """A file that calls itself a checkpoint and has views in the place of tables is none."""
    path = tmp_path / "work.db"
    with closing(sqlite3.connect(path)) as connection:
        for name in ("works", "runs", "outcomes", "reused"):
            connection.execute(f"CREATE VIEW {name} AS SELECT 1 AS id")
        connection.execute("PRAGMA application_id = 0x6E6B6370")
        connection.execute("PRAGMA user_version = 2")
    with pytest.raises(CheckpointCorrupt):
        open_checkpoint(path)


def test_no_connection_can_load_code_or_trusts_what_a_file_says(path: Path) -> None:
    """Extensions stay off, and functions that touch anything outside are not for the schema."""
    for opens in (open_checkpoint, open_to_read):
        with closing(opens(path)) as connection:
            with pytest.raises(sqlite3.OperationalError, match="not authorized"):
                connection.execute("SELECT load_extension('evil')")
            settings = [
                connection.execute(f"PRAGMA {name}").fetchall()[0][0]
                for name in ("trusted_schema", "cell_size_check", "mmap_size")
            ]
            assert settings == [0, 1, 0]


class Bomb:
    """Says that it was unpickled."""

    def __reduce__(self) -> tuple[Any, ...]:
        return print, (MARK,)


HOSTILE_VALUES: dict[str, Any] = {
    "pickle": pickle.dumps(Bomb()),
    "pickle in the tag": '{"~":["pickle","gASVAAAA"]}',
    "python": f"__import__('os').system('echo {MARK}')",
    "deep lists": "[" * 200_000,
    "deep and whole": "[" * 100_000 + "]" * 100_000,
    "deep objects": '{"a":' * 100_000 + "1" + "}" * 100_000,
    "number of too many digits": "9" * 100_000,
    "no hashable key": '{"~":["dict",[[[],1]]]}',
    "pairs that are none": '{"~":["dict",[1]]}',
    "text that is no text": '{"~":["text","/w=="]}',
    "several values": "1,2",
    "open end": "[1",
    "nothing": None,
    "number": 7,
    "bytes": b"\xff\x00\xfe",
    "empty": "",
    "dtype of objects": '{"~":["array",["|O",[1],"AAAAAAAAAAA="]]}',
    "dtype of a module": '{"~":["numpy",["os.system","AAAAAAAAAAA="]]}',
    "array of more than there is": '{"~":["array",["<f8",[1000000000000],"AAAAAAAAAAA="]]}',
    "zone of a package": '{"~":["datetime",["2024-01-01T00:00:00",0,"os.path"]]}',
    "zone of a file": '{"~":["Timestamp",["us",1,"../../etc/passwd"]]}',
    "moment beyond all": '{"~":["Timestamp",["s",4611686018427387904,"Europe/Zurich"]]}',
    "duration beyond all": '{"~":["timedelta",[99999999999999999999,0,0]]}',
    "set of lists": '{"~":["set",[[]]]}',
}


@pytest.mark.parametrize("value", HOSTILE_VALUES.values(), ids=HOSTILE_VALUES)
def test_a_hostile_value_is_done_again(
    path: Path, value: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Whatever stands there in the place of JSON is no answer; the rows beside it are found."""
    change(path, "UPDATE outcomes SET value = ? WHERE position = 0", values=(value,))
    with Kept(path, ["a", "b", "c"]) as run:
        found = run.found()
    assert found == {1: 2} or (isinstance(value, int) and found[1] == 2)
    assert MARK not in "".join(capfd.readouterr())
    if 0 not in found:
        assert run.said[0].startswith("Rows of the checkpoint 'work.db' cannot be read")


def test_large_content_does_not_grow(path: Path) -> None:
    """JSON has no words for repetition: what comes back is in proportion to what is in the file."""
    change(path, "UPDATE outcomes SET value = ? WHERE position = 0", values=("[[],[]," * 99_999,))
    whole = "[" + ",".join(["[]"] * 100_000) + "]"
    change(path, "UPDATE outcomes SET value = ? WHERE position = 1", values=(whole,))
    with Kept(path, ["a", "b"]) as run:
        assert run.found() == {1: [[]] * 100_000}


HOSTILE_COLUMNS: dict[str, tuple[str, Any]] = {
    "status code too large": ("status_code", 2**40),
    "status code below zero": ("status_code", -1),
    "status code of text": ("status_code", "two hundred"),
    "status unknown": ("status", "excellent"),
    "status of bytes": ("status", b"ok"),
    "digest of text": ("item", "no digest"),
    "digest too short": ("item", b"x"),
    "error of bytes": ("error", b"\xff"),
    "class of a number": ("error_type", 7),
    "class with a null": ("error_type", "a.b\0c"),
    "class that is run": ("error_type", "notebook_kit.errors.__import__"),
    "parts that are a list": ("error_parts", "[1]"),
    "parts that are deep": ("error_parts", "[" * 200_000),
    "position below zero": ("position", -5),
    "position beyond all": ("position", 2**62),
    "position of text": ("position", "first"),
}


@pytest.mark.parametrize(("column", "value"), HOSTILE_COLUMNS.values(), ids=HOSTILE_COLUMNS)
@pytest.mark.parametrize("reuse", ["ok", "settled"])
@pytest.mark.parametrize("position", [0, 2])
def test_a_hostile_column_does_no_harm(
    path: Path, column: str, value: Any, reuse: Any, position: int
) -> None:
    """Numbers out of range and values of the wrong type are a row that is done again at worst."""
    question = f"UPDATE outcomes SET {column} = ? WHERE position = {position}"  # noqa: S608
    change(path, question, values=(value,))
    for items in (["a", "b", "c"], iter(["a", "b", "c"])):
        with Kept(path, items, reuse=reuse) as run:
            run.plan.pulled.extend("abc")
            known = {at: run.journal.lookup(at) for at in range(3)}
            assert known[1] is not None
            run.found()


def test_what_an_error_carries_takes_the_place_of_no_method(path: Path) -> None:
    """Parts of an error are plain values, and none of them can stand in for what the class has."""
    parts = json.dumps(
        {"__class__": 1, "with_traceback": 1, "__dict__": {}, "attempts": 3, "x": []}
    )
    name = f"{nk.NotFound.__module__}.NotFound"
    change(path, f"UPDATE outcomes SET error_type = '{name}' WHERE position = 2")  # noqa: S608
    change(path, "UPDATE outcomes SET error_parts = ? WHERE position = 2", values=(parts,))
    with Kept(path, ["a", "b", "c"], reuse="settled") as run:
        error = run.found()[2].error
    assert type(error) is nk.NotFound
    assert vars(error) == {"attempts": 3, "x": None}
    assert error.with_traceback(None) is error


def pairs(*numbers: int) -> bytes:
    return zlib.compress(struct.pack(f"<{len(numbers)}q", *numbers))


HOSTILE_CHUNKS: dict[str, Any] = {
    "bomb": zlib.compress(bytes(200_000_000)),
    "torn": pairs(0, 1, 1, 2)[:-3],
    "no zlib": b"hello",
    "text": "hello",
    "odd": pairs(0, 1, 1),
    "rows that are not there": pairs(0, 99, 1, -3, 2, 2**62),
    "positions that cannot be": pairs(-1, 1, 2**62, 1, -(2**63), 2),
    "the same over and over": pairs(*[0, 2] * 10_000),
}


@pytest.mark.parametrize("rows", HOSTILE_CHUNKS.values(), ids=HOSTILE_CHUNKS)
def test_a_hostile_chunk_is_of_no_use(path: Path, rows: Any) -> None:
    """A bomb, a torn chunk and numbers out of range change nothing in what is found."""
    with Kept(path, ["x"]):
        pass
    change(path, "INSERT INTO reused VALUES (2, 0, ?, NULL)", values=(rows,))
    for items in (["a", "b"], iter("ab")):
        with Kept(path, items) as run:
            run.plan.pulled.extend("ab")
            found = [run.journal.lookup(at) for at in range(2)]
    assert [answer.value for answer in found if isinstance(answer, Answer)] == [1, 2]


@pytest.mark.parametrize("parts", ["{", "[" * 200_000, b"\xff", 7, '{"form": [], "parts": 3}'])
def test_hostile_works_are_a_mismatch_or_an_error(path: Path, parts: Any) -> None:
    """What a work was may be anything: the answer is an error with a name, before all is sent."""
    change(path, "UPDATE works SET parts = ?", values=(parts,))
    with pytest.raises(StorageError):
        Kept(path, ["a"], work={**WORK, "method": "PUT"})


@pytest.mark.parametrize(
    "column", ["uid", "work", "name", "writer", "started", "beat", "state", "settings"]
)
def test_hostile_runs_do_no_harm(path: Path, column: str) -> None:
    """What another run says of itself is not needed to go on with its rows."""
    change(path, f"UPDATE runs SET {column} = ?", values=(b"\xff\x00",))  # noqa: S608
    with Kept(path, ["a", "b"]) as run:
        assert run.found() == {0: 1, 1: 2}


HOSTILE_UNDONE: dict[str, tuple[str, Any]] = {
    "run of nobody": ("run", 77),
    "run of text": ("run", "first"),
    "position below zero": ("position", -1),
    "position beyond all": ("position", 2**62),
    "position of text": ("position", "first"),
    "position of half a row": ("position", 0.5),
    "status unknown": ("status", "pending"),
    "status of bytes": ("status", b"ok"),
    "status without an error": ("status", "failed"),
    "source unknown": ("source", "a friend"),
    "status code too large": ("status_code", 2**40),
    "status code of text": ("status_code", "two hundred"),
    "attempts too many": ("attempts", 2**40),
    "attempts below zero": ("attempts", -1),
    "start that no calendar has": ("started", 2**62),
    "start without an end": ("started", float("inf")),
    "start of text": ("started", "now"),
    "no start": ("started", None),
    "wait of text": ("waited_s", "long"),
    "no wait": ("waited_s", None),
    "network without an end": ("network_s", float("inf")),
    "backoff of bytes": ("backoff_s", b"\xff"),
    "label of bytes": ("label", b"\xff"),
    "item that is run": ("item_value", f"__import__('os').system('echo {MARK}')"),
    "item that is deep": ("item_value", "[" * 200_000),
    "error without a class": ("error", "odd"),
    "class without an error": ("error_type", "notebook_kit.errors.__import__"),
    "value of a pickle": ("value", pickle.dumps(Bomb())),
    "value with a tag of its own": ("value", '{"~":["pickle","gASVAAAA"]}'),
}


@pytest.mark.filterwarnings("ignore:Of 1 row among")
@pytest.mark.parametrize(("column", "value"), HOSTILE_UNDONE.values(), ids=HOSTILE_UNDONE)
def test_a_hostile_row_that_was_not_done_does_no_harm(
    tmp_path: Path, column: str, value: Any, capfd: pytest.CaptureFixture[str]
) -> None:
    """Its run cannot be loaded, or the other rows are as they were; all else goes on."""
    path = tmp_path / "work.db"
    with Kept(path, ["a", "b", "c"]) as run:
        run.settle(0, 1)
        run.settle(1, bytearray(b"x"))
        run.settle(2, 3)
    change(path, f"UPDATE undone SET {column} = ?", values=(value,))  # noqa: S608
    # Either it is refused with that very error, or the rest is as it was.
    with suppress(CheckpointCorrupt):
        frame = nk.load_run(path)
        assert frame["result"].tolist()[::2] == [1, 3]
        assert len(frame) == 3
    assert nk.runs(path)["ok"].tolist() == [2]
    with Kept(path, ["a", "b", "c"]) as run:
        assert run.found() == {0: 1, 2: 3}
    assert MARK not in "".join(capfd.readouterr())


def test_a_row_that_was_done_and_was_not(path: Path) -> None:
    """What stands in both tables is loaded once."""
    change(
        path,
        "INSERT INTO undone VALUES (1, 0, 'skipped', 'network', 0, 1, 1, 0, 0, 0, "
        "NULL, NULL, NULL, NULL, NULL, NULL)",
    )
    frame = nk.load_run(path)
    assert frame["status"].tolist() == ["skipped", "ok", "failed"]
    assert frame["result"].tolist()[1:] == [2, None]


@pytest.mark.parametrize(
    ("table", "column"), [("outcomes", "value"), ("undone", "item_value"), ("runs", "name")]
)
def test_text_that_is_none_is_damage(tmp_path: Path, table: str, column: str) -> None:
    """Bytes that are no UTF-8, where a text should be, are said to be what they are."""
    path = tmp_path / "work.db"
    with Kept(path, ["a", "b"]) as run:
        run.settle(0, 1)
        run.settle(1, bytearray(b"x"))
    change(path, f"UPDATE {table} SET {column} = CAST(x'ff' AS TEXT)")  # noqa: S608
    with pytest.raises(CheckpointCorrupt, match="no checkpoint, or a damaged one: Could not dec"):
        nk.load_run(path)


def test_work_whose_text_is_none_is_damage(path: Path) -> None:
    """Work that cannot be compared because of such bytes is refused, and nothing is sent."""
    change(path, "UPDATE works SET parts = CAST(x'ff' AS TEXT)")
    with pytest.raises(CheckpointCorrupt, match=r"Could not decode .* Nothing was sent"):
        Kept(path, ["a"], work={**WORK, "method": "PUT"})


def test_no_module_that_runs_what_it_reads_is_loaded() -> None:
    """This room has no pickle, no eval and nothing of their kind in it."""
    script = (
        "import sys; before = set(sys.modules)\n"
        "import notebook_kit.storage.file, notebook_kit.storage.earlier, pathlib\n"
        "text = ''.join(p.read_text() for p in pathlib.Path(sys.argv[1]).glob('*.py'))\n"
        "words = ('pickle', 'marshal', 'shelve', 'eval(', 'exec(', 'enable_load_extension')\n"
        "code = [line for line in text.splitlines() if 'import' in line or '(' in line]\n"
        "print([word for word in words for line in code if word in line and '#' not in line])\n"
    )
    room = Path(failures.__file__).parent
    done = subprocess.run(
        [sys.executable, "-c", script, room], capture_output=True, text=True, timeout=60, check=True
    )
    assert done.stdout.strip() == "[]"


def test_damage_in_a_large_file_is_said_before_anything_is_sent(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Files too large to be read through at once are found out while they are looked up."""
    monkeypatch.setattr("notebook_kit.storage.private_file._CHECKED_BYTES", 0)
    keep(path, range(2_000), *["x" * 500] * 2_000, name="other", work={"path": "/other"})
    content = bytearray(path.read_bytes())
    content[4096 * 20 :] = os.urandom(len(content) - 4096 * 20)
    path.write_bytes(content)
    with (
        pytest.raises(StorageError, match=r"work\.db"),
        Kept(path, range(2_000), name="other", work={"path": "/other"}) as run,
    ):
        run.found()
