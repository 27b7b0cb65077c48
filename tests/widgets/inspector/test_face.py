from __future__ import annotations

from dataclasses import replace

import pytest

from notebook_kit.errors import ConnectionLost, NotFound, UnwantedAnswer
from notebook_kit.execution.asked import CalledFunction, SentRequest
from notebook_kit.redact import Secret
from notebook_kit.scheduling.attempts import Attempt, Came
from notebook_kit.widgets.inspector import inspection_text, inspector_face
from tests.widgets.fakes import Element, parse
from tests.widgets.inspector.pictures import PICTURES, PNG, FakeResponse, outcome, picture

DASH = "\N{EN DASH}"
HOSTILE = "<script>alert('x')</script><img src=x onerror=alert(1)>"


def face(name: str) -> Element:
    return parse(inspector_face(PICTURES[name]))


def part(page: Element, title: str) -> Element:
    """The part of a face under this title."""
    found = [it for it in page.all(".nbk-part-of") if it.attributes["aria-label"] == title]
    assert len(found) == 1, f"{len(found)} parts {title}"
    return found[0].one(".nbk-content")


def titles(page: Element) -> list[str]:
    return [it.text for it in page.all(".nbk-title")]


@pytest.mark.parametrize("name", PICTURES)
@pytest.mark.parametrize("static", [False, True])
def test_every_state_is_a_page_of_bounded_length(name: str, *, static: bool) -> None:
    """Whatever the item is like, the face is well formed, without script, and not too long."""
    page = str(inspector_face(PICTURES[name], static=static))
    root = parse(page).one(".nbk")
    assert root.attributes["role"] == "group"
    assert "mathjax_ignore" in (root.attributes["class"] or "")
    assert (root.attributes["aria-label"] or "").startswith("item at position 17, 500 in all: ")
    assert root.all("script") == []
    assert len(page) < 60_000
    assert inspection_text(PICTURES[name], static=static).startswith(
        "Item at position 17, 500 in all"
    )


def test_an_item_that_went_well() -> None:
    """It says what was asked, what came, how long that took, and what it was made of."""
    page = face("done")
    assert page.one(".nbk-row").text.startswith("Done · Item at position 17, 500 in all")
    assert page.one(".nbk-line").text == "GET https://api.example.com/airports/ZRH?lang=en"
    assert titles(page) == ["Answer", "Attempts", "Request", "Item"]
    answer = part(page, "Answer")
    assert answer.text.startswith("200 · from the network · dict")
    assert 'name: "Zürich Kloten"' in answer.text
    assert "access_token: ****" in answer.text
    assert "lang:en" in part(page, "Request").text
    assert "x-api-key:****" in part(page, "Request").text
    assert 'iata: "ZRH"' in part(page, "Item").text


def test_an_item_that_failed_has_its_error_first() -> None:
    """Class, status, message, what to do, and what the server said."""
    page = face("not found")
    assert titles(page)[:2] == ["Error", "Answer"]
    error = part(page, "Error")
    assert error.one("b").text == "NotFound 404"
    assert "No airport has the IATA code 'XXX'." in error.text
    assert "Nothing is there: check the path" in error.text
    # The same request would be refused in the same way.
    assert "retry_failed()" not in error.text
    answer = part(page, "Answer")
    assert answer.text.startswith("404 Not Found · from the network · application/json · 82")
    assert 'code: "not_found"' in answer.text
    assert "Set-Cookie:****" in answer.text
    assert "secret" not in answer.text
    assert "row 'row-<17>'" in page.one(".nbk-row").text


def test_a_page_of_a_server_is_shown_as_text() -> None:
    """An answer in HTML is never made elements of the notebook."""
    answer = part(face("three attempts"), "Answer")
    assert answer.text.endswith("</body></html>")
    assert answer.all("h1") == []


