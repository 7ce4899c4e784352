"""The JSON Schemas of the manifests: finds them, and says what is wrong with a document; knows no file of a user's.

jsonschema-rs, where it is installed, says yes or no; only what it refuses is explained, by jsonschema, which is slower
by two orders of magnitude. Without jsonschema-rs the explanation is the verdict.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from syncer.model.diagnostic import Finding
from syncer.model.json_values import Json
from syncer.model.light_import import datetime_classes, import_lightly

if TYPE_CHECKING:
    from datetime import datetime

_RULES = Path(__file__).parent / "schemas"
_SUFFIX = ".schema.json"


def slugs() -> tuple[str, ...]:
    """Names of the schemas that `check` takes: `closing-reason` and so on, and `syncer` for syncer.yaml."""
    return tuple(sorted(file.stem for file in _RULES.glob("*.json")))


@lru_cache
def load(slug: str) -> dict[str, Json]:
    """The schema that documents are judged by; one object for all callers, not to be changed. KeyError for no such
    slug."""
    return _read(_RULES / f"{slug}.json", slug)


def published(slug: str) -> dict[str, Json]:
    """The schema as editors have it, or one that is written for other readers, such as that of a saved plan: with
    words for people, and open where the platform gains something. KeyError for no such slug."""
    return _read(place() / f"{slug}{_SUFFIX}", slug)


def _read(file: Path, slug: str) -> dict[str, Json]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise KeyError(slug) from None
    schema: dict[str, Json] = json.loads(text)
    return schema


def check(slug: str, document: Json, *, strict: bool = False) -> list[Finding]:
    """Everything that is wrong with a document, in the document's order, one finding a mistake; sound: an empty list.

    `document` is the whole manifest as plain JSON values; paths of the findings lead from its root. A field that the
    schema does not know is an error; so is a word that an open list does not have, where it is near one that it has,
    else a warning, or an error when `strict`. Never raises because of what the document holds.
    """
    accepts = _judge(slug)
    if accepts is not None and accepts(document):
        return []
    found = _explainer(slug)(document, strict)
    if not found and accepts is not None:
        found = [Finding("refused", "the JSON Schema refuses this document, but no reason could be found", ())]
    return found


@lru_cache
def _judge(slug: str) -> Callable[[Json], bool] | None:
    return judge(load(slug))


@lru_cache
def _explainer(slug: str) -> Callable[[Json, bool], list[Finding]]:
    from syncer.schema_check.explanation import explainer  # late: only what is refused is explained

    return explainer(load(slug))


def place() -> Path:
    """The folder of the schemas, for editors.

    `syncer/schemas` where syncer is installed, `schemas` beside the package in a checkout."""
    package = Path(__file__).parents[1]
    installed = package / "schemas"
    return installed if installed.is_dir() else package.parent / "schemas"


def judge(schema: dict[str, Json]) -> Callable[[Json], bool] | None:
    """A function that says whether the schema accepts a document, or None where jsonschema-rs is not installed.

    Its False also stands for "cannot tell", of values that are not JSON: the explanation then decides. Patterns run on
    an engine whose time is linear in the text, and nothing is fetched.
    """
    try:
        # its day of birth is read by a module that loads sockets and all of email: a sixth of a small `validate`
        import_lightly("jsonschema_rs", {"email.utils": {"parsedate_to_datetime": _moment}})
        import jsonschema_rs
    except ImportError:
        return None
    validator = jsonschema_rs.Draft202012Validator(
        schema, validate_formats=True, offline=True, pattern_options=jsonschema_rs.RegexOptions()
    )

    def accepts(document: Json) -> bool:
        try:
            return validator.is_valid(document)
        except (ValueError, TypeError, RecursionError):  # text with half a character, keys that are no text, …
            return False

    return accepts


def _moment(text: str) -> datetime:
    """`Tue, 27 Oct 2026 10:17:51 +0000`, as `email.utils.parsedate_to_datetime` reads it. ValueError: another form."""
    made: Any = datetime_classes()
    _, day, month, year, time, offset = text.split(" ")
    if offset != "+0000":
        raise ValueError(text)
    hour, minute, second = map(int, time.split(":"))
    when = (int(year), 1 + _MONTHS.index(month), int(day), hour, minute, second)
    moment: datetime = made.datetime(*when, tzinfo=made.timezone.utc)
    return moment


_MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]
