"""Random values of the platform's published types, from `tests/data/published_fields.tsv`, and words in no definition.

Knows the table and dice; what makes several objects an organisation stands in `simulation/organisations.py`.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from itertools import chain
from pathlib import Path
from random import Random
from typing import Any

Json = Any
TABLE = Path(__file__).parents[1] / "tests" / "data" / "published_fields.tsv"
DEEP = 7
"""Steps below which only what is required is there: some types hold themselves."""
TEXTS = (
    "Strom", "Gas", "Zählerstand", "12:30", "1_000", "yes", "no", "null", "~", "0x1F", "1e3", "2027-02-01", " am Rand ",
    "mit: Doppelpunkt", "# keine Bemerkung", "Zeile eins\nZeile zwei", "'einfach'", '"doppelt"', "{{first_name}}", "-",
    "[offen", "a" * 90, "=", "<<", "+1_0", "0b1", "1e+16", "%TAG", "&anker", "*stern", "!tag", "|", ">", "@", "`",
)  # fmt: skip
UNKNOWN = ("x_newest", "neuesFeld", "beta_mode", "_hint")
"""Words that stand in no definition and in no schema of ours."""
CLOSED = ("info_helpers", "AdjustInstallmentCapabilityConfig", "SearchMappings.*")
"""Types that the definitions close, or whose other fields are texts."""
FORMATS = {"uuid": "", "date": "2027-02-01", "date-time": "2027-02-01T08:15:00Z", "uri": "https://docs.example.com/a",
           "email": "kontakt@example.com", "uri-reference": "/a", "int64": "1"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Field:
    """A row: a field of an owner, or what the owner is (`=`), has besides (`+`) or needs of that (`!`)."""

    name: str
    type: str
    required: bool
    words: tuple[str, ...]
    limits: Mapping[str, str]
    default: Json = None
    """What the definitions say it is where it is left out."""


@cache
def rows() -> Mapping[str, tuple[Field, ...]]:
    """Owner, as `api/Type` → its rows."""
    found: dict[str, list[Field]] = defaultdict(list)
    for line in TABLE.read_text("utf-8").splitlines():
        if line.startswith("#"):
            continue
        owner, name, type, required, values, default = (*line.split("\t"), "", "", "")[:6]
        field = Field(name, type, required == "required", *_said(values), json.loads(default or "null"))
        found[owner].append(field)
    return {owner: tuple(each) for owner, each in found.items()}


@cache
def defaults() -> Mapping[str, frozenset[str]]:
    """Name of a field → what it may be where it is left out, as JSON text, whatever has the field."""
    found: dict[str, set[str]] = defaultdict(set)
    for each in chain.from_iterable(rows().values()):
        if each.default is not None:
            found[each.name].add(json.dumps(each.default))
    return {name: frozenset(values) for name, values in found.items()}


def _said(values: str) -> tuple[tuple[str, ...], Mapping[str, str]]:
    """The words that a field may have, and its limits."""
    if values.startswith('"'):
        return tuple(json.loads(f"[{values.replace(chr(34) + ' ', chr(34) + ', ')}]")), {}
    return (), dict(each.split("=", 1) for each in values.split(" ") if "=" in each)


def alternatives(type: str) -> list[str]:
    """The types that are joined by ` | `, outside brackets."""
    found, depth, start = [], 0, 0
    for place, sign in enumerate(type):
        depth += sign in "[{"
        depth -= sign in "]}"
        if not depth and type.startswith(" | ", place):
            found.append(type[start:place])
            start = place + 3
    return [*found, type[start:]]


Given = Callable[["Maker", str], Json]
"""What stands in a field in place of a random value; the second argument is the owner."""


class Maker:
    """Random values of one definition. `given`: `Owner.field` or `.field` of any owner → what stands there."""

    def __init__(self, dice: Random, api: str, given: Mapping[str, Given], never: frozenset[str]) -> None:
        self.dice, self.api, self.given, self.never = dice, api, given, never
        self.strange = 0.0
        """How often an object has a field that stands in no definition."""

    def object(self, owner: str, depth: int = 0, needed: frozenset[str] = frozenset()) -> dict[str, Json]:
        """A mapping of this type; what is not required, or `needed`, is there as often as not."""
        made: dict[str, Json] = {}
        said = rows()[f"{self.api}/{owner}"]
        needed = needed.union(*(each.type.split(" ") for each in said if each.name == "!"))
        for each in said:
            if each.name in ("=", "+"):
                value = self.value(each.type, depth, each, needed)
                if isinstance(value, dict):
                    made |= value
        for each in self._fields(owner):
            if each.required or each.name in needed or (depth < DEEP and self.dice.random() < 0.5):
                value = self._field(owner, each, depth)
                if value is not LEFT_OUT:
                    made[each.name] = value
        if self.strange and not owner.endswith(CLOSED) and self.dice.random() < self.strange:
            made[self.dice.choice(UNKNOWN)] = self.dice.choice((True, 7, "neu", ["a", 1], {"tief": {"er": False}}))
        return made

    def _fields(self, owner: str) -> Iterator[Field]:
        for each in rows()[f"{self.api}/{owner}"]:
            said = f"{owner}.{each.name}"
            if each.name not in ("=", "+", "!") and (said in self.given or not {said, f".{each.name}"} & self.never):
                yield each

    def _field(self, owner: str, each: Field, depth: int) -> Json:
        given = self.given.get(f"{owner}.{each.name}") or self.given.get(f".{each.name}")
        return given(self, owner) if given else self.value(each.type, depth + 1, each)

    def value(self, type: str, depth: int, row: Field | None = None, needed: frozenset[str] = frozenset()) -> Json:
        """A value of a type as the table writes it; of a mapping `needed` must be there."""
        dice = self.dice
        chosen = dice.choice(alternatives(type))
        inner, _, said = chosen[1:-1].partition(": ")
        item = Field("", inner, False, *_said(said))
        if chosen.startswith("["):
            least = int(row.limits.get("minItems", 0)) if row else 0
            count = max(least, dice.choice((0, 1, 1, 2, 3)) if depth < DEEP else 0)
            return [self.value(inner, depth + 1, item) for _ in range(count)]
        if chosen.startswith("{"):
            keys = dice.sample(("erster", "zweiter", "contact", "x-1"), dice.choice((0, 1, 2)) if depth < DEEP else 0)
            return {key: self.value(inner, depth + 1, item) for key in keys}
        if f"{self.api}/{chosen}" in rows():
            return self.object(chosen, depth, needed)
        return self._plain(chosen, row)

    def _plain(self, type: str, row: Field | None) -> Json:
        dice = self.dice
        if row and row.words:
            return dice.choice(row.words)
        limits = row.limits if row else {}
        match type:
            case "string":
                return self.text(limits)
            case "boolean":
                return dice.choice((True, False))
            case "integer":
                return int(limits.get("minimum", -3)) + dice.randrange(20)
            case "number":
                return int(limits.get("minimum", -3)) + dice.choice((0, 1, 2.5, 40))
            case "null":
                return None
        return dice.choice(("frei", 5, True, 1.25))

    def text(self, limits: Mapping[str, str]) -> str:
        """A text within its limits."""
        if "format" in limits:
            return FORMATS[limits["format"]] or self.uuid()
        if "pattern" in limits:
            return self.dice.choice(("contact", "x_1", "feld"))
        return self.dice.choice(TEXTS).ljust(int(limits.get("minLength", 0)), "x")

    def uuid(self) -> str:
        """An id that no other object has."""
        digits = f"{self.dice.getrandbits(128):032x}"
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"


LEFT_OUT: Json = object()
"""What a `Given` returns where the field isn't there."""
