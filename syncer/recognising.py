"""Which live object is which manifest's, over all kinds; also those that a list does not show. Decides nothing else."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial

from syncer.core.address import Address
from syncer.core.form import of_known_form
from syncer.core.identity import Matches, link_of, match, must_be
from syncer.core.kind import Call
from syncer.core.resource import Desired, Live, Managed
from syncer.core.values import Json
from syncer.kinds import KINDS


def matched(
    kinds: Sequence[str],
    wanted: Sequence[Desired],
    live: Mapping[str, Sequence[Live]],
    managed: Mapping[Address, Managed],
) -> dict[str, Matches]:
    """Kind → which of its listed objects is which manifest's."""
    found = {}
    for name in kinds:
        with of_known_form(name):
            found[name] = match(
                KINDS[name], [each for each in wanted if each.address.kind == name], live[name], managed
            )
    return found


def claims(
    desired: Sequence[Desired], live: Mapping[str, Sequence[Live]], managed: Mapping[Address, Managed]
) -> dict[tuple[str, str], Address]:
    """(kind, live id) → the manifest that the live object belongs to, of all manifests, chosen or not."""
    found: dict[tuple[str, str], Address] = {}
    for name, objects in live.items():
        matches = match(KINDS[name], [each for each in desired if each.address.kind == name], objects, managed)
        found |= {(name, each.live.id): address for address, each in matches.found.items()}
    return found


def hidden_ones(
    reading: Callable[[str, Call], Json],
    fetch: Callable[[Sequence[Callable[[], Json]]], list[Json]],
    wanted: Sequence[Desired],
    managed: Mapping[Address, Managed],
    matches: Mapping[str, Matches],
) -> dict[str, list[Json]]:
    """Kind → linked objects that its list lacks and that can be read all the same: a list may be behind
    (docs/catalogue.md#c03, #c04), and what it does not show would be created a second time."""
    lost = [
        (each.address.kind, link.live_id)
        for each in wanted
        if each.address in matches[each.address.kind].lost
        if (link := link_of(each, managed)) is not None and link.live_id
    ]
    read = [partial(reading, KINDS[kind].service, KINDS[kind].read(id, None)) for kind, id in lost]
    found: dict[str, list[Json]] = {}
    for (kind, id), body in zip(lost, fetch(read), strict=True):
        if body is None:
            continue
        must_be(KINDS[kind], body)
        if KINDS[kind].live_id(body) == id:
            found.setdefault(kind, []).append(body)
    return found
