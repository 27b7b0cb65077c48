"""Which work of a checkpoint this is, and what becomes of answers of one that has changed."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import notebook_kit as nk
from tests.storage.helpers import run_cell, select

if TYPE_CHECKING:
    from pathlib import Path

CELL = 'PROMPT = "Sum up: "\ndef ask(row):\n    calls.append(row)\n    return PROMPT + str(row)\n'
OTHER = CELL.replace("Sum up", "Summarise")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "work.db"


class Notebook:
    """Runs the cell and then the map, and counts the calls."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.calls: list[Any] = []

    def run(self, cell: str, items: Any = range(3), **options: Any) -> nk.Run:
        scope = run_cell(cell, calls=self.calls)
        run = nk.map(scope["ask"], items, checkpoint=self.path, progress=False, **options)
        run.result()
        return run

    def notices(self, run: nk.Run) -> list[str]:
        """What was said, but for the list of calls that the function fills itself."""
        return [it for it in run.snapshot().notices if "changes itself" not in it]


@pytest.fixture
def notebook(path: Path) -> Notebook:
    return Notebook(path)


def test_a_changed_constant_is_refused_by_name(notebook: Notebook) -> None:
    """Nothing is called, and the message says what changed and what to write."""
    notebook.run(CELL)
    with pytest.raises(nk.CheckpointMismatch) as caught:
        notebook.run(OTHER)
    assert len(notebook.calls) == 3
    said = str(caught.value)
    assert (
        "holds 3 answers of 'ask', which has changed since: the constant PROMPT that ask() " in said
    )
    assert "uses was 'Sum up: ' and is 'Summarise: '. Nothing was sent." in said
    assert "on_change='new'" in said
    assert "on_change='keep'" in said


def test_begin_anew_beside_the_old_answers(notebook: Notebook) -> None:
    """on_change="new" calls for every row once, and the old work still has its answers."""
    notebook.run(CELL)
    run = notebook.run(OTHER, on_change="new")
    assert len(notebook.calls) == 6
    (said,) = notebook.notices(run)
    assert said.startswith(
        "3 answers of 'ask' are left as they are, because it has changed: the con"
    )
    for cell in (CELL, OTHER):
        assert notebook.notices(notebook.run(cell, on_change="new")) == []
    assert len(notebook.calls) == 6


def test_keep_the_old_answers(notebook: Notebook) -> None:
    """on_change="keep" gives old answers again, calls for new rows, and is remembered."""
    notebook.run(CELL)
    run = notebook.run(OTHER, items=range(4), on_change="keep")
    assert notebook.calls[3:] == [3]
    assert run.frame["result"].tolist()[2:] == ["Sum up: 2", "Summarise: 3"]
    (said,) = notebook.notices(run)
    assert said.startswith(
        "3 answers of 'ask' were made before it changed, and are kept as they are"
    )
    assert notebook.notices(notebook.run(OTHER, items=range(4))) == []
    assert len(notebook.calls) == 4


def test_kept_answers_stay_those_of_the_work_that_gave_them(notebook: Notebook) -> None:
    """on_change="keep" takes nothing away, and gives the older work nothing of the newer."""
    notebook.run(CELL)
    notebook.run(OTHER, items=range(4), on_change="keep")
    older = notebook.run(CELL, items=range(4))
    assert notebook.notices(older) == []
    assert older.frame["result"].tolist() == [f"Sum up: {row}" for row in range(4)]
    # In threads of their own, each of a run may be first.
    assert sorted(notebook.calls[:3]) == [0, 1, 2]
    assert notebook.calls[3:] == [3, 3]
    newer = notebook.run(OTHER, items=range(4))
    assert newer.frame["result"].tolist()[2:] == ["Sum up: 2", "Summarise: 3"]
    assert len(notebook.calls) == 5


@pytest.mark.parametrize("items", [range(3), [2, 1, 0]], ids=["in order", "in another order"])
def test_what_was_done_anew_comes_before_what_was_kept(notebook: Notebook, items: Any) -> None:
    """An answer of the work itself is newer than any that it keeps of another."""
    notebook.run(CELL)
    notebook.run(OTHER, on_change="keep")
    notebook.run(OTHER, reuse="none")
    notebook.run(CELL, reuse="none")
    again = notebook.run(OTHER, items=items)
    assert again.frame["source"].tolist() == ["checkpoint"] * 3
    assert again.frame["result"].tolist() == [f"Summarise: {row}" for row in items]


