from __future__ import annotations

import asyncio
import json
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pandas as pd
import pytest

import notebook_kit as nk
from notebook_kit.execution.io_thread import io_loop
from notebook_kit.widgets.launcher import cell as cell_module
from notebook_kit.widgets.launcher import launcher as launcher_module
from tests.widgets.launcher.cell import Cell, run_as_cell, same_answers

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.widgets.fakes import FakeShell

    MakeCell = Callable[..., Cell]

WIDGET = "application/vnd.jupyter.widget-view+json"


def airports() -> pd.DataFrame:
    return pd.DataFrame(
        {"code": ["ZRH", "GVA", "XXX"], "co{de": [1, 2, 3], 7: ["a", "b", "c"]}, index=[5, 5, 6]
    )


class Airports(nk.Resource):
    """Airports of the world."""

    @nk.endpoint("GET /airports/{iata}")
    def get(self, iata: str, lang: str = "en") -> dict:  # type: ignore[type-arg, empty-body]
        """Return one airport."""


class Api(nk.Client):
    """An API with a resource."""

    airports: Airports


def test_form_face_and_room_for_the_panel(
    cell: MakeCell, client: nk.Client, shell: FakeShell
) -> None:
    """The form comes first, then the face, then empty outputs that a click can fill."""
    cell(client, "/airports/{code}", names={"client": client, "airports": airports()})
    form, face, *room = shell.display_pub.messages
    assert WIDGET in form.data
    assert "client.map(&quot;/airports/{code}&quot;, airports)" in face.data["text/html"]
    assert 'client.map("/airports/{code}", airports)' in face.data["text/plain"]
    assert [it.data for it in room] == [{"text/html": "", "text/plain": ""}] * len(room)
    assert len({it.display_id for it in (form, face, *room)}) == 2 + len(room)


def test_run_gives_what_the_code_gives(cell: MakeCell, client: nk.Client) -> None:
    """The frame in the variable is the one that the shown code makes when it is run."""
    names = {"client": client, "airports": airports()}
    form = cell(client, "/airports/{iata}", names=names)
    assert "Choose where {iata} comes from." in form.said()
    assert form.field("Run").disabled
    form.choose("{iata}", "column code")
    form.field("rate").value = "500/s"
    form.click("Add parameter")
    form.field("name").value = "lang"
    form.choose("from", "column co{de")
    form.field("frame variable").value = "answers"
    code = form.standing.code
    assert code is not None
    form.click("Run")
    frame = form.wait()
    assert frame["status"].tolist() == ["ok", "ok", "failed"]
    assert frame.index.tolist() == [5, 5, 6]
    assert "answers: 3 rows, 1 not ok" in form.face
    same_answers(frame, run_as_cell(code, {"nk": nk, **names})["answers"])
    assert 'rate="500/s"' in code
    assert 'lang=airports["co{de"]' not in code
    assert 'params={"lang": nk.col("co{de")}' in code


def test_a_body_of_columns(cell: MakeCell, client: nk.Client) -> None:
    """A POST sends the chosen columns as JSON, under names that are typed."""
    names = {"api": client, "airports": airports()}
    form = cell(client, "/echo", names=names, method="POST")
    form.click("All columns")
    form.click("Add field")
    form.field("name").value = "dry"
    form.choose("from", "a fixed value …")
    form.field("fixed value").value = "true"
    assert '"dry": true' in form.standing.preview.body  # type: ignore[union-attr, operator]  # it is there
    code = form.standing.code
    form.click("Run")
    frame = form.wait()
    assert frame["status"].tolist() == ["ok"] * 3
    assert code is not None
    bodies = [json.loads(answer["body"]) for answer in frame["result"]]
    assert bodies[0] == {"code": "ZRH", "co{de": 1, "7": "a", "dry": True}
    again = run_as_cell(code, form.names)["frame"]
    assert bodies == [json.loads(answer["body"]) for answer in again["result"]]


