"""JSON as text that may be printed anywhere: what a terminal or a workflow runner would obey is escaped in it."""

from __future__ import annotations

import json
import re

from syncer.core.values import Json

COMMAND = re.compile(r"##(?=[A-Za-z]*\[)")
"""`##[cmd]` anywhere in a line is a command to GitHub's runner; `##vso[…]` and `##teamcity[…]` are to others."""

_MANY_MARKS = re.compile("[\u0300-\u036f\u0483-\u0489\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]{4,}")
"""Combining marks that paint over the lines above; three in a row are writing."""


def json_text(value: Json, *, ascii_only: bool = False, indent: int | None = 2) -> str:
    """The value as JSON, umlauts as they are unless `ascii_only`. Control, bidi and zero-width characters, odd spaces,
    lone surrogates and `##[` stand as `\\u` escapes, so that it reads back equal. ValueError for NaN and Infinity."""
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent, allow_nan=False)
    if not ascii_only:
        text = re.sub(r"[^\x00-\x7e]", lambda hit: hit[0] if hit[0].isprintable() else _escaped(hit[0]), text)
        text = _MANY_MARKS.sub(lambda hit: hit[0][:3] + "".join(map(_escaped, hit[0][3:])), text)
    return COMMAND.sub(r"#\\u0023", text.replace("\x7f", "\\u007f"))


def _escaped(character: str) -> str:
    return json.dumps(character)[1:-1]