def test_answers_are_kept_over_several_changes(notebook: Notebook) -> None:
    """What was kept once is kept again by what comes after, in any order of the rows."""
    notebook.run(CELL)
    notebook.run(OTHER, on_change="keep")
    third = CELL.replace("Sum up", "Boil down")
    run = notebook.run(third, items=[9, 2, 1, 0], on_change="keep")
    assert run.frame["source"].tolist() == ["network", *["checkpoint"] * 3]
    with pytest.raises(nk.CheckpointMismatch, match=r"holds [34] answers of 'ask'"):
        notebook.run(CELL.replace("Sum up", "Shorten"))
    assert len(notebook.calls) == 4


def test_what_failed_is_tried_again_with_what_was_repaired(path: Path) -> None:
    """A helper that was repaired before retry_failed() is no reason to refuse it, and is told."""
    scope = run_cell("def help(x): return 1 // x\ndef ask(x): return help(x)\n")
    options: Any = {"checkpoint": path, "progress": False, "retry": 0}
    run = nk.map(scope["ask"], [0, 1, 2], **options)
    assert run.result()["status"].tolist() == ["failed", "ok", "ok"]
    scope["help"] = run_cell("def help(x): return 1 // x if x else 0\n")["help"]
    again = run.retry_failed()
    assert again.result()["result"].tolist() == [0]
    (said,) = again.snapshot().notices
    assert said == (
        "2 answers of 'ask' were made before it changed, and are kept as they are: the code of the "
        "helper help() has changed."
    )
    whole = nk.map(scope["ask"], [0, 1, 2], **options).result()
    assert whole["source"].tolist() == ["checkpoint"] * 3


def test_reuse_none_asks_nothing(notebook: Notebook) -> None:
    """reuse="none" does every row anew, whatever has changed, and says nothing of it."""
    notebook.run(CELL)
    assert notebook.notices(notebook.run(OTHER, reuse="none")) == []
    assert len(notebook.calls) == 6


def test_the_work_that_is_most_like_it_is_compared(notebook: Notebook) -> None:
    """Of several works of one name, it is told in what it differs from the nearest."""
    notebook.run(CELL)
    notebook.run(OTHER.replace("str(row)", "repr(row)"), items=[7], on_change="new")
    changed = CELL.replace("PROMPT + str(row)", "PROMPT + str(row) + '.'")
    with pytest.raises(nk.CheckpointMismatch) as caught:
        notebook.run(changed)
    assert "holds 3 answers of 'ask', which has changed since: the code of ask() has chan" in str(
        caught.value
    )
    run = notebook.run(changed, on_change="keep")
    assert run.frame["source"].tolist() == ["checkpoint"] * 3
    assert len(notebook.calls) == 4


def test_of_equally_near_works_the_last_run_is_compared(notebook: Notebook) -> None:
    """Of works that differ in as many parts, it is told what changed since the last run of any."""
    notebook.run(CELL)
    notebook.run(OTHER, on_change="new")
    notebook.run(CELL)
    with pytest.raises(nk.CheckpointMismatch, match="was 'Sum up: ' and is 'Boil down: '"):
        notebook.run(CELL.replace("Sum up", "Boil down"))


def test_other_cells_comments_and_docstrings_change_nothing(notebook: Notebook) -> None:
    """A cell that was only tidied up is the same work."""
    notebook.run(CELL)
    tidied = CELL.replace("(row):\n", '(row: int) -> str:\n    """Ask."""\n    # now\n')
    notebook.run("unrelated = 1\n\n" + tidied)
    assert len(notebook.calls) == 3


def test_another_version_of_a_module_is_told_once(notebook: Notebook) -> None:
    """A new release of a library throws no answer away: it is said once, and they are used."""
    cell = "import pandas as pd\n" + CELL.replace("str(row)", "str(pd.Series([row])[0])")
    notebook.run(cell)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("importlib.metadata.version", lambda _: "99.0")
        from notebook_kit.storage.fingerprints import modules

        modules._version_of_distribution.cache_clear()
        (said,) = notebook.notices(notebook.run(cell))
        assert f"although pandas was {pd.__version__} and is 99.0: to do all anew" in said
        assert notebook.notices(notebook.run(cell)) == []
        modules._version_of_distribution.cache_clear()
    assert len(notebook.calls) == 3


