"""The form of a state file: which keys it has, and of what type their values are; knows no address and no kind.

A pydantic model is the judge, and says what is wrong. Building it takes longer than reading five thousand entries, so
a file is first looked over without it: what `plainly_right` accepts the model accepts too (a test holds them to that).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import Any, Final

from syncer.model.json_values import Json, Path

HEAD: Final[Mapping[str, type]] = MappingProxyType(
    {"format_version": int, "environment": str, "org_id": str, "serial": int, "checksum": str, "entries": list}
)
ENTRY: Final[Mapping[str, type]] = MappingProxyType({"address": str, "live_id": str})
"""What every entry says."""

OPTIONAL: Final[Mapping[str, type]] = MappingProxyType(
    {
        "declared": dict,
        "parts": dict,
        "protect": bool,
        "aliases": list,
        "policy": dict,
        "secrets": dict,
        "adopted": bool,
    }
)
"""What an entry says where it is not empty."""


def fault(document: Json, text: str) -> Path | None:
    """Where a document, read from this text, has not the form of a state file; None where it has. `()`: the document
    itself."""
    return None if plainly_right(document, text) else judged(document)


def plainly_right(document: Json, text: str) -> bool:
    """Whether the document surely has the form: strict types, no key missing, none that nobody knows."""
    if type(document) is not dict or "\\ud" in text or "\\uD" in text:  # perhaps half a character: the model refuses it
        return False
    head = {name: value for name, value in document.items() if name not in ("guards", "open_runs")}
    guards, runs = document.get("guards", {}), document.get("open_runs", [])
    return (
        {name: type(value) for name, value in head.items()} == HEAD
        and type(guards) is dict
        and all(type(value) in (bool, str) for value in guards.values())
        and type(runs) is list
        and _are_texts(runs)
        and all(map(is_entry, document["entries"]))
    )


def is_entry(row: Json) -> bool:
    """Whether one row surely has the form."""
    if type(row) is not dict or type(row.get("address")) is not str or type(row.get("live_id")) is not str:
        return False
    known = len(ENTRY)
    if len(row) == known + 1 and type(row.get("declared")) is dict:
        return True  # nearly all are
    for name, expected in OPTIONAL.items():
        if name in row:
            known += 1
            if type(row[name]) is not expected:
                return False
    if len(row) != known:
        return False
    return (
        ("aliases" not in row or _are_texts(row["aliases"]))
        and ("secrets" not in row or _are_texts(row["secrets"].values()))
        and ("parts" not in row or all(type(ids) is dict and _are_texts(ids.values()) for ids in row["parts"].values()))
    )


def _are_texts(values: Any) -> bool:
    return all(type(each) is str for each in values)


def judged(document: Json) -> Path | None:
    """What the model says: as `fault`."""
    from pydantic import ValidationError

    try:
        _model().model_validate(document)
    except ValidationError as error:
        place: Path = error.errors(include_url=False, include_context=False, include_input=False)[0]["loc"]
        return place
    return None


@cache
def _model() -> Any:
    """The file's form. Closed: a field nobody knows is damage, not an extra."""
    from pydantic import BaseModel, ConfigDict, Field

    class Entry(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)
        address: str
        live_id: str
        declared: dict[str, Any] = Field(default_factory=dict)
        parts: dict[str, dict[str, str]] = Field(default_factory=dict)
        protect: bool = False
        aliases: list[str] = Field(default_factory=list)
        policy: dict[str, Any] = Field(default_factory=dict)
        secrets: dict[str, str] = Field(default_factory=dict)
        adopted: bool = False

    class File(BaseModel):
        model_config = ConfigDict(extra="forbid", strict=True)
        format_version: int
        environment: str
        org_id: str
        serial: int
        guards: dict[str, bool | str] = Field(default_factory=dict)
        open_runs: list[str] = Field(default_factory=list)
        checksum: str
        entries: list[Entry]

    return File
