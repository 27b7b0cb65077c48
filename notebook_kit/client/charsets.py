"""The charset in which the text of an answer is read, and reading it.

A server may name anything as the charset of its answer, and Python has codecs that are none: some
turn bytes into bytes, inflate them, or fail at all that there is.
"""

from __future__ import annotations

import codecs
from contextlib import suppress
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    import httpx

__all__ = ["beginning", "charset_of", "codec_of", "decoder_of"]

_UTF_8: Final = "utf-8"
#: Without a mark at its beginning a text of these is taken for one of the other order, as browsers
#: do. In a stream Python would refuse it.
_BY_MARK: Final = {
    "utf-16": (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE),
    "utf-32": (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE),
}
_LONGEST_MARK: Final = 4
#: The codecs that are charsets, by the names that Python gives them. A list of those that are,
#: because more codecs may be registered by anybody.
_CHARSETS: Final = frozenset(
    {
        *("ascii", "utf-7", "utf-8", "utf-8-sig"),
        *("utf-16", "utf-16-be", "utf-16-le", "utf-32", "utf-32-be", "utf-32-le"),
        *(f"iso8859-{part}" for part in (*range(1, 12), *range(13, 17))),
        *(f"cp{page}" for page in range(1250, 1259)),
        *("koi8-r", "koi8-t", "koi8-u", "kz1048", "ptcp154", "hp-roman8", "tis-620", "palmos"),
        *("mac-roman", "mac-cyrillic", "mac-greek", "mac-iceland", "mac-latin2", "mac-turkish"),
        *("mac-arabic", "mac-croatian", "mac-farsi", "mac-romanian"),
        *("cp437", "cp720", "cp737", "cp775", "cp850", "cp852", "cp855", "cp856", "cp857"),
        *("cp858", "cp860", "cp861", "cp862", "cp863", "cp864", "cp865", "cp866", "cp869"),
        *("cp874", "cp1006", "cp1125"),
        *("cp037", "cp273", "cp424", "cp500", "cp875", "cp1026", "cp1140"),
        *("gb2312", "gbk", "gb18030", "hz", "big5", "big5hkscs", "cp950"),
        *("euc_jp", "euc_jis_2004", "euc_jisx0213", "shift_jis", "shift_jis_2004"),
        *("shift_jisx0213", "cp932", "iso2022_jp", "iso2022_jp_1", "iso2022_jp_2"),
        *("iso2022_jp_2004", "iso2022_jp_3", "iso2022_jp_ext"),
        *("euc_kr", "iso2022_kr", "johab", "cp949"),
    }
)
#: No name of a charset is longer.
_LONGEST: Final = 60


@lru_cache(maxsize=256)
def codec_of(charset: str) -> str | None:
    """Return the name of the codec for a charset; None for what is none, or not known.

    >>> codec_of("Latin1"), codec_of("zlib"), codec_of("no-such-thing")
    ('iso8859-1', None, None)
    """
    if len(charset) > _LONGEST or not (charset.isascii() and charset.isprintable()):
        return None
    with suppress(LookupError, ValueError):
        name = codecs.lookup(charset).name
        return name if name in _CHARSETS else None
    return None


def charset_of(response: httpx.Response) -> str:
    """Return the charset that the text of an answer is in, as it is named.

    It is what the answer says; where that is nothing, or no charset that is known, the client's
    ``default_encoding``; and else UTF-8.
    """
    said = None
    with suppress(Exception):  # of a head that makes no sense, the parser may raise anything
        said = response.charset_encoding
    content = response.content if hasattr(response, "_content") else None
    if said is None or codec_of(said) is None:
        said = _default(response.default_encoding, content)
    codec = codec_of(said) or _UTF_8
    if content and codec in _BY_MARK and not content.startswith(_BY_MARK[codec]):
        return f"{codec}-le"
    return said


def _default(default: Any, content: bytes | None) -> str:
    if callable(default):
        default = None if content is None else default(content)
    return default if isinstance(default, str) and codec_of(default) is not None else _UTF_8


def decoder_of(codec: str, errors: str) -> codecs.IncrementalDecoder:
    """Return what makes text of bytes that come in pieces.

    Args:
        codec: its name, one that `codec_of` has given.
        errors: what becomes of bytes that are no text, as `codecs` names it.
    """
    if codec in _BY_MARK:
        return _ByMark(codec, errors)
    return codecs.getincrementaldecoder(codec)(errors)


class _ByMark(codecs.IncrementalDecoder):
    """Decodes in the order of bytes that the mark at their beginning tells."""

    def __init__(self, codec: str, errors: str) -> None:
        super().__init__(errors)
        self._codec = codec
        self._held = b""
        self._decoder: codecs.IncrementalDecoder | None = None

    def decode(self, input: Any, final: bool = False) -> str:  # noqa: A002, FBT001, FBT002 - as codecs has it
        """Return the text that is complete with these bytes."""
        data = input
        if self._decoder is None:
            data = self._held = self._held + data
            if len(data) < _LONGEST_MARK and not final:
                return ""
            codec = self._codec if data.startswith(_BY_MARK[self._codec]) else f"{self._codec}-le"
            self._decoder = codecs.getincrementaldecoder(codec)(self.errors)
        return self._decoder.decode(data, final)


def beginning(response: httpx.Response, most: int) -> str:
    """Return the text at the beginning of a body that was read, of so many bytes at most.

    A character that would be cut is left out; bytes that are no text are replaced.
    """
    content = response.content
    decoder = decoder_of(codec_of(response.encoding or _UTF_8) or _UTF_8, "replace")
    return decoder.decode(content[:most], final=len(content) <= most)
