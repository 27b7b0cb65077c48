from __future__ import annotations

import asyncio
import os
import stat
import sys
import threading
import weakref
from typing import TYPE_CHECKING, Any

import pytest

import notebook_kit as nk
from notebook_kit.integrations import written_files
from notebook_kit.integrations.files import FileReader, FileWriter
from notebook_kit.testing import nothing_left_open
from tests.client.crowds import until
from tests.client.processes import run_strictly
from tests.lifetime.resources import turns
from tests.loops import in_loop

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATIENCE_S = 30.0


@pytest.fixture(autouse=True)
def _nothing_is_left() -> Iterator[None]:
    """No file, task or thread is there after any of it."""
    with nothing_left_open():
        yield


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A file in a folder of its own, with what it had before."""
    path = tmp_path / "rows.txt"
    path.write_text("old\n")
    return path


def content(path: Path) -> str:
    """What the file has now."""
    return path.read_bytes().decode()


def lines_in(path: Path, count: int) -> None:
    """Have the file hold so many numbered lines."""
    path.write_text("".join(f"{number}\n" for number in range(count)))


def keep_private(path: Path) -> None:
    """Let nobody else read it."""
    path.chmod(0o600)


def mode_of(path: Path) -> int:
    """Who may use the file for what."""
    return stat.S_IMODE(path.stat().st_mode)


def beside(path: Path) -> list[str]:
    """The names of the files in the folder."""
    return sorted(it.name for it in path.parent.iterdir())


class Slow:
    """Holds up the writing of drafts until it is told to go on."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
        self.reached, self.go_on = threading.Event(), threading.Event()
        kind = written_files.Draft
        real = getattr(kind, step)

        def held(*args: Any) -> Any:
            self.reached.set()
            assert self.go_on.wait(PATIENCE_S)
            return real(*args)

        monkeypatch.setattr(kind, step, held)

    async def until_reached(self) -> None:
        """Wait until a thread stands there."""
        assert await asyncio.to_thread(self.reached.wait, PATIENCE_S)


# Reading


@in_loop
async def test_lines_are_those_of_python(tmp_path: Path) -> None:
    """With their ends, as text and as bytes; the last one may have none."""
    path = tmp_path / "lines.txt"
    path.write_bytes("ü\r\nb\n\nlast".encode())
    async with FileReader(path) as reader:
        assert [line async for line in reader] == ["ü\n", "b\n", "\n", "last"]
    async with FileReader(str(path), encoding=None) as raw:
        assert [line async for line in raw] == ["ü\r\n".encode(), b"b\n", b"\n", b"last"]


@in_loop
async def test_reading_the_rest(path: Path) -> None:
    """Of what lines were taken of, all at once, and nothing at the end."""
    lines_in(path, 100_000)
    reader = FileReader(path)
    async for line in reader:
        assert line == "0\n"
        break
    rest = await reader.read()
    assert rest.startswith("1\n2\n")
    assert rest.endswith("99999\n")
    assert await reader.read() == ""
    assert [it async for it in reader] == []
    assert "1 line read" in str(nk.open_resources())
    await reader.close()


@in_loop
async def test_each_line_is_given_once(path: Path) -> None:
    """To one of those who read it at the same time."""
    lines_in(path, 50_000)

    async def read(reader: FileReader[str]) -> list[str]:
        got = []
        async for line in reader:
            got.append(line)
            if len(got) % 100 == 0:
                await asyncio.sleep(0)
        return got

    async with FileReader(path) as reader:
        parts = await asyncio.gather(*(read(reader) for _ in range(5)))
    assert sorted(int(it) for part in parts for it in part) == list(range(50_000))


@in_loop
async def test_a_path_that_is_none(tmp_path: Path) -> None:
    """What the system says is raised as it is, and names the path; the next try may be better."""
    missing = tmp_path / "no" / "rows.txt"
    with pytest.raises(FileNotFoundError, match=r"rows\.txt"):
        await FileReader(missing).open()
    with pytest.raises(FileNotFoundError) as caught:
        await FileWriter(missing).open()
    assert caught.value.filename == str(missing)
    with pytest.raises(IsADirectoryError):
        await FileReader(tmp_path).read()
    with pytest.raises(IsADirectoryError):
        await FileWriter(tmp_path).write("a")
    reader = FileReader(missing)
    with pytest.raises(FileNotFoundError):
        await reader.read()
    missing.parent.mkdir()
    missing.write_text("here")
    assert await reader.read() == "here"
    await reader.close()


