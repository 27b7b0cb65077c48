"""Faults of redirects: to elsewhere, nowhere, for ever."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from notebook_kit.testing.behaviours import answer
from notebook_kit.testing.faults.fault import Fault

if TYPE_CHECKING:
    from notebook_kit.testing.records import ReceivedRequest
    from notebook_kit.testing.steps import Behaviour

__all__ = ["REDIRECTS"]

_GROUP: Final = "redirects"
_MANY: Final = 100


def _to(where: str | bytes, status: int = 302) -> Behaviour:
    return answer(status=status, headers=[("Location", where)])


def _redirect(name: str, says: str, where: str | bytes) -> Fault:
    return Fault(name=name, says=says, group=_GROUP, reaction=_to(where), redirects=True)


def _another_origin(request: ReceivedRequest) -> Behaviour:
    name, _, port = (request.header("host") or b"").decode("latin-1").partition(":")
    if name == "localhost":
        return answer("whole")
    return _to(f"http://localhost:{port}{request.path}")


def _loop(request: ReceivedRequest) -> Behaviour:
    return _to(request.target)


def _deep(request: ReceivedRequest) -> Behaviour:
    done = request.target.partition("hop=")[2]
    hop = int(done) + 1 if done.isdigit() else 1
    return answer("whole") if hop > _MANY else _to(f"{request.path}?hop={hop}")


REDIRECTS: Final = (
    Fault(
        name="redirect-to-another-origin",
        says="A redirect leads to another origin, which answers.",
        group=_GROUP,
        reaction=_another_origin,
        redirects=True,
    ),
    Fault(
        name="redirect-loop",
        says="A redirect leads to itself.",
        group=_GROUP,
        reaction=_loop,
        redirects=True,
    ),
    Fault(
        name="redirect-a-hundred-deep",
        says="A hundred redirects lead to an answer.",
        group=_GROUP,
        reaction=_deep,
        redirects=True,
    ),
    Fault(
        name="redirect-not-followed",
        says="A redirect comes to a client that follows none.",
        group=_GROUP,
        reaction=_to("/elsewhere"),
        read_as="json",
    ),
    Fault(
        name="redirect-to-nowhere",
        says="A redirect does not say where it leads.",
        group=_GROUP,
        reaction=answer(status=302),
        read_as="json",
        redirects=True,
    ),
    _redirect("redirect-to-empty", "A redirect leads to the empty URL, which is itself.", ""),
    _redirect(
        "redirect-to-large-port", "A redirect leads to port 99999.", "http://127.0.0.1:99999/"
    ),
    _redirect(
        "redirect-to-word-as-port", "A redirect leads to a port in words.", "http://127.0.0.1:http/"
    ),
    _redirect("redirect-to-port-0", "A redirect leads to port 0.", "http://127.0.0.1:0/"),
    _redirect(
        "redirect-to-port-1",
        "A redirect leads to a port where nobody listens.",
        "http://127.0.0.1:1/",
    ),
    _redirect(
        "redirect-to-no-host", "A redirect leads to a URL without a host.", "http://:1/elsewhere"
    ),
    _redirect(
        "redirect-to-unknown-host",
        "A redirect leads to a host that is not known.",
        "http://nowhere.invalid/",
    ),
    _redirect(
        "redirect-to-bad-host", "A redirect leads to a host that cannot be one.", "http://a..b/"
    ),
    _redirect(
        "redirect-to-long-host",
        "A redirect leads to a host of 300 characters.",
        "http://" + "x" * 300 + "/",
    ),
    _redirect("redirect-to-half-ipv6", "A redirect leads to half of an address.", "http://[::1/"),
    _redirect(
        "redirect-to-bad-idna",
        "A redirect leads to a host that IDNA does not allow.",
        "http://xn--\u2603-.example/",
    ),
    _redirect("redirect-to-ftp", "A redirect leads to ftp.", "ftp://127.0.0.1/elsewhere"),
    _redirect("redirect-to-file", "A redirect leads to a file.", "file:///etc/passwd"),
    _redirect("redirect-to-javascript", "A redirect leads to a script.", "javascript:alert(1)"),
    _redirect(
        "redirect-to-mail", "A redirect leads to an address of mail.", "mailto:me@example.com"
    ),
    _redirect(
        "redirect-with-latin-1",
        "The target of a redirect is no UTF-8.",
        b"http://127.0.0.1:1/Z\xfcrich\xff",
    ),
    _redirect(
        "redirect-with-control",
        "The target of a redirect holds control characters.",
        "http://127.0.0.1:1/\x01\x02",
    ),
    _redirect(
        "redirect-with-userinfo",
        "The target of a redirect holds a password.",
        "http://user:hunter22@127.0.0.1:1/",
    ),
    _redirect(
        "redirect-to-long-url",
        "The target of a redirect has 70,000 characters.",
        "/" + "x" * 70_000,
    ),
)
