"""Names for manifests, files and local keys, made from titles that people gave: readable, stable, each once.

A name never depends on the order of a list: where two titles give one name, both carry a piece of their live ids.
"""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Collection, Mapping

LONGEST = 60
"""Letters of a name that is made from a title; a manifest's own may be longer."""

_LETTERS = str.maketrans(
    {
        "ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss", "æ": "ae", "œ": "oe", "ø": "oe", "å": "a", "ł": "l", "đ": "d",
        "ð": "d", "þ": "th", "ı": "i", "ħ": "h", "ŧ": "t", "ŋ": "n", "&": " und ", "€": " euro ", "%": " prozent ",
        "+": " plus ", "§": " paragraf ",
    }
)  # fmt: skip
_OTHER = re.compile(r"[^a-z0-9]+")
# Windows keeps these for its devices, and a manifest's name becomes a file's.
_DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{n}" for port in ("com", "lpt") for n in range(1, 10))})


def plain_name(title: str, joint: str = "-") -> str:
    """`Zähler & Größe` → `zaehler-und-groesse`; "" for a title without a letter or digit that Latin script knows."""
    folded = unicodedata.normalize("NFC", title).casefold().translate(_LETTERS)
    ascii_only = unicodedata.normalize("NFKD", folded).encode("ascii", "ignore").decode()
    name = _OTHER.sub(joint, ascii_only).strip(joint)
    if len(name) > LONGEST:
        head, _, rest = name[: LONGEST + 1].rpartition(joint)
        name = head if rest and len(head) > LONGEST // 2 else name[:LONGEST].strip(joint)
    return name


def piece_of(id: str, length: int = 8) -> str:
    """A few characters that stand for a live id: always the same for the same id."""
    return hashlib.sha256(id.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def unique_names(
    titles: Mapping[str, str],
    otherwise: str,
    taken: Collection[str] = (),
    joint: str = "-",
    claimed: Collection[str] = (),
) -> dict[str, str]:
    """Live id → name. `titles`: live id → title; `otherwise` stands for a title that gives no name; `taken` names are
    somebody's already. Names that would be equal, or a device's, get a piece of the live id each. `claimed` ids need no
    name, but count: what the others are called does not depend on how many of them have one yet."""
    plain = {id: plain_name(title, joint) for id, title in titles.items()}
    held: dict[str, int] = {}
    for name in plain.values():
        held[name] = held.get(name, 0) + 1
    used = set(taken)
    found: dict[str, str] = {}
    for id in claimed:
        plain.pop(id, None)
    for id, name in sorted(plain.items()):
        if name and held[name] == 1 and name not in used and name not in _DEVICES:
            found[id] = name
    used |= set(found.values())
    for id, name in sorted(plain.items()):
        if id not in found:
            length = 8
            while (made := f"{name or otherwise}{joint}{piece_of(id, length)}") in used:
                length += 4
            found[id] = made
            used.add(made)
    return found
