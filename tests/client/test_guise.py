"""No representation of a request, an answer, a run or an error shows a key."""

from __future__ import annotations

import httpx
import pytest

import notebook_kit as nk

KEY = "sk-0123456789abcdef"


def _answer(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/go":
        headers = {"location": f"/there?api_key={KEY}", "set-cookie": f"session={KEY}"}
        return httpx.Response(302, headers=headers)
    return httpx.Response(200, headers={"set-cookie": f"session={KEY}"})


def test_requests_and_urls_of_answers_hide_keys() -> None:
    """The request, its URL, its headers and cookies, at every hop, are shown without keys."""
    transport = httpx.MockTransport(_answer)
    options = {"headers": {"x-api-key": KEY}, "params": {"api_key": KEY}}
    with nk.Client("http://host", transport=transport, follow_redirects=True, **options) as api:  # type: ignore[arg-type]
        answer = api.get("/go")
        unfollowed = api.get("/go", follow_redirects=False)
    shown = ""
    for it in (answer, *answer.history, unfollowed):
        parts = (it, it.request, it.url, it.request.headers, it.headers, it.cookies)
        shown += " ".join(map(repr, parts))
    shown += repr(unfollowed.next_request)
    assert KEY not in shown
    assert "****" in shown
    assert f"api_key={KEY}" in str(answer.url)


def test_the_cause_of_an_error_hides_keys() -> None:
    """The request that httpx's own error carries is shown without keys."""

    def fail(request: httpx.Request) -> httpx.Response:
        message = "no"
        raise httpx.ConnectError(message, request=request)

    transport = httpx.MockTransport(fail)
    with nk.Client("http://host", transport=transport, retry=0) as api:
        api.map("/x/{x}", [1], params={"api_key": KEY}, progress=False)
    run = nk.last_run()
    assert run is not None
    error = run.outcome(0).error
    assert isinstance(error, nk.ConnectionFailed)
    cause = error.__cause__
    nk.forget()
    assert isinstance(cause, httpx.ConnectError)
    assert KEY not in repr(cause.request)


def test_the_name_of_a_run_hides_keys() -> None:
    """A key in the template's query is not in the run's name."""
    transport = httpx.MockTransport(lambda _: httpx.Response(200))
    with nk.Client("http://host", transport=transport) as api:
        api.map(f"/{{n}}?api_key={KEY}", [1], progress=False)
    run = nk.last_run()
    assert run is not None
    assert KEY not in str(run.snapshot().name) + repr(run)
    assert "api_key=****" in str(run.snapshot().name)
    nk.forget()


@pytest.mark.parametrize("path", ["/{n", "/{}", "/{n:d}", "/{n}", "/x\n", "//host/x", "/{n}{"])
def test_messages_about_paths_hide_keys(path: str) -> None:
    """Whatever is wrong with a path, the message does not repeat the key in its query."""
    with nk.Client("http://host") as api:
        with pytest.raises(nk.ConfigurationError) as caught:
            api.get(f"{path}?api_key={KEY}")
        assert KEY not in str(caught.value)
        with pytest.raises(nk.ConfigurationError) as caught:
            api.get(f"/x?api_key={KEY}&n={path}", json={"x": object()})
        assert KEY not in str(caught.value)
