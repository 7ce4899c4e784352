"""What kinds ask beyond their lists, each question once, and to whom the answer goes; and what nobody answers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence

from syncer.diff.fingerprint import canonical
from syncer.model.address import Address
from syncer.model.calls import Call
from syncer.model.diagnostic import InvalidInput, Problem
from syncer.model.json_values import Json
from syncer.model.kind import Kind
from syncer.model.recording_rules import NOT_RECORDED
from syncer.model.resource import Desired

Asks = Sequence[tuple[Address, str, str, Call]]
"""(who asks, the answer's name, service, call)."""


def answers_to(
    asks: Asks,
    ask: Callable[[Sequence[tuple[str, Call]]], Sequence[Json]],
    desired: Sequence[Desired],
    kinds: Mapping[str, Kind],
) -> dict[Address, dict[str, Json]]:
    """The answers by address and name; `ask` is given each (service, call) once. InvalidInput, with the lines of the
    manifests, for what a recording does not hold."""
    once: dict[tuple[str, str, str], tuple[str, Call]] = {}
    for _, _, service, call in asks:
        once.setdefault(_key_of(service, call), (service, call))
    by_key = dict(zip(once, ask(list(once.values())), strict=True))
    lacking = {key for key, reply in by_key.items() if reply is NOT_RECORDED}
    if lacking:
        raise InvalidInput(_unanswered([each for each in asks if _key_of(*each[2:]) in lacking], desired, kinds))
    answers: dict[Address, dict[str, Json]] = {}
    for address, name, service, call in asks:
        answers.setdefault(address, {})[name] = by_key[_key_of(service, call)]
    return answers


def _key_of(service: str, call: Call) -> tuple[str, str, str]:
    return (call.service or service, call.title, canonical([call.path, call.body]))


def _unanswered(asks: Asks, desired: Sequence[Desired], kinds: Mapping[str, Kind]) -> Iterator[Problem]:
    manifests = {each.address: each for each in desired}
    for address, _, _, call in asks:
        manifest, field = manifests.get(address), kinds[address.kind].title or kinds[address.kind].key_field
        yield Problem(
            "not-recorded",
            f"{address}: the recording does not hold what it needs, `{call.method} {call.path}`",
            manifest.where((field,)) if manifest else None,
            f"$.spec.{field}" if manifest else "",
            "make the recording again where this manifest is: `syncer record -o FILE`",
        )
