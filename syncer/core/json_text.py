"""JSON as text that may be printed anywhere: what a terminal or a workflow runner would obey is escaped in it."""

from __future__ import annotations

import json
import re

from syncer.core.values import Json

COMMAND = re.compile(r"##(?=[A-Za-z]*\[)")
"""`##[cmd]` anywhere in a line is a command to GitHub's runner; `##vso[…]` and `##teamcity[…]` are to others."""


def json_text(value: Json, *, ascii_only: bool = False, indent: int | None = 2) -> str:
    """The value as JSON, umlauts as they are unless `ascii_only`. Control, bidi and zero-width characters, odd spaces,
    lone surrogates and `##[` stand as `\\u` escapes, so that it reads back equal. ValueError for NaN and Infinity."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    if not ascii_only:
        text = re.sub(r"[^\x00-\x7e]", lambda hit: hit[0] if hit[0].isprintable() else _escaped(hit[0]), text)
    return COMMAND.sub(r"#\\u0023", text.replace("\x7f", "\\u007f"))


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]
