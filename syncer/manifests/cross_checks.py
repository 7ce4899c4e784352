"""What only all manifests of an environment show: two for one live object, circles of references, fields of other
schemas. Knows manifests as desired resources, no files.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Collection, Iterator, Sequence

from syncer.kinds import KINDS
from syncer.model.address import Address
from syncer.model.diagnostic import Problem
from syncer.model.json_values import Ref
from syncer.model.resource import Desired


def together(desired: Sequence[Desired], only: Collection[str] | None = None) -> list[Problem]:
    """What only all manifests of an environment show: two for one live object, circles, fields of other schemas.

    `only`: names of files that are reported on; a circle is told in one of those.
    """
    problems = list(_one_live_object_each(desired))
    problems += _circles(desired, only or ())
    if any(each.address.kind == "EntitySchema" for each in desired):
        from syncer.kinds.cross_checks import check_together

        problems += check_together(desired, only)
    return problems


def _one_live_object_each(desired: Sequence[Desired]) -> Iterator[Problem]:
    claimed: dict[tuple[str, str], Desired] = {}
    for each in desired:
        kind = KINDS[each.address.kind]
        key = unicodedata.normalize("NFC", str(each.spec[kind.title])) if kind.title else kind.key(each.spec)
        first = claimed.setdefault((kind.name, key), each)
        if first is not each:
            field = kind.title or kind.key_field
            yield Problem(
                "duplicate-live-key",
                f"{each.address} and {first.address} at {first.where((field,))} describe one live object: `{key}`",
                each.where((field,)),
                f"$.spec.{field}",
                "merge them into one manifest, or give each environment its own with `metadata.environments`",
            )


def _circles(desired: Sequence[Desired], only: Collection[str]) -> Iterator[Problem]:
    """Circles that cannot be cut. Schemas may refer to each other: they are written in two goes."""
    by_address = {each.address: each for each in desired}
    waits: dict[Address, set[Address]] = {each.address: set() for each in desired if each.uses}
    for each in desired:
        for use in each.uses:
            if isinstance(use.target, Ref) and not use.late:
                target = Address(use.target.kind, use.target.name)
                if target != each.address:
                    waits[each.address].add(target)
    if not waits:
        return
    from syncer.model.cycles import circles  # late: a repository without references has none

    for circle in circles(waits):
        begin = next((place for place, each in enumerate(circle) if by_address[each].file in only), 0)
        circle = [*circle[begin:-1], *circle[:begin], circle[begin]]
        first = by_address[circle[0]]
        use = next(
            use
            for use in first.uses
            if isinstance(use.target, Ref) and Address(use.target.kind, use.target.name) == circle[1]
        )
        yield Problem(
            "reference-circle",
            "references go in a circle: " + " → ".join(map(str, circle)),
            first.where(use.path),
            "",
            "leave one of the references out; none of these can be created first",
        )
