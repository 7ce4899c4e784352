"""The log of requests as it is shown to others: without tokens, option values, and whatever may be a secret.

A log shows what was asked, and who looks at it need not know any secret: what is withheld for nothing costs little. A
secret in a field whose name tells nothing is a text like any other, and can't be told.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from urllib.parse import unquote, unquote_plus

from syncer.sandbox.store import Json

WITHHELD = "[withheld]"
SHORTEST = 6
"""Characters from which on a token is looked for inside longer texts; a shorter one must be the whole text."""

_NAME = (
    r"(?i)pass(?:word|wort|wd|phrase|code)|secret|token|credential|authori[sz]ation|authentication|cookie|signature|jwt"
    r"|(?:api|access|private|signing|client|subscription|functions)[_-]?key|(?:\A|[_-])(?:auth|sig|pwd)\Z"
)
_PARAMETER = rf"{_NAME}|\A(?:key|code|k|sv)\Z"
_URL = r"(?i)\b[a-z][a-z0-9+.-]*://[^\s\"'<>]+"
_TELLING = r"(?i)\b(bearer|basic)\s+[A-Za-z0-9+/=._~-]{6,}|\beyJ[\w-]*\.[\w-]+\.[\w-]*"
_NAMING = ("key", "name", "header")


def discreet(entry: Json, tokens: Collection[str]) -> Json:
    """An entry of the log without secrets; `tokens`: those that the sandbox takes."""
    shown = _Discreet(tokens)
    texts = {name: shown.text(entry[name]) for name in ("method", "path", "correlation_id", "accept") if entry[name]}
    return {**entry, **texts, "query": shown.query(entry["query"], _PARAMETER), "body": shown.body(entry["body"])}


class _Discreet:
    """The same for every part of an entry."""

    def __init__(self, tokens: Collection[str]) -> None:
        self._tokens = sorted(filter(None, tokens), key=len, reverse=True)

    def body(self, value: Json) -> Json:
        """A body as the log keeps it: what is no JSON may be anything, and only its size is told."""
        if isinstance(value, bytes):
            return f"{WITHHELD[:-1]}: {len(value)} bytes that are no JSON]"
        return self.value(value, hidden=False)

    def value(self, value: Json, *, hidden: bool) -> Json:
        """A JSON value; `hidden`: it stands where a secret does."""
        if isinstance(value, dict):
            pair = any(isinstance(name := value.get(each), str) and re.search(_NAME, name) for each in _NAMING)
            return {
                self.text(key): self._options(item)
                if key == "option_values"
                else self.value(item, hidden=hidden or re.search(_NAME, key) is not None or (pair and key == "value"))
                for key, item in value.items()
            }
        if isinstance(value, list):
            return [self.value(item, hidden=hidden) for item in value]
        if value is None or isinstance(value, bool):
            return value
        if hidden:
            return WITHHELD
        return self.text(value) if isinstance(value, str) else value

    def _options(self, value: Json) -> Json:
        """An app's option values without the values: which of them are secrets, the app alone knows."""
        if isinstance(value, list):
            return [self._options(item) for item in value]
        if not isinstance(value, dict):
            return self.value(value, hidden=True)
        shown: dict[str, Json] = {}
        for key, item in value.items():
            if key == "options":
                shown[key] = self._options(item)
            else:
                shown[key] = self.value(item, hidden=key not in ("component_id", "key"))
        return shown

    def text(self, text: str) -> str:
        """A text without tokens, credentials in URLs, and what stands behind `Bearer`."""
        for token in self._tokens:
            if text == token:
                return WITHHELD
            if len(token) >= SHORTEST:
                text = text.replace(token, WITHHELD)
        text = re.sub(_URL, lambda match: self._url(match.group()), text)
        return re.sub(_TELLING, lambda match: f"{match[1]} {WITHHELD}" if match[1] else WITHHELD, text)

    def _url(self, url: str) -> str:
        """Of a URL that somebody is to call: no user, and of the query only the names."""
        scheme, _, rest = url.partition("://")
        rest, fragment, _ = rest.partition("#")
        whole, mark, query = rest.partition("?")
        authority, slash, path = whole.partition("/")
        _, at, host = authority.rpartition("@")
        shown = f"{scheme}://{f'{WITHHELD}@' if at else ''}{host}{slash}{path}"
        shown += f"?{self.query(query, '')}" if mark else ""
        return f"{shown}#{WITHHELD}" if fragment else shown

    def query(self, query: str, names: str) -> str:
        """A query with the values withheld whose names fit the pattern, and tokens."""
        shown = []
        for part in query.split("&"):
            name, sign, value = part.partition("=")
            if sign and (re.search(names, unquote(name)) or self.text(unquote_plus(value)) != unquote_plus(value)):
                part = f"{name}={WITHHELD}"
            shown.append(part if sign else self.text(part))
        return "&".join(shown)