def test_attempts_have_a_line_of_time_and_a_table() -> None:
    """Each attempt is a bar after what it waited for, and a row with its times."""
    attempts = part(face("three attempts"), "Attempts")
    lane = attempts.one("svg")
    assert lane.attributes["aria-label"] == ("Time line of 3 attempts over 6.4\N{NO-BREAK SPACE}s")
    looks = [it.attributes["class"] for it in lane.all("rect")]
    assert looks == ["nbk-wait", "nbk-took nbk-is-failed"] * 3
    for piece in lane.all("rect"):
        x, width = (float((piece.attributes[it] or "").rstrip("%")) for it in ("x", "width"))
        assert 0 <= x <= 100
        assert x + width <= 100.5
    rows = [[cell.text for cell in row.all("td")] for row in attempts.one("tbody").all("tr")]
    space = "\N{NO-BREAK SPACE}"
    assert rows == [
        ["1", "503 ServerError", f"600{space}ms", f"300{space}ms held back", "08:53:20.300"],
        [
            "2",
            "429 RateLimited",
            f"200{space}ms",
            f"1.0{space}s before trying again, 100{space}ms held back",
            "08:53:22.000",
        ],
        [
            "3",
            "503 ServerError",
            f"1.2{space}s",
            f"3.0{space}s as the server asked",
            "08:53:25.200",
        ],
    ]


def test_many_attempts_are_cut_to_the_last() -> None:
    """Of thirty the last twelve are shown, and what is missing is told."""
    attempts = part(face("many attempts"), "Attempts")
    assert len(attempts.one("tbody").all("tr")) == 12
    assert "17 earlier ones are left out." in attempts.text
    assert "the log of attempts was full" in attempts.text
    assert "attempt 18" in attempts.one(".nbk-axis").text


@pytest.mark.parametrize(
    ("came", "said"),
    [
        (Came.ANSWERED, "200 answered"),
        (Came.FALLBACK, "the fallback gave something else"),
        (Came.OVERTAKEN, "cut, as the other attempt was faster"),
        (Came.CUT, "cut when the run was ended"),
        (Came.FAILED, "failed"),
    ],
)
def test_what_came_of_an_attempt(came: Came, said: str) -> None:
    """Each end of an attempt has its words."""
    code = 200 if came is Came.ANSWERED else None
    why = "second" if came is Came.OVERTAKEN else ""
    attempts = (
        Attempt(1, came, 100.0, 101.0, why=why, status_code=code),
        Attempt(2, Came.ANSWERED, None, 103.0),
    )
    shown = picture(attempts=attempts)
    first, last = part(parse(inspector_face(shown)), "Attempts").one("tbody").all("tr")
    cells = [cell.text for cell in first.all("td")]
    assert cells[1] == said
    assert cells[3] == ("begun beside a late one" if why else DASH)
    assert [cell.text for cell in last.all("td")][2:] == [DASH, DASH, DASH]
    assert said in inspection_text(shown)


def test_an_attempt_that_somebody_asked_for() -> None:
    """After the item had failed it was tried once more in the same run."""
    again = Attempt(2, Came.ANSWERED, 110.0, 111.0, 0.0, 9.0, "reopened")
    first = Attempt(1, Came.FAILED, 100.0, 101.0, error_type="ServerError")
    assert "9.0\N{NO-BREAK SPACE}s until it was asked for again" in inspection_text(
        picture(attempts=(first, again))
    )


def test_attempts_without_times_have_no_line() -> None:
    """Where nothing is known of when, or it took no time, there is nothing to draw."""
    unknown = (Attempt(7, Came.FAILED, None, 103.0), Attempt(8, Came.ANSWERED, None, 103.0))
    at_once = (Attempt(1, Came.FAILED, 1.0, 1.0), Attempt(2, Came.ANSWERED, 1.0, 1.0))
    for attempts in (unknown, at_once):
        assert parse(inspector_face(picture(attempts=attempts))).all(".nbk-lane") == []


