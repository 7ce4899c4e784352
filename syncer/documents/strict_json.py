"""JSON on the wire and in files of ours: strict when it comes, exact when it goes; the one place that reveals secrets
for sending."""

from __future__ import annotations

import json
import math
from pathlib import Path as FilePath
from typing import Final, NoReturn

from syncer.model.json_values import Json, Path, Secret, WriteOnlyValue, show_path
from syncer.model.secret_text import secrets_of

MAX_DEPTH: Final = 200
"""Levels of lists and mappings in a reply; the deepest real object (a flow's conditions) has about 15."""


FREE_VALUES: Final = 100_000
BYTES_A_VALUE: Final = 10
"""How dense JSON may be: beyond `FREE_VALUES`, a value for so many bytes. The densest real objects, entity schemas
without a space, have one for 15 (docs/platform.md#large-replies); `{},` without end has two for three bytes, and
becomes thirty times as large in memory."""


class NotJson(ValueError):
    """Bytes or a file that are no strict JSON; the message says why and never quotes them."""


class TooManyValues(NotJson):
    """Bytes that would become far larger in memory than any real document of their size."""


def require_sparse(content: bytes) -> None:
    """TooManyValues for more values than JSON of this size may hold: told before the first of them is built.

    Commas and opening brackets are counted, also those in texts: never fewer than there are values, save the first.
    """
    most = FREE_VALUES + len(content) // BYTES_A_VALUE
    if len(content) > most and sum(map(content.count, (b",", b"{", b"["))) > most:
        raise TooManyValues(f"holds more than {most:,} values in {len(content):,} bytes")


def decode(content: bytes) -> Json:
    """The JSON value in UTF-8 bytes. NotJson for a byte order mark, NaN, Infinity, a key written twice in a mapping,
    numbers beyond all use, more than `MAX_DEPTH` levels, anything behind the value; TooManyValues as `require_sparse`
    raises it."""
    if content.startswith(b"\xef\xbb\xbf"):
        raise NotJson("begins with a byte order mark")
    require_sparse(content)
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise NotJson("is not UTF-8") from None
    try:
        value = json.loads(text, object_pairs_hook=_mapping, parse_constant=_constant, parse_float=_number)
    except NotJson:
        raise
    except RecursionError:
        raise NotJson(f"is nested deeper than {MAX_DEPTH} levels") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"breaks at byte {len(text[: error.pos].encode('utf-8', 'replace'))}") from None
    except ValueError:  # an integer of more digits than Python converts
        raise NotJson("holds a number of absurd length") from None
    _check_depth(value)
    return value


def load(path: FilePath, what: str, largest: int) -> Json:
    """The JSON value in a file of ours, `what` it is to be. NotJson, for a sentence that begins with its name, where it
    is none, cannot be read, or has more than `largest` bytes."""
    try:
        if not path.is_file() and path.exists():
            raise NotJson("is not a file")
        content = path.read_bytes() if path.stat().st_size <= largest else None
    except OSError as error:
        raise NotJson(f"can't be read: {error.strerror or type(error).__name__}") from None
    if content is None:
        raise NotJson(f"is larger than {largest // 2**20} MB")
    try:
        return decode(content)
    except NotJson as error:
        raise NotJson(f"is no {what}: {error}") from None


def encode(body: Json) -> bytes:
    """The bytes of a request's body; secrets are revealed here. TypeError, naming the path, for a leaf that is no JSON
    (a reference still unresolved, ABSENT): a programming error, found before anything is sent."""
    try:
        return json.dumps(body, ensure_ascii=True, allow_nan=False, separators=(",", ":"), default=_reveal).encode()
    except (TypeError, ValueError):
        raise TypeError(_complaint(body)) from None


def secrets_in(body: Json) -> list[Secret]:
    """Every secret of a body: leaves, then what stands in the longer texts among them. What a manifest says openly is
    none."""
    if isinstance(body, WriteOnlyValue):
        return []
    if isinstance(body, Secret):
        return list(dict.fromkeys((body, *secrets_of(body))))
    parts = list(body.values()) if isinstance(body, dict) else body if isinstance(body, list | tuple) else []
    return [secret for part in parts for secret in secrets_in(part)]


def _reveal(leaf: object) -> Json:
    if isinstance(leaf, Secret):
        return leaf.sent()
    raise TypeError


def _mapping(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise NotJson("writes a key twice in one mapping")
    return found


def _constant(word: str) -> NoReturn:
    raise NotJson("holds NaN or Infinity")


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise NotJson("holds a number of absurd size")
    return number


def _check_depth(value: Json) -> None:
    level = [value] if isinstance(value, dict | list) else []
    depth = 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise NotJson(f"is nested deeper than {MAX_DEPTH} levels")
        level = [
            child
            for each in level
            for child in (each.values() if isinstance(each, dict) else each)
            if isinstance(child, dict | list)
        ]


def _complaint(body: Json, path: Path = ()) -> str:
    """Where the first leaf stands that is no JSON, without its value."""
    if isinstance(body, dict):
        found = (
            _complaint(value, (*path, key)) if isinstance(key, str) else f"{show_path(path)}: key of type {_name(key)}"
            for key, value in body.items()
        )
        return next(filter(None, found), "")
    if isinstance(body, list | tuple):
        return next(filter(None, (_complaint(value, (*path, index)) for index, value in enumerate(body))), "")
    if body is None or isinstance(body, str | bool | int | Secret) or (isinstance(body, float) and math.isfinite(body)):
        return ""
    return f"{show_path(path)}: {_name(body)} cannot be sent"


def _name(leaf: object) -> str:
    return type(leaf).__name__
