"""The sentences of the catalogue of faults, from the page that has them, for whatever is tested under a row's id."""

from __future__ import annotations

import re
from collections.abc import Iterable

from tests.support.pages import ROOT

PAGE = ROOT / "docs" / "catalogue.md"
SENTENCES: dict[str, str] = dict(
    re.findall(r'^\| <a id="\w+"></a>([A-Z]\d+) \| (.+?) \|', PAGE.read_text("utf-8"), re.MULTILINE)
)
"""Row → what happens in it."""


def told(names: Iterable[str]) -> list[str]:
    """The names of tests, which begin with a row's id, each with the sentence of its row: what pytest prints."""
    return [f"{name}: {SENTENCES[re.match(r'[A-Z][0-9]+', name)[0]]}" for name in names]  # type: ignore[index]