def test_an_item_under_way() -> None:
    """It says so, how long it has been, and has no end on the line of time."""
    page = face("in flight")
    assert page.one(".nbk-state").text == "In flight"
    assert page.one(".nbk-right").text == "10\N{NO-BREAK SPACE}s so far"
    assert "Answer" not in titles(page)
    assert page.all(".nbk-is-under")
    assert "under way" in part(page, "Attempts").text


def test_an_item_that_waits_for_its_next_attempt() -> None:
    """It says when that will be."""
    page = face("to be tried again")
    assert page.one(".nbk-state").text == "To be tried again"
    assert page.one(".nbk-right").text.endswith("tried again in 7.2\N{NO-BREAK SPACE}s")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("waiting", "None yet."),
        ("from the cache", "None: the answer came from the cache."),
        ("cancelled", "None: the run ended before it was begun."),
        ("cannot be shown", "None: it could not be sent, or not in time."),
    ],
)
def test_why_there_was_no_attempt(name: str, said: str) -> None:
    """An item without an attempt says why."""
    assert part(face(name), "Attempts").text == said


def test_an_item_with_the_answer_of_another() -> None:
    """An item that was not sent because an equal one was says so."""
    shown = picture(outcome(value=1, attempts=0), attempts=())
    assert "equal item" in part(parse(inspector_face(shown)), "Attempts").text


def test_why_a_request_cannot_be_shown() -> None:
    """A row that no request can be made of says what went wrong."""
    assert part(face("cannot be shown"), "Request").text.endswith("of this row: KeyError: 'iata'")
    nothing = picture(asked=None)
    assert "Request" not in titles(parse(inspector_face(nothing)))
    assert parse(inspector_face(nothing)).one(".nbk-line").text == "GET /airports/{iata}"
    assert parse(inspector_face(replace(nothing, name=""))).all(".nbk-line") == []


def test_a_function_with_its_arguments_and_its_traceback() -> None:
    """The error of a user's function has the lines that raised it, folded, without credentials."""
    page = face("a function")
    error = part(page, "Error")
    assert "password=****" in error.text
    led, trace = error.all("details")
    assert "open" not in trace.attributes
    assert "ValueError: invalid literal for int()" in led.text
    assert "raise error from cause" in trace.one("pre").text
    assert 'city: "Bern"' in part(page, "Call").text
    assert "api_key: ****" in part(page, "Call").text
    assert "Item" not in titles(page), "the arguments are all of it"
    assert page.one(".nbk-line").text == "scrape(city='Bern', api_key=****)"


def test_a_function_that_is_given_the_item_itself() -> None:
    """The item is shown once, as what the function was called with."""
    shown = picture(outcome(item=[1, 2]), asked=CalledFunction("f", (("", [1, 2]),)))
    page = parse(inspector_face(shown))
    assert "[2 items]" in part(page, "Call").text
    assert "Item" not in titles(page)
    assert "item: [2 items]" in inspection_text(shown)


def test_a_group_of_errors_names_its_members() -> None:
    """What a task group raised is told with what it holds, once, and with notes."""
    inner = ConnectionLost("the line broke")
    group = ExceptionGroup("in a task group", [inner, ValueError("bad")])
    group.add_note("while fetching <b>Bern</b>")
    group.__cause__ = inner
    shown = picture(outcome(status="failed", status_code=None, error=group))
    error = part(parse(inspector_face(shown)), "Error")
    assert "while fetching <b>Bern</b>" in error.text
    behind = error.one("details").text
    assert behind == "What led to itConnectionLost: the line brokeValueError: bad"
    assert "from ValueError: bad" in inspection_text(shown)


def test_a_stored_face_has_no_traceback() -> None:
    """A kernel names the file of a cell by a number that is another each time."""
    page = parse(inspector_face(PICTURES["a function"], static=True))
    assert "What led to it" in part(page, "Error").text
    assert "Traceback" not in part(page, "Error").text