def test_rows_can_be_removed(cell: MakeCell, client: nk.Client) -> None:
    """A parameter that was added is gone when it is removed, and the code with it."""
    names = {"client": client, "airports": airports()}
    form = cell(client, "/airports/{code}", names=names, params={"a": nk.col("code"), "b": "x"})
    assert 'params={"a": nk.col("code"), "b": "x"}' in str(form.standing.code)
    form.click("Remove")
    assert 'params={"a": nk.col("code")}' in str(form.standing.code)
    form.click("Remove")
    assert form.standing.code == 'frame = await client.map("/airports/{code}", airports)'


def test_an_endpoint(cell: MakeCell, client: nk.Client) -> None:
    """Endpoints declared on the client can be chosen, with their parameters."""
    api = Api(client.base_url)
    names = {"api": api, "places": airports()}
    form = cell(api, "airports.get", names=names)
    assert [option for option, _ in form.field("call").options] == [
        "a path",
        "airports.get: GET /airports/{iata}",
    ]
    form.choose("iata", "column code")
    code = str(form.standing.code)
    assert code == 'frame = await api.airports.get.map(places.assign(iata=places["code"]))'
    preview = form.standing.preview
    assert preview is not None
    assert preview.head == f"GET {client.base_url}/airports/ZRH?lang=en"
    form.click("Run")
    same_answers(form.wait(), run_as_cell(code, form.names)["frame"])
    form.choose("call", "a path")
    assert "Write the path" in form.said()
    api.close().wait()


@pytest.mark.parametrize("kind", ["async", "sync"])
def test_a_function(cell: MakeCell, kind: str) -> None:
    """A function is called with columns, the row itself and fixed values."""

    def sync(iata: str, size: int = 1, *, row: Any = None) -> str:
        return f"{iata} {size} {None if row is None else row['code']}"

    async def asynchronous(iata: str, size: int = 1, *, row: Any = None) -> str:
        return sync(iata, size, row=row)

    function = asynchronous if kind == "async" else sync
    names = {"flag": function, "airports": airports()}
    form = cell(function, names=names)
    form.choose("iata", "column code")
    assert form.standing.preview.head == f"{function.__name__}(iata='ZRH')"  # type: ignore[union-attr]
    form.choose("size", "a fixed value …")
    form.field("fixed value").value = "7"
    form.choose("row", "the whole row")
    code = str(form.standing.code)
    form.click("Run")
    frame = form.wait()
    assert frame["result"].tolist() == ["ZRH 7 ZRH", "GVA 7 GVA", "XXX 7 XXX"]
    same_answers(frame, run_as_cell(code, form.names)["frame"])


