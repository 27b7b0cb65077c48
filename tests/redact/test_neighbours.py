"""What stands beside a hidden value stays."""

from __future__ import annotations

import pytest

from notebook_kit import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("GET https://h/?api_key=abc: it ended", "GET https://h/?api_key=****: it ended"),
        ("see (https://h/?api_key=abc), then", "see (https://h/?api_key=****), then"),
        ('{"u":"https://h/?token=abc","n":1}', '{"u":"https://h/?token=****","n":1}'),
        ("https://h/?token=a:b/c,d&n=1.", "https://h/?token=****&n=1."),
        ("with Bearer abcdefghijk. Next", "with Bearer ****. Next"),
        ("api_key=abc: see", "api_key=****: see"),
    ],
)
def test_what_stands_beside_a_hidden_value_stays(text: str, shown: str) -> None:
    """Colons, brackets and quotes belong to the sentence, those within a value to the value."""
    assert redact.scrub_told(text) == shown