def test_no_word_of_versions_where_no_answer_is_used(notebook: Notebook) -> None:
    """With reuse="none" it would not be true that the answers of an older one are used."""
    cell = "import pandas as pd\n" + CELL.replace("str(row)", "str(pd.Series([row])[0])")
    notebook.run(cell)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("importlib.metadata.version", lambda _: "99.0")
        from notebook_kit.storage.fingerprints import modules

        modules._version_of_distribution.cache_clear()
        assert notebook.notices(notebook.run(cell, reuse="none")) == []
        modules._version_of_distribution.cache_clear()
    assert len(notebook.calls) == 6


def test_a_version_that_the_user_gives(notebook: Notebook) -> None:
    """version= is part of the work, and nothing is named as unreadable then."""
    run = notebook.run(CELL, version=1)
    assert run.snapshot().notices == ()
    again = notebook.run(CELL, version=1)
    assert again.frame["source"].tolist() == ["checkpoint"] * 3
    assert len(notebook.calls) == 3


def test_another_version_begins_anew(notebook: Notebook) -> None:
    """A first version and each other one is other work by the user's word; the old one stays."""
    notebook.run(CELL)
    for version, said in ((1, "version is new (1)"), (2, "version was 1 and is 2")):
        run = notebook.run(CELL, version=version)
        (told,) = run.snapshot().notices
        assert told == (
            "3 answers of 'ask' are left as they are, because it has changed: "
            f"{said}. It begins anew."
        )
    assert len(notebook.calls) == 9
    for options in ({}, {"version": 1}, {"version": 2}):
        assert notebook.notices(notebook.run(CELL, **options)) == []
    assert len(notebook.calls) == 9


def test_a_change_within_a_version_is_refused(notebook: Notebook) -> None:
    """What has the same version is compared, and what has another is not, however near it is."""
    notebook.run(CELL, version=1)
    notebook.run(OTHER, version=2)
    with pytest.raises(nk.CheckpointMismatch, match="was 'Summarise: ' and is 'Sum up: '"):
        notebook.run(CELL, version=2)
    with pytest.raises(nk.CheckpointMismatch, match=r"version is not given any more \(1\)\. Not"):
        notebook.run(CELL)
    assert len(notebook.calls) == 6


def test_a_first_version_for_answers_that_are_kept(notebook: Notebook) -> None:
    """With on_change="keep" the answers of another version are taken over too."""
    notebook.run(CELL)
    run = notebook.run(CELL, version=1, on_change="keep")
    assert run.frame["source"].tolist() == ["checkpoint"] * 3
    assert len(notebook.calls) == 3


def test_a_function_with_another_name_goes_on(notebook: Notebook) -> None:
    """A rename changes no answer; what changes then is told of under the new name."""
    notebook.run(CELL)
    scope = run_cell(CELL.replace("ask", "query"), calls=notebook.calls)
    options: Any = {"checkpoint": notebook.path, "progress": False}
    run = nk.map(scope["query"], range(3), **options)
    assert run.result()["source"].tolist() == ["checkpoint"] * 3
    assert len(notebook.calls) == 3
    scope = run_cell(OTHER.replace("ask", "query"), calls=notebook.calls)
    with pytest.raises(nk.CheckpointMismatch, match=r"of 'query', .* PROMPT that query\(\) uses"):
        nk.map(scope["query"], range(3), **options)


def test_what_a_run_is_called_does_not_matter_for_equal_work(notebook: Notebook) -> None:
    """Equal work has its answers under any name=; changed work under a new one is other work."""
    notebook.run(CELL, name="monday")
    run = notebook.run(CELL, name="tuesday")
    assert run.frame["source"].tolist() == ["checkpoint"] * 3
    with pytest.raises(nk.CheckpointMismatch, match="3 answers of 'tuesday'"):
        notebook.run(OTHER, name="tuesday")
    assert notebook.notices(notebook.run(OTHER, name="wednesday")) == []
    assert len(notebook.calls) == 6


def test_what_cannot_be_read_says_what_to_write(path: Path) -> None:
    """The notice names it and the option that stands for it."""
    cell = "import random\nrng = random.Random(1)\ndef ask(row): return rng.choice([row])\n"
    run = nk.map(run_cell(cell)["ask"], range(3), checkpoint=path, progress=False)
    run.result()
    (said,) = run.snapshot().notices
    assert said == (
        "The checkpoint does not notice changes in rng that ask() uses, an object of "
        "random.Random, which cannot be read: write version='1' after one, '2' after the next and "
        "so on; each begins anew."
    )