def test_failed_rows_are_tried_again_and_saved(
    cell: MakeCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Retry failed fills the frame up, Save writes it, and the code tells all of it."""
    monkeypatch.chdir(tmp_path)
    broken = {"a": 1, "c": 2}

    def work(item: str) -> dict[str, str]:
        if broken.get(item, 0) > 0:
            broken[item] -= 1
            message = "not yet"
            raise ValueError(message)
        return {"item": item}

    form = cell(work, names={"work": work, "items": ["a", "b", "c"]}, retry=0)
    form.click("Run")
    assert form.wait()["status"].tolist() == ["failed", "ok", "failed"]
    form.click("Retry failed")
    assert form.wait()["status"].tolist() == ["ok", "ok", "failed"]
    form.click("Retry failed")
    frame = form.wait()
    assert frame["status"].tolist() == ["ok"] * 3
    assert form.field("Retry failed").disabled
    form.click("Save")
    form.wait_for("Wrote frame to frame.csv")
    assert pd.read_csv("frame.csv")["status"].tolist() == ["ok"] * 3
    form.field("file").value = "frame.jsonl"
    form.click("Save")
    form.wait_for("Wrote frame to frame.jsonl")
    code = str(form.standing.code)
    broken.update(a=1, c=2)
    same_answers(frame, run_as_cell(code, form.names)["frame"])
    assert code.count("retry_failed()") == 2
    assert 'nk.frames.export_frame(frame, "frame.jsonl", name="frame")' in code
    assert "run" not in form.names


def test_a_file_that_is_there_is_replaced_when_asked_twice(
    cell: MakeCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first click on Save says that the file is there, the second one replaces it."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "frame.csv").write_text("precious", encoding="utf-8")
    form = cell(len, names={"items": ["a"]})
    form.click("Run")
    form.wait()
    form.click("Save")
    assert (tmp_path / "frame.csv").read_text(encoding="utf-8") == "precious"
    assert "click Save once more" in form.face
    form.click("Save")
    form.wait_for("Wrote frame to frame.csv")
    assert "precious" not in (tmp_path / "frame.csv").read_text(encoding="utf-8")
    form.field("file").value = "frame.doc"
    form.click("Save")
    form.wait_for(
        "Save did not work: A run cannot be written as &#x27;frame.doc&#x27;: end the name in"
    )


def test_what_would_go_wrong_is_said_before_it_does(cell: MakeCell, client: nk.Client) -> None:
    """A bad template, a missing value and a wrong setting stand beside their fields."""
    frame = pd.DataFrame({"code": [None, "ZRH"]})
    form = cell(client, "/airports/{code}", names={"client": client, "frame_1": frame})
    assert "The first item becomes an error: {code} is nan" in form.face
    assert not form.field("Run").disabled
    form.field("path").value = "/airports/{code"
    assert "without its partner" in form.said()
    form.field("path").value = "/airports/list"
    form.field("max_concurrency").value = "0"
    assert "max_concurrency=0 must be a whole number" in form.said()
    form.field("max_concurrency").value = ""
    form.field("frame variable").value = "for"
    assert "is a word of Python" in form.said()
    form.field("frame variable").value = "client"
    assert "client holds a Client now" in form.said()
    assert not form.field("Run").disabled


def test_secrets_are_never_shown(cell: MakeCell, client: nk.Client, shell: FakeShell) -> None:
    """Credentials are hidden in all that the launcher sends."""
    frame = pd.DataFrame({"api_key": ["hush-hush"]})
    form = cell(
        client, "/echo", names={"client": client, "t": frame}, method="POST",
        params={"api_key": nk.col("api_key")}, json={"api_key": nk.col("api_key")},
    )  # fmt: skip
    assert form.standing.preview is not None
    sent = str([it.data for it in shell.display_pub.messages])
    assert "x-api-key" in sent
    assert "1029384756" not in sent
    assert "hush" not in sent


def test_what_comes_from_outside_is_escaped(cell: MakeCell, client: nk.Client) -> None:
    """Names of columns and values cannot become elements of the page."""
    evil = "<script>alert(1)</script>"
    form = cell(client, "/a/{x}", names={"client": client, "t": pd.DataFrame({evil: [evil]})})
    form.choose("{x}", f"column {evil}")
    assert "<script" not in form.face
    assert "&lt;script" in form.face
    assert "mathjax_ignore" in form.face


def test_new_data_is_found(cell: MakeCell, client: nk.Client) -> None:
    """Refresh offers what was made since; before, it is said that there is none."""
    form = cell(client, "/airports/{iata}", names={"client": client})
    assert "There is no data to choose" in form.said()
    form.names["codes"] = ["ZRH"]
    form.click("Refresh")
    assert form.standing.code == 'frame = await client.map("/airports/{iata}", codes)'
    form.names["more"] = pd.DataFrame({"iata": ["GVA"]})
    form.click("Refresh")
    form.choose("data", "codes: list of 1 value")
    assert form.standing.setup.data.name == "codes"  # type: ignore[union-attr]  # it was chosen


def test_a_client_without_a_variable(cell: MakeCell, client: nk.Client) -> None:
    """The batch runs, and it is said what the code needs."""
    form = cell(client, "/airports/{iata}", names={"codes": ["ZRH"]})
    assert "put it into one called client" in form.face
    form.click("Run")
    assert form.wait()["status"].tolist() == ["ok"]


def test_closing_leaves_the_face(cell: MakeCell, client: nk.Client, shell: FakeShell) -> None:
    """Close empties the form's output; the code and what came of it stay."""
    form = cell(client, "/airports/{iata}", names={"client": client, "codes": ["ZRH"]})
    first = shell.display_pub.messages[0].display_id
    form.click("Run")
    form.wait()
    form.click("Close")
    assert [it.data for it in shell.display_pub.messages if it.display_id == first][-1] == {
        "text/html": "",
        "text/plain": "",
    }
    assert "frame: 1 row" in form.face
    assert "The form is closed" in form.face
    form.launcher.show()
    assert form.field("path").value == "/airports/{iata}"


def test_the_form_stays_under_a_run(cell: MakeCell, monkeypatch: pytest.MonkeyPatch) -> None:
    """A form that nobody clicks goes, but not as long as its run is live."""
    go = threading.Event()

    def work(item: str) -> bool:
        return go.wait(10)

    form = cell(work, names={"work": work, "items": ["a"]})
    output = form.outputs._output
    form.click("Run")
    output._left_alone()
    assert not output.is_closed
    go.set()
    form.wait()
    asyncio.run_coroutine_threadsafe(asyncio.sleep(0), io_loop()).result(10)
    output._left_alone()
    assert output.is_closed


def test_an_async_function_runs_on_the_loop_of_the_cell(cell: MakeCell) -> None:
    """A click in another thread starts it on the loop on which the launcher was made."""
    loops: list[object] = []

    async def work(item: str) -> str:
        loops.append(asyncio.get_running_loop())
        return item

    async def main() -> pd.DataFrame:
        form = cell(work, names={"work": work, "items": ["a", "b"]})
        await asyncio.to_thread(form.click, "Run")
        while "frame" not in form.names:
            await asyncio.sleep(0.01)
        assert set(loops) == {asyncio.get_running_loop()}
        return cast("pd.DataFrame", form.names["frame"])

    assert asyncio.run(asyncio.wait_for(main(), 20))["result"].tolist() == ["a", "b"]


def test_two_clicks_that_waited_for_the_cell_start_one_run(cell: MakeCell) -> None:
    """While the cell blocks its loop, nothing tells the second click that there was a first."""
    called: list[str] = []

    async def work(item: str) -> str:
        called.append(item)
        return item

    async def main() -> None:
        form = cell(work, names={"work": work, "items": ["a", "b"]})

        def click_twice() -> None:
            form.click("Run")
            form.click("Run")

        clicking = threading.Thread(target=click_twice)
        clicking.start()
        clicking.join(20)
        while "frame" not in form.names:
            await asyncio.sleep(0.01)
        assert form.table.batch is not None
        assert not form.table.is_live

    asyncio.run(asyncio.wait_for(main(), 20))
    assert called == ["a", "b"]


def test_a_click_that_fails_is_a_sentence(cell: MakeCell, monkeypatch: pytest.MonkeyPatch) -> None:
    """What a click raises is said in the face, and never raised into the kernel."""

    def work(item: str) -> str:
        return item

    form = cell(work, names={"work": work, "items": ["a"]})
    monkeypatch.setattr("notebook_kit.widgets.launcher.clicks.run_code", lambda *_: 1 / 0)
    form.click("Run")
    assert "That did not work: ZeroDivisionError" in form.face


def test_a_program_gets_the_code(
    cell: MakeCell, client: nk.Client, shell: FakeShell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody watches there is one output, the same every time, without a form."""
    shell.allow_stdin = False
    cell(client, "/airports/{iata}", names={"client": client, "codes": ["ZRH"]})
    (only,) = shell.display_pub.messages
    assert only.display_id is None
    assert "needs a person" in only.data["text/html"]
    assert "client.map" in only.data["text/html"]
    assert "First of" not in only.data["text/html"]


def test_evaluated_in_its_cell_it_is_not_shown_twice(
    cell: MakeCell, client: nk.Client, shell: FakeShell
) -> None:
    """A cell that ends with the launcher shows it once; another cell shows it again."""
    form = cell(client, "/airports/{iata}", names={"client": client, "codes": ["ZRH"]})
    before = len(shell.display_pub.messages)
    form.launcher._ipython_display_()
    assert len(shell.display_pub.messages) == before
    shell.cell = "cell-2"
    form.launcher._ipython_display_()
    assert len(shell.display_pub.messages) > before
    assert repr(form.launcher).endswith(": open>")


def test_without_ipywidgets_there_is_the_face(
    cell: MakeCell, client: nk.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where ipywidgets is missing the code is shown, and why there is no form."""

    def missing(*_: object, **__: object) -> None:
        raise ImportError

    monkeypatch.setattr(cell_module, "Form", missing)
    form = cell(client, "/airports/{iata}", names={"client": client, "codes": ["ZRH"]})
    assert "ipywidgets is not installed" in form.face


def test_after_a_reload_the_face_is_in_the_form(cell: MakeCell, client: nk.Client) -> None:
    """A page that was loaded again sees the face in a widget, and keeps it when the form goes."""
    form = cell(client, "/airports/{iata}", names={"client": client, "codes": ["ZRH"]})
    view = form.form
    assert view.after_reload.widget.value == ""
    # What a page asks of each widget when it is loaded.
    view.after_reload.widget.get_state()
    form.field("rate").value = "5/s"
    assert "rate=&quot;5/s&quot;" in view.after_reload.widget.value
    assert "was loaded again" in view.after_reload.widget.value
    box = view.box
    form.click("Close")
    assert box.children == (view.after_reload.widget,)
    assert "The form is closed" in view.after_reload.widget.value
    box.close()
    view.after_reload.widget.close()


def test_parameters_given_twice_are_refused(cell: MakeCell, client: nk.Client) -> None:
    """What was given when the launcher was made is not said once more by the form."""
    names = {"client": client, "codes": ["ZRH"]}
    form = cell(client, "/airports/{iata}", names=names, params=[("a", 1)])
    assert "params=[" in str(form.standing.code)
    form.click("Add parameter")
    assert "params= was given" in form.said()


def test_a_loop_that_has_ended(cell: MakeCell) -> None:
    """A click on a launcher whose loop is gone says what to do."""

    async def work(item: str) -> str:
        return item

    async def main() -> Cell:
        return cell(work, names={"work": work, "items": ["a"]})

    form = asyncio.run(main())
    form.click("Run")
    assert "The loop of the cell has ended" in form.face
    assert not form.table.is_live


def test_a_panel_that_fails_is_not_felt(cell: MakeCell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The batch runs, also where its panel cannot be shown."""
    monkeypatch.setattr("notebook_kit.widgets.launcher.front.Panel", lambda *_: 1 / 0)
    form = cell(str.upper, names={"items": ["a"]})
    form.click("Run")
    assert form.wait()["result"].tolist() == ["A"]


def test_a_variable_that_is_gone_cannot_be_saved(
    cell: MakeCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Save writes the variable, and says so when there is none any more."""
    monkeypatch.chdir(tmp_path)
    form = cell(str.upper, names={"items": ["a"]})
    form.click("Run")
    form.wait()
    del form.names["frame"]
    form.click("Save")
    assert "There is no variable frame any more" in form.face
    assert not list(tmp_path.iterdir())


class Slow:
    """Stands for what writes a frame, and takes long."""

    def __init__(self) -> None:
        self.go_on = threading.Event()
        self.thread: threading.Thread | None = None
        self.error: Exception | None = None

    def write(self, _: object, path: str, *, name: str) -> Path:
        self.thread = threading.current_thread()
        assert self.go_on.wait(10)
        if self.error is not None:
            raise self.error
        Path(path).write_text(name, encoding="utf-8")
        return Path(path)


def test_saving_keeps_nobody_waiting(
    cell: MakeCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The click returns at once and says that it saves; nothing changes the rows meanwhile."""
    monkeypatch.chdir(tmp_path)
    form = cell(int, names={"items": ["1", "a"]}, retry=0)
    form.click("Run")
    form.wait()
    slow = Slow()
    monkeypatch.setattr(nk.frames, "export_frame", slow.write)
    form.click("Save")
    assert "Saving frame to frame.csv" in form.face
    assert form.field("Save").disabled
    assert form.field("Retry failed").disabled
    slow.go_on.set()
    form.wait_for("Wrote frame to frame.csv, 5\N{NO-BREAK SPACE}bytes.")
    assert slow.thread is not threading.current_thread()
    assert not form.field("Save").disabled
    assert not form.field("Retry failed").disabled
    assert str(form.standing.code).endswith('export_frame(frame, "frame.csv", name="frame")')


def test_what_went_wrong_with_a_file_is_a_sentence(
    cell: MakeCell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An error while the file is written is told, not raised; the code has no line for it."""
    monkeypatch.chdir(tmp_path)
    form = cell(str.upper, names={"items": ["a"]})
    form.click("Run")
    form.wait()
    slow = Slow()
    monkeypatch.setattr(nk.frames, "export_frame", slow.write)
    why = "no space left on device, " * 40 + "the end"
    slow.error = OSError(why)
    slow.go_on.set()
    form.click("Save")
    form.wait_for(f"Save did not work: OSError: {why}")
    assert not form.field("Save").disabled
    assert "export" not in str(form.standing.code)


def test_a_second_run_takes_the_place_of_the_first(cell: MakeCell, shell: FakeShell) -> None:
    """Panels of later runs stand in the same outputs."""
    form = cell(str.upper, names={"items": ["a"]})
    outputs = {message.display_id for message in shell.display_pub.messages}
    for _ in range(2):
        form.click("Run")
        form.wait()
    assert {message.display_id for message in shell.display_pub.messages} == outputs
    assert all(it.update for it in shell.display_pub.messages[len(outputs) :])


def test_a_sample_can_be_tried_first(cell: MakeCell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where runs know a pilot, a box offers it; it is off at first."""
    monkeypatch.setattr("notebook_kit.widgets.launcher.run_part.HAS_PILOT", True)
    form = cell(str.upper, names={"items": ["a"]})
    box = form.field("try a sample of 20 first")
    assert not box.value
    box.value = True
    assert form.table.entries.settings["pilot"] == "20"
    box.value = False
    assert form.table.entries.settings["pilot"] == ""


class Untold:
    """A callable that does not tell its parameters, as some builtins."""

    __signature__ = 0

    def __call__(self, item: Any) -> str:
        return str(item)


def test_a_callable_without_a_signature(cell: MakeCell) -> None:
    """What does not tell its parameters is given the item."""
    untold = Untold()
    form = cell(untold, names={"untold": untold, "items": ["a"]})
    assert form.standing.title == "Untold(...)"
    assert form.standing.preview.head == "Untold('a')"  # type: ignore[union-attr]  # it is there
    form.click("Run")
    assert form.wait()["result"].tolist() == ["a"]


def test_a_first_item_that_lacks_a_value(cell: MakeCell) -> None:
    """Where the first item cannot be used that is said, and the others are called all the same."""

    def work(city: str) -> str:
        return city

    rows = [{"name": "Bern"}, {"city": "Oslo"}]
    form = cell(work, names={"work": work, "rows": rows}, retry=0)
    assert "The first item becomes an error: KeyError" in form.face
    form.click("Run")
    assert form.wait()["status"].tolist() == ["failed", "ok"]


def test_options_of_functions_are_checked_in_the_preview(cell: MakeCell) -> None:
    """An option that only the data can prove wrong is refused before the start."""
    frame = pd.DataFrame({"city": ["Bern"]})
    form = cell(str.upper, names={"t": frame}, priority="rank", loop="kit")
    assert "is no column; there are city" in form.face
    assert form.field("Run").disabled


def test_methods_have_names_too(cell: MakeCell) -> None:
    """A bound method is found under the variable that holds it."""
    text = "abc"
    form = cell(text.count, names={"count": text.count, "letters": ["a", "x"]})
    assert form.standing.setup.names.subject == "count"


def test_in_a_terminal_it_is_text(
    cell: MakeCell, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a kernel the code is written out, once for the line that makes the launcher."""
    form = cell(str.upper, names={"upper": str.upper, "items": ["a"]})
    monkeypatch.setattr(launcher_module, "kernel_shell", lambda: None)
    for expected in (1, 0, 1):
        if expected:
            form.launcher.show()
        else:
            form.launcher._ipython_display_()
        assert capsys.readouterr().out.count("nk.map(upper, items)") == expected
    form.launcher._ipython_display_()
    form.launcher._ipython_display_()
    assert capsys.readouterr().out.count("nk.map(upper, items)") == 1