def test_lines_that_cannot_be_read_are_left_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the traceback cannot be written, the error is told without it."""

    def refuse(*_: object, **__: object) -> list[str]:
        raise OSError

    monkeypatch.setattr("traceback.format_tb", refuse)
    assert "Traceback" not in part(face("a function"), "Error").text


def test_a_chain_that_bites_its_tail_ends() -> None:
    """Errors that were raised from each other are told once."""
    first, second = ValueError("first"), KeyError("second")
    first.__cause__, second.__cause__ = second, first
    shown = picture(outcome(status="failed", status_code=None, error=first))
    assert part(parse(inspector_face(shown)), "Error").one("details").text.endswith("'second'")


class Rude(Exception):
    """An error that can be asked nothing."""

    __notes__ = 7  # type: ignore[assignment]

    def __str__(self) -> str:
        raise RuntimeError

    @property
    def value(self) -> object:
        raise RuntimeError


def test_hostile_errors_answers_and_names_stay_text() -> None:
    """Script in an error, a URL, a header, a key, a label, an answer stays text."""
    body = f'{{"{HOSTILE[:8]}": 1}}'.encode()
    response = FakeResponse(400, body, {HOSTILE: HOSTILE, "content-type": HOSTILE})
    response.reason_phrase = HOSTILE
    error = type(HOSTILE, (NotFound,), {})(HOSTILE, status_code=400)
    error.add_note(HOSTILE)
    asked = SentRequest(
        HOSTILE, HOSTILE, ((HOSTILE, HOSTILE),), ((HOSTILE, HOSTILE),), {HOSTILE: 1}, 9, (HOSTILE,)
    )
    shown = picture(
        outcome(status="failed", error=error, item={HOSTILE: HOSTILE}, status_code=400),
        label=HOSTILE,
        name=HOSTILE,
        asked=asked,
        response=response,
        attempts=(Attempt(1, Came.FAILED, 100.0, 101.0, error_type=HOSTILE),),
    )
    page = str(inspector_face(shown, note=HOSTILE))
    assert "<script" not in page
    assert "<img" not in page
    parsed = parse(page)
    assert parsed.all("script") == parsed.all("img") == []
    assert parsed.text.count("alert('x')") >= 10
    rude = picture(outcome(status="failed", error=Rude(), status_code=None))
    assert "cannot be read" in parse(inspector_face(rude)).text


def test_secrets_are_nowhere() -> None:
    """A known secret is struck out of every part, in HTML and in text."""
    key = Secret("face-secret-0123456789")
    clear = key.reveal()
    response = FakeResponse(400, f'{{"echo": "{clear}"}}'.encode(), {"x-echo": clear})
    asked = SentRequest("GET", f"http://host/{clear}", (), (("x", clear),), {"a": clear}, 5)
    error = NotFound(f"bad {clear}", status_code=400)
    error.__cause__ = ValueError(clear)
    error.add_note(clear)
    shown = picture(
        outcome(status="failed", error=error, item={"a": clear, "b": key}, status_code=400),
        label=clear,
        asked=asked,
        response=response,
        problem=ValueError(clear),
    )
    for told in (
        inspector_face(shown, note="x"),
        inspection_text(shown),
        inspector_face(replace(shown, asked=None)),
        inspection_text(replace(shown, asked=None)),
        inspector_face(picture(outcome(value=f"echo {clear}"))),
        inspector_face(picture(asked=CalledFunction("f", (("a", clear), ("b", key))))),
    ):
        assert clear not in told


class Unread:
    """A streamed answer that nobody has read."""

    status_code = 500
    request = None
    headers = 7

    @property
    def content(self) -> bytes:
        raise RuntimeError


def test_answers_that_cannot_be_read() -> None:
    """Of a body that is not there, the status is told all the same."""
    shown = picture(
        outcome(status="failed", error=ValueError(), status_code=None), response=Unread()
    )
    answer = part(parse(inspector_face(shown)), "Answer")
    assert answer.text == "500 · from the network"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{broken", "{broken"),
        (b"[" * 100_000, "[["),
        (b"", "empty text"),
        (b"a\0b", "61 00 62"),
        (b"\xff\xfe", "\N{REPLACEMENT CHARACTER}"),
        (b'  {"a": 1}', "{1 key}"),
    ],
)
def test_bodies_of_any_sort(content: bytes, said: str) -> None:
    """A body is a tree where it is JSON, text where it can be read, and bytes otherwise."""
    response = FakeResponse(500, content, {})
    shown = picture(outcome(status="failed", error=ValueError()), response=response)
    assert said in part(parse(inspector_face(shown)), "Answer").text


def test_an_image_among_the_answers() -> None:
    """What a map of pictures gave is shown as pictures."""
    assert part(face("an image"), "Answer").all("img")
    response = FakeResponse(200, PNG, {"content-type": "image/png"})
    shown = picture(outcome(value=response), response=response)
    assert part(parse(inspector_face(shown)), "Answer").all("img")


def test_an_answer_that_was_refused() -> None:
    """What retry_value= refused is there to be looked at."""
    error = UnwantedAnswer("refused", value={"state": "pending"})
    shown = picture(outcome(status="failed", error=error, status_code=None))
    value = part(parse(inspector_face(shown)), "Value")
    assert value.text.startswith("What retry_value= refused:")
    assert 'state: "pending"' in value.text


def test_a_body_that_is_not_kept_says_so() -> None:
    """Of an upload the size is told, and why there is no more."""
    asked = SentRequest("PUT", "http://host/", (), (), None, 7_000, ("It is not kept.",))
    request = part(parse(inspector_face(picture(asked=asked))), "Request")
    assert request.text == "Body, 7.0\N{NO-BREAK SPACE}kBIt is not kept."
    unknown = replace(asked, size=None)
    assert part(parse(inspector_face(picture(asked=unknown))), "Request").text.startswith("Body")


@pytest.mark.parametrize(
    ("charset", "shown"),
    [("cp1251", "Ошибка"), (None, "\ufffd\ufffd"), ("base64", "\ufffd\ufffd"), (7, "\ufffd\ufffd")],
)
def test_an_answer_is_read_in_its_charset(charset: object, shown: str) -> None:
    """Whatever a library says that it is; what cannot be read so is read as UTF-8."""
    response = FakeResponse(404, "Ошибка".encode("cp1251"), {})
    response.__dict__["encoding"] = charset
    error = NotFound("GET http://host/ answered 404", status_code=404)
    seen = picture(outcome(status="failed", error=error, status_code=404), response=response)
    assert shown in parse(inspector_face(seen)).text


def test_a_hundred_headers_are_cut() -> None:
    """More headers than anybody reads are counted."""
    headers = tuple((f"x-{at}", "y") for at in range(100))
    shown = picture(asked=SentRequest("GET", "http://host/", (), headers))
    assert "… 40 more" in part(parse(inspector_face(shown)), "Request").text


def test_what_is_static_has_no_times() -> None:
    """A stored output can be compared with that of another run of the same work."""
    for name, shown in PICTURES.items():
        later = replace(
            shown,
            now=shown.now + 3,
            left=None if shown.left is None else shown.left + 1,
            due_s=None if shown.due_s is None else 1.0,
            outcome=replace(shown.outcome, network_s=9.9, waited_s=3.0, started=1.0),
            attempts=tuple(
                replace(it, started=(it.started or 0) + 5, waited_s=it.waited_s + 1)
                for it in shown.attempts
            ),
        )
        assert inspector_face(shown, static=True) == inspector_face(later, static=True), name
        assert inspection_text(shown, static=True) == inspection_text(later, static=True), name


def test_a_note_is_said_aloud() -> None:
    """What a click could not do is an alert, and in the text too."""
    page = parse(inspector_face(PICTURES["done"], note="There is no item at position 999."))
    assert [it.text for it in page if it.attributes.get("role") == "alert"] == [
        "There is no item at position 999."
    ]
    assert "position 999" in inspection_text(PICTURES["done"], note="no item at position 999")