def test_what_is_no_text_of_the_encoding(path: Path) -> None:
    """Is told by what reads it."""
    path.write_bytes(b"\xff\xfe")

    async def main() -> None:
        async with FileReader(path) as reader:
            await reader.read()

    with pytest.raises(UnicodeDecodeError):
        asyncio.run(main())


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"path": ""}, "path='' is no path"),
        ({"path": "a\0b"}, "is no path"),
        ({"path": 7}, "path=7 is no path"),
        ({"path": "a", "encoding": "utf-9"}, "encoding='utf-9' is none"),
        ({"path": "a", "encoding": "hex"}, "encoding='hex' is none"),
        ({"path": "a", "encoding": 8}, "encoding=8 is none"),
    ],
)
def test_what_cannot_work_is_refused(options: Any, said: str) -> None:
    """At once, by both of them."""
    for kind in (FileReader, FileWriter):
        with pytest.raises(nk.ConfigurationError, match=said):
            kind(**options)


# Writing


@in_loop
async def test_a_whole_takes_the_place_at_the_end(path: Path) -> None:
    """Until then the old file is there, and afterwards nothing but the new one."""
    async with FileWriter(path) as writer:
        await writer.write("new\n")
        await writer.write("ü\n")
        assert content(path) == "old\n"
        assert len(beside(path)) == 2
        assert "2 records, 7 B written" in str(nk.open_resources())
    assert content(path) == "new\nü\n"
    assert beside(path) == ["rows.txt"]


