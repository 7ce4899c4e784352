"""Address: how a resource is named, everywhere and for good: its kind and the name of its manifest."""

from __future__ import annotations

from collections.abc import Mapping

from syncer.model.named_tuple import NamedTuple


class Address(NamedTuple):
    """`ClosingReason/won`: unique in a repository, the same in every organisation. Sorts by kind, then name."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}/{self.name}"


def parse_address(text: str) -> Address | None:
    """The address a text stands for, or None where it is none: `ClosingReason/won`."""
    kind, slash, name = text.partition("/")
    if not slash or not kind or not name or "/" in name:
        return None
    return Address(kind, name)


KnownObjects = Mapping[str, frozenset[Address]]
"""Environment → the addresses that its local state knows. One that is missing says that nobody was asked."""
NOBODY_ASKED: KnownObjects = {}