def test_what_the_work_changes_itself_is_named(notebook: Notebook) -> None:
    """The notice says who changes it, and what to write where it matters."""
    (said,) = notebook.run(CELL).snapshot().notices
    assert said == (
        "The checkpoint does not compare calls, which ask() changes itself: where its value "
        "matters, give it as version=."
    )


def test_rows_are_known_by_their_key(path: Path) -> None:
    """With key= a row whose other columns changed is the same row; its key makes it another."""
    calls: list[Any] = []
    source = (
        "def ask(row):\n"
        "    calls.append(row['id'])\n"
        "    return row['text']\n"
        "key = lambda row: row['id']\n"
    )
    scope = run_cell(source, calls=calls)
    rows = pd.DataFrame({"id": [1, 2, 3], "text": ["a", "b", "c"]})

    def run(rows: pd.DataFrame, key: Any) -> list[Any]:
        made = nk.map(
            scope["ask"], rows, key=key, checkpoint=path, progress=False, max_concurrency=1
        )
        results: list[Any] = made.result()["result"].tolist()
        return results

    assert run(rows, scope["key"]) == ["a", "b", "c"]
    assert run(rows.assign(text="x"), scope["key"]) == ["a", "b", "c"]
    assert run(rows.assign(id=[1, 2, 4], text="x"), scope["key"]) == ["a", "b", "x"]
    assert calls == [1, 2, 3, 4]
    other = run_cell("key = lambda row: (row['id'], 1)\n")["key"]
    with pytest.raises(nk.CheckpointMismatch, match="the code of the lambda of key= has changed"):
        run(rows, other)


def test_each_item_is_asked_for_its_key(path: Path) -> None:
    """A key that is the item itself for the first of many is not taken for all of them."""
    calls: list[str] = []

    def ask(word: str) -> str:
        calls.append(word)
        return word

    for words in (["a", "b", "c"], ["a", "B", "C", "d"]):
        nk.map(ask, words, key=str.lower, checkpoint=path, progress=False).result()
    assert sorted(calls) == ["a", "b", "c", "d"]


def test_a_key_that_fails_is_refused(path: Path) -> None:
    """Items without a key could not be kept, so that nothing is sent, and it is said why."""
    with pytest.raises(nk.ConfigurationError, match=r"key= raised TypeError.* position 0, 'a'"):
        nk.map(str, ["a", "b"], key=lambda item: item["id"], checkpoint=path, progress=False)


def test_a_key_needs_something_to_be_for() -> None:
    """key= alone does nothing, and is refused."""
    with pytest.raises(nk.ConfigurationError, match="for dedupe=True and for checkpoint="):
        nk.map(str, [1], key=str)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"on_change": "ask"}, "on_change='ask' must be 'error', 'new' or 'keep'"),
        ({"version": 1.5}, "version=1.5 must be text or a whole number, as version='2'"),
        ({"version": True}, "version=True must be text"),
    ],
)
def test_options_that_cannot_work(path: Path, options: Any, said: str) -> None:
    """They are refused with what to write."""
    with pytest.raises(nk.ConfigurationError, match=said):
        nk.map(str, [1], checkpoint=path, **options)


def test_an_entry_that_is_not_understood(notebook: Notebook) -> None:
    """What somebody else has written into the file is no error of its own."""
    notebook.run(CELL)
    import sqlite3
    from contextlib import closing

    with closing(sqlite3.connect(notebook.path)) as connection, connection:
        connection.execute("UPDATE works SET parts = '[1]'")
    with pytest.raises(nk.CheckpointMismatch, match="what it was is not known any more"):
        notebook.run(OTHER)
    assert select(notebook.path, "SELECT count(*) FROM works") == [(1,)]


def test_two_that_keep_at_once(notebook: Notebook) -> None:
    """Whoever comes second finds what the first has taken over."""

    async def both() -> list[pd.DataFrame]:
        scope = run_cell(OTHER, calls=notebook.calls)
        options: Any = {"checkpoint": notebook.path, "on_change": "keep", "progress": False}
        runs = [nk.map(scope["ask"], range(3), **options) for _ in range(2)]
        return [await run for run in runs]

    notebook.run(CELL)
    frames = asyncio.run(both())
    assert [frame["source"].eq("checkpoint").all() for frame in frames] == [True, True]
    assert len(notebook.calls) == 3