@in_loop
async def test_a_loss_of_power_finds_a_whole_file(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What is to take the place is on the disk before it does, and its name after that."""
    synced: list[tuple[bool, str]] = []
    real = os.fsync

    def fsync(number: int) -> None:
        synced.append((stat.S_ISDIR(os.fstat(number).st_mode), content(path)))
        real(number)

    monkeypatch.setattr(os, "fsync", fsync)
    async with FileWriter(path) as writer:
        await writer.write("new\n")
        assert synced == []
    assert synced[0] == (False, "old\n")
    assert synced[1:] in ([(True, "new\n")], [])  # Not every system lets folders be asked.


@pytest.mark.parametrize("error", [ValueError, asyncio.CancelledError, KeyboardInterrupt])
@in_loop
async def test_a_block_that_ends_badly_leaves_the_old(
    path: Path, error: type[BaseException]
) -> None:
    """And nothing beside it."""

    async def work() -> None:
        async with FileWriter(path) as writer:
            await writer.write("new\n")
            raise error

    # Not in a task: an interrupt would end the loop.
    with pytest.raises(error):
        await work()
    assert content(path) == "old\n"
    assert beside(path) == ["rows.txt"]


@in_loop
async def test_records_behind_what_is_there(path: Path) -> None:
    """They are in the file when they were written, and stay whatever comes after."""

    async def work() -> None:
        async with FileWriter(path, append=True) as writer:
            await writer.write("new\n")
            assert content(path) == "old\nnew\n"
            raise LookupError

    with pytest.raises(LookupError):
        await work()
    assert content(path) == "old\nnew\n"
    async with FileWriter(path.parent / "other", append=True, encoding=None) as raw:
        await raw.write(b"\x00")
    assert content(path.parent / "other") == "\0"


@pytest.mark.parametrize("append", [False, True])
@in_loop
async def test_records_of_many_tasks_stay_whole(path: Path, *, append: bool) -> None:
    """However long they are, each is followed by another."""
    records = [f"{number:03}" * 50_000 + "\n" for number in range(40)]
    async with FileWriter(path, append=append) as writer:
        await asyncio.gather(*map(writer.write, records))
    lines = content(path).splitlines(keepends=True)
    assert sorted(lines[append:]) == records


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_the_mark_of_an_encoding_stands_once(path: Path, encoding: str) -> None:
    """At the beginning, also of what is put behind, and where a record could not be written."""
    path.unlink()

    async def main() -> None:
        async with FileWriter(path, append=True, encoding=encoding) as writer:
            with pytest.raises(UnicodeEncodeError):
                await writer.write("\ud800")
            await writer.write("a\n")
            await writer.write("b\n")
        async with FileWriter(path, append=True, encoding=encoding) as writer:
            await writer.write("c\n")

    asyncio.run(main())
    assert path.read_text(encoding) == "a\nb\nc\n"


@in_loop
async def test_what_is_no_record(path: Path) -> None:
    """Bytes are no text, and text is no bytes."""
    async with FileWriter(path, append=True) as writer:
        with pytest.raises(nk.ConfigurationError, match="not a bytes: it takes bytes with"):
            await writer.write(b"a")  # type: ignore[arg-type]
    async with FileWriter(path, append=True, encoding=None) as raw:
        with pytest.raises(nk.ConfigurationError, match="not a str: it takes text with"):
            await raw.write("a")  # type: ignore[arg-type]
    assert content(path) == "old\n"


@in_loop
async def test_an_existing_file_keeps_its_permissions(path: Path) -> None:
    """And what is written beside it has them from the first moment; a link stays one."""
    keep_private(path)
    link = path.parent / "link"
    link.symlink_to(path)
    async with FileWriter(link) as writer:
        await writer.write("new")
        (draft,) = [it for it in path.parent.iterdir() if it.name.endswith(".part")]
        assert mode_of(draft) == 0o600
    assert link.is_symlink()
    assert content(path) == "new"
    assert mode_of(path) == 0o600


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="the system has no such files")
@in_loop
async def test_what_is_no_ordinary_file_is_not_replaced(tmp_path: Path) -> None:
    """A device or a pipe would be gone."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with pytest.raises(OSError, match="no ordinary file"):
        await FileWriter(pipe).write("a")
    assert beside(pipe) == ["pipe"]


@in_loop
async def test_a_record_that_could_not_be_written(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Spoils the whole: the old file stays, and closing says so."""

    class Full:
        def write(self, _: bytes) -> None:
            raise OSError(28, "No space left on device")

        def close(self) -> None:
            raise OSError(28, "No space left on device")

    async def work() -> None:
        async with FileWriter(path) as writer:
            await writer.open()
            file = writer._file
            assert file is not None
            file._file.close()
            monkeypatch.setattr(file, "_file", Full())
            with pytest.raises(OSError, match="No space left"):
                await writer.write("new")

    with pytest.raises(OSError, match="a record could not be written"):
        await work()
    assert content(path) == "old\n"
    assert beside(path) == ["rows.txt"]


@in_loop
async def test_discarding(path: Path) -> None:
    """Leaves the old file, without an error."""
    writer = FileWriter(path)
    await writer.write("new")
    await writer.discard()
    assert content(path) == "old\n"
    assert beside(path) == ["rows.txt"]
    with pytest.raises(nk.ClosedError):
        await writer.write("more")


# Cancelled and dropped


@in_loop
async def test_cancelled_while_it_opens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The draft that is made all the same is gone when the cancellation comes out."""
    slow = Slow(monkeypatch, "__init__")
    opening = asyncio.create_task(FileWriter(path).open())
    await slow.until_reached()
    opening.cancel()
    slow.go_on.set()
    await asyncio.wait([opening], timeout=PATIENCE_S)
    assert opening.cancelled()
    assert beside(path) == ["rows.txt"]


def test_a_loop_that_ends_while_it_opens(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cuts the waiting, and not the thread: what it makes then is dropped by it."""
    slow = Slow(monkeypatch, "__init__")

    async def main() -> None:
        opening = asyncio.create_task(FileWriter(path).open())
        await slow.until_reached()
        opening.cancel()

    threads = threading.active_count()
    asyncio.run(main())
    slow.go_on.set()
    assert until(lambda: threading.active_count() == threads)
    assert beside(path) == ["rows.txt"]


@in_loop
async def test_cancelled_while_it_writes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The record is written as a whole, and those behind it in their order."""
    slow = Slow(monkeypatch, "write")
    async with FileWriter(path) as writer:
        first = asyncio.create_task(writer.write("first\n"))
        await slow.until_reached()
        waiting = asyncio.create_task(writer.write("never\n"))
        last = asyncio.create_task(writer.write("last\n"))
        await turns()
        waiting.cancel()
        first.cancel()
        await turns()
        assert (first.done(), waiting.done()) == (False, True)
        slow.go_on.set()
        await asyncio.wait([first, waiting, last], timeout=PATIENCE_S)
        assert (first.cancelled(), waiting.cancelled(), last.done()) == (True, True, True)
    assert content(path) == "first\nlast\n"


@in_loop
async def test_closed_while_it_is_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was begun is written first, and what comes later is told that it is too late."""
    slow = Slow(monkeypatch, "write")
    writer = FileWriter(path)
    writing = asyncio.create_task(writer.write("new\n"))
    await slow.until_reached()
    closing = asyncio.create_task(writer.close())
    await turns()
    slow.go_on.set()
    await asyncio.gather(writing, closing)
    assert content(path) == "new\n"
    with pytest.raises(nk.ClosedError):
        await writer.write("late\n")


@in_loop
async def test_cancelled_while_it_closes(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has taken its place when the cancellation comes out."""
    slow = Slow(monkeypatch, "take_place")
    writer = FileWriter(path)
    await writer.write("new\n")
    closing = asyncio.create_task(writer.close())
    await slow.until_reached()
    closing.cancel()
    slow.go_on.set()
    await asyncio.wait([closing], timeout=PATIENCE_S)
    assert closing.cancelled()
    assert content(path) == "new\n"
    assert beside(path) == ["rows.txt"]


@in_loop
async def test_cancelled_while_it_reads(path: Path) -> None:
    """No line is lost by it."""
    lines_in(path, 1_000)
    reader = FileReader(path)

    async def first() -> None:
        async for _ in reader:
            return

    for _ in range(3):
        reading = asyncio.create_task(first())
        await asyncio.sleep(0)
        reading.cancel()
        await asyncio.wait([reading])
        assert reading.cancelled()
    assert [int(line) async for line in reader] == list(range(1_000))
    await reader.close()


@in_loop
async def test_one_that_is_dropped_at_once(path: Path) -> None:
    """Is seen to be, although the thread that has written for it may not be done with it."""
    for _ in range(200):
        writer = FileWriter(path)
        known = weakref.ref(writer)
        await writer.write("new\n")
        del writer
        left = known()
        assert left is None or left._is_spoiled
        del left
    assert await asyncio.to_thread(until, lambda: beside(path) == ["rows.txt"])
    assert content(path) == "old\n"


@in_loop
async def test_one_that_is_dropped(path: Path) -> None:
    """Nobody has said that all is written: the old file stays, and nothing beside it."""
    writer = FileWriter(path)
    await writer.write("new\n")
    reader = await FileReader(path).open()
    assert len(beside(path)) == 2
    del writer, reader
    assert await asyncio.to_thread(until, lambda: beside(path) == ["rows.txt"])
    assert content(path) == "old\n"


def test_one_whose_loop_was_closed(path: Path) -> None:
    """Is let go of without a word."""
    loop = asyncio.new_event_loop()
    writer, reader = FileWriter(path), FileReader(path)
    loop.run_until_complete(writer.write("new\n"))
    loop.run_until_complete(reader.open())
    loop.close()
    asyncio.run(writer.close())
    asyncio.run(reader.close())
    assert content(path) == "old\n"
    assert beside(path) == ["rows.txt"]


def test_scripts_that_drop_it_at_the_last_moment(path: Path) -> None:
    """Its closing is cut by the end of the loop, wherever it is: it is let go of all the same."""
    source = """
from notebook_kit.integrations.files import FileReader, FileWriter
async def main(turns):
    reader, writer = FileReader(URL), FileWriter(URL)
    await writer.write("new")
    await reader.open()
    del reader, writer
    for _ in range(turns):
        await asyncio.sleep(0)
for number in range(100):
    asyncio.run(main(number % 10))
"""
    assert run_strictly(source, str(path)) == (0, "", "")
    assert beside(path) == ["rows.txt"]
    assert content(path) == "old\n"


def test_scripts_that_leave_it_open(path: Path) -> None:
    """Nothing complains, no thread stays; of what nobody has said to be whole, nothing is kept."""
    source = """
from notebook_kit.integrations.files import FileReader, FileWriter
kept = []
async def main():
    kept.append(FileWriter(URL))
    await kept[0].write("new")
    kept.append(FileReader(URL))
    assert await kept[1].read() == "old\\n"
    await FileWriter(URL + ".dropped").write("new")
asyncio.run(main())
import pathlib
assert pathlib.Path(URL).read_text() == "old\\n"
assert becomes(lambda: threading.active_count() == 1), threading.enumerate()
"""
    assert run_strictly(source, str(path)) == (0, "", "")
    assert beside(path) == ["rows.txt"]
    assert content(path) == "old\n"


# Closed by nobody who has said that it is whole


def told_by(caplog: pytest.LogCaptureFixture) -> list[str]:
    """What the log has said."""
    return [it.getMessage() for it in caplog.records if it.name.endswith("integrations.files")]


def test_an_error_that_leaves_the_loop(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Keeps the half that was written out of the file, and the log tells how much that was."""
    kept = []

    async def main() -> None:
        kept.append(FileWriter(path))
        await kept[0].write("half\n")
        await kept[0].write("of it\n")
        raise LookupError

    with pytest.raises(LookupError):
        asyncio.run(main())
    assert content(path) == "old\n"
    assert beside(path) == ["rows.txt"]
    (said,) = told_by(caplog)
    assert said.startswith(f"2 records of {path} were not kept")
    assert "`async with FileWriter(...) as writer:`" in said
    assert "`await writer.close()`" in said


@in_loop
async def test_closing_everything(path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Keeps a half out of the file, whoever still has the writer; what is put behind stays."""
    writer = FileWriter(path)
    behind = FileWriter(path.parent / "behind", append=True)
    await writer.write("half\n")
    await behind.write("whole\n")
    nk.close_all()
    assert await asyncio.to_thread(until, lambda: beside(path) == ["behind", "rows.txt"])
    await writer.close()
    await behind.close()
    assert content(path) == "old\n"
    assert content(path.parent / "behind") == "whole\n"
    (said,) = told_by(caplog)
    assert said.startswith(f"1 record of {path} was not kept")


@in_loop
async def test_closing_everything_from_elsewhere(path: Path) -> None:
    """From another thread it is closed when `close_all` returns, and not put in place either."""
    writer = FileWriter(path)
    await writer.write("half\n")
    await asyncio.to_thread(nk.close_all)
    assert writer.state == "closed"
    assert content(path) == "old\n"


def test_the_exit_of_the_interpreter(path: Path) -> None:
    """Closes what a kernel has left open; a half stays out of the file."""
    source = """
from notebook_kit.integrations.files import FileWriter
writer = FileWriter(URL)
loop = asyncio.new_event_loop()
loop.run_until_complete(writer.write("half"))
"""
    assert run_strictly(source, str(path))[0] == 0
    assert content(path) == "old\n"
    assert beside(path) == ["rows.txt"]


@pytest.mark.parametrize("lazy", [False, True])
@pytest.mark.parametrize("made_by", ["a function", "hand"])
def test_a_manager_passes_on_what_was_said(path: Path, made_by: str, *, lazy: bool) -> None:
    """Its block that ends well puts the file in place, and so does its `close`; nothing else."""

    def managed() -> nk.ResourceManager:
        manager = nk.ResourceManager(lazy=lazy)
        made: Any = FileWriter(path) if made_by == "hand" else lambda: FileWriter(path)
        manager.add("rows", made)
        return manager

    async def write(manager: nk.ResourceManager, text: str) -> None:
        await (await manager.get("rows")).write(text)

    async def left_open() -> nk.ResourceManager:
        await write(manager := managed(), "half")
        return manager

    async def ended_well() -> None:
        async with managed() as manager:
            await write(manager, "block")

    async def ended_badly() -> None:
        async with managed() as manager:
            await write(manager, "half")
            raise LookupError

    async def closed() -> None:
        await write(manager := managed(), "closed")
        await manager.close()

    kept = asyncio.run(left_open())
    assert (kept.state, content(path)) == ("closed", "old\n")
    asyncio.run(ended_well())
    assert content(path) == "block"
    with pytest.raises(LookupError):
        asyncio.run(ended_badly())
    assert content(path) == "block"
    asyncio.run(closed())
    assert content(path) == "closed"
    assert beside(path) == ["rows.txt"]


@in_loop
async def test_nothing_is_told_of_what_was_meant(
    path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """One that was discarded, whose block ended badly, or that nothing was written into."""
    await (writer := FileWriter(path)).write("new")
    await writer.discard()

    async def work() -> None:
        async with FileWriter(path) as writer:
            await writer.write("new")
            raise LookupError

    with pytest.raises(LookupError):
        await work()
    writer = await FileWriter(path).open()
    await asyncio.to_thread(nk.close_all)
    assert told_by(caplog) == []
    assert beside(path) == ["rows.txt"]


@pytest.mark.skipif(
    not hasattr(os, "fork") or sys.platform == "darwin", reason="children are not forked here"
)
def test_a_forked_child(path: Path) -> None:
    """Ends without touching what its parent writes, and may not put it in place."""
    source = """
import pathlib, warnings
warnings.simplefilter("ignore", DeprecationWarning)
from notebook_kit.integrations.files import FileWriter
path = pathlib.Path(URL)
loop = asyncio.new_event_loop()
writer, behind = FileWriter(path), FileWriter(URL + ".behind", append=True)
loop.run_until_complete(writer.write("half"))
loop.run_until_complete(behind.write("one"))

def ended(use):
    child = os.fork()
    if child == 0:
        warnings.simplefilter("ignore", ResourceWarning)  # It leaves open what is not its own.
        use()
        sys.exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert path.read_text() == "old\\n"

def puts_in_place():
    try:
        loop.run_until_complete(writer.close())
    except nk.ConfigurationError as error:
        assert "one was forked from" in str(error)
    else:
        os._exit(1)

def writes_it_itself():
    async def main():
        async with FileWriter(path) as writer:
            await writer.write("old\\n")
    asyncio.run(main())

ended(lambda: None)
ended(puts_in_place)
ended(writes_it_itself)
async def rest():
    await writer.write(" rest")
    await writer.close()
    await behind.close()
loop.run_until_complete(rest())
loop.close()
assert path.read_text() == "half rest"
"""
    assert run_strictly(source, str(path)) == (0, "", "")
    assert beside(path) == ["rows.txt", "rows.txt.behind"]
    assert content(path.parent / "rows.txt.behind") == "one"


# What several writers would spoil for each other


@in_loop
async def test_two_that_write_one_whole(path: Path) -> None:
    """The second is told to write into the first, by whatever name it knows the file."""
    link = path.parent / "link"
    link.symlink_to(path)

    async def second() -> None:
        with pytest.raises(nk.ConfigurationError, match="outside the function that each row calls"):
            await FileWriter(link).write("b")

    async with FileWriter(path) as writer:
        await writer.write("a")
        await second()
        async with FileWriter(path.parent / "other") as other:
            await other.write("c")
    assert content(path) == "a"
    async with FileWriter(link) as later:
        await later.write("b")
    assert content(path) == "b"


@in_loop
async def test_one_after_another_that_was_left(path: Path) -> None:
    """One that was dropped or is being closed stands in nobody's way, as a cell that runs again."""
    for _ in range(20):
        writer = FileWriter(path)
        await writer.write("dropped")
        del writer
        await (writer := FileWriter(path)).write("closed by all")
        nk.close_all()
    del writer
    async with FileWriter(path) as last:
        await last.write("last")
    assert content(path) == "last"
    assert await asyncio.to_thread(until, lambda: beside(path) == ["rows.txt"])


@pytest.mark.parametrize(
    ("encoding", "record", "said"),
    [
        ("utf-8", {"a": 1}, r'of type dict: write json\.dumps\(record\) \+ "\\n"'),
        ("utf-8", 7, "of type int: write json"),
        (None, [1], r"of type list: write \(json\.dumps\(record\).*\)\.encode\(\)"),
    ],
)
@in_loop
async def test_a_record_that_is_a_value(path: Path, encoding: Any, record: Any, said: str) -> None:
    """Is refused with how it is written as a line."""
    writer: Any = FileWriter(path, encoding=encoding)
    with pytest.raises(nk.ConfigurationError, match=said):
        await writer.write(record)
    assert beside(path) == ["rows.txt"]
