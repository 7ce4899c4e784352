"""What the platform said, for people: short, printable, without secrets; knows replies, not requests."""

from __future__ import annotations

import base64
import html
import json
import re
import unicodedata
from collections.abc import Iterable
from urllib.parse import quote, quote_plus

from syncer.api.reply import Reply
from syncer.model.json_values import Json, Secret

_SEQUENCE = re.compile(r"(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b\].*?(?:\x07|\x1b\\|\Z)", re.DOTALL)
MOST = 300
SHORTEST = 6
"""Characters from which on a form is looked for with blanks in it, and parts of one at all."""
_URL_SAFE = str.maketrans("+/", "-_")
"""Characters of the platform's own words."""


def said(reply: Reply, secrets: Iterable[Secret]) -> str:
    """`409 Conflict: the flow was changed (request 1-67…)`: status or fault first, then the platform's words, if any,
    in which every form of a secret is replaced by its name."""
    words = _own_words(reply.body) if reply.outcome != "APPLIED" and not reply.fault else ""
    words = printable(without(words, secrets))
    if len(words) > MOST:
        words = words[:MOST].rstrip() + "…"
    text = f"{reply.words}: {words}" if words else reply.words
    return f"{text} (request `{reply.request_id}`)" if reply.request_id and reply.status else text


def _own_words(body: Json) -> str:
    """The first of `error`, `message`, `errors[].message` (docs/platform.md#errors); JSON text of anything else."""
    if not isinstance(body, dict):
        return body if isinstance(body, str) else "" if body is None else json.dumps(body, ensure_ascii=False)
    for name in ("error", "message"):
        if isinstance(body.get(name), str) and body[name].strip():
            return str(body[name])
        if isinstance(body.get(name), dict) and isinstance(body[name].get("message"), str):
            return str(body[name]["message"])
    errors = body.get("errors")
    if isinstance(errors, list):
        found = [each.get("message") if isinstance(each, dict) else each for each in errors]
        texts = [each for each in found if isinstance(each, str) and each.strip()]
        if texts:
            return "; ".join(texts[:5])
    return json.dumps(body, ensure_ascii=False) if body else ""


def printable(text: str) -> str:
    """The text on one line without terminal sequences and control, formatting (bidi, zero width), broken characters."""
    line = " ".join(_SEQUENCE.sub("", text).split())
    return "".join(each for each in line if unicodedata.category(each) not in {"Cc", "Cf", "Cs", "Co", "Cn"})


def without(text: str, secrets: Iterable[Secret]) -> str:
    """The text with each secret, in every form it could be quoted in, replaced by `[NAME]`."""
    for secret in secrets:
        forms = _forms(secret.reveal())
        if forms:
            text = re.sub("|".join(map(_loosely, forms)), lambda _, name=secret.name: f"[{name}]", text, flags=re.I)  # type: ignore[misc]
    return text


def _loosely(form: str) -> str:
    """The form in either case, also with blanks in it where lines were broken (docs/catalogue.md#i02)."""
    return r"\s*".join(map(re.escape, form)) if len(form) >= SHORTEST else re.escape(form)


def _forms(value: str) -> list[str]:
    """A value as it may be quoted: plain, reversed, escaped for JSON, URL and HTML, in base64 alone or behind other
    bytes; longest first."""
    if not value:
        return []
    raw = value.encode("utf-8", "surrogatepass")
    forms = {
        value,
        value.strip(),
        printable(value),
        json.dumps(value)[1:-1],
        json.dumps(value, ensure_ascii=False)[1:-1],
        repr(value)[1:-1],
        quote(raw, safe=""),
        quote(raw),
        quote_plus(raw),
        html.escape(value),
        base64.b64encode(raw).decode().rstrip("="),
        base64.urlsafe_b64encode(raw).decode().rstrip("="),
        raw.hex(),
        value[::-1],
        *_inside_base64(raw),
    }
    return sorted((form for form in forms if form), key=len, reverse=True)


def _inside_base64(raw: bytes) -> list[str]:
    """What base64 shows of the value wherever it stands in a longer text (`Bearer …`, `user:…`): it counts in threes,
    so there are three ways, and the characters at either end belong to the neighbours too."""
    found = []
    for before in (1, 2):
        packed = base64.b64encode(bytes(before) + raw).decode().rstrip("=")
        found += [packed[before + 1 : -1], packed[before + 1 : -1].translate(_URL_SAFE)]
    return [each for each in found if len(each) >= SHORTEST]
