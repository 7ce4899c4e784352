"""What must be true of a world whatever went wrong in it (docs/reliability.md#the-invariants); knows no way to
break it."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Collection, Mapping
from typing import Any

from simulation.broken import BrokenWorld, Fate
from syncer.model.diagnostic import SyncerError
from syncer.state.journal import read_records

Json = Any
Objects = Mapping[tuple[str, str], str]
CANARY = "c4n&ry-pass!"
STORED = {
    "ClosingReason": "closing_reason",
    "EntitySchema": "schema",
    "FlowTemplate": "flow",
    "AppInstallation": "installation",
    "RetentionConfig": "retention",
}
NAMED = {"closing_reason": "title", "flow": "name", "automation": "flow_name"}


def linked(world: BrokenWorld) -> dict[tuple[str, str], str]:
    """(the sandbox's kind, id) → the address in state that owns it; for schemas the slug is the id."""
    texts = world.texts()
    slugs = {json.loads(text).get("id"): id for (kind, id), text in texts.items() if kind == "schema"}
    apps = {json.loads(text).get("id"): id for (kind, id), text in texts.items() if kind == "installation"}
    found: dict[tuple[str, str], str] = {}
    for address, entry in world.state().entries.items():
        kind = STORED[address.kind]
        known = {"schema": slugs, "installation": apps}.get(kind, {})
        found[kind, known.get(entry.live_id, entry.live_id)] = str(address)
        bundled = world.manifests.get(str(address), {}).get("spec", {}).get("automations", {})
        for key, id in entry.parts.get("automations", {}).items():
            if key in bundled or ("automation", id) in texts:  # one that is not bundled any more may be gone
                found["automation", id] = f"{address} {key}"
    return found


def nothing_twice_or_lost(
    world: BrokenWorld, before: Objects, released: Collection[tuple[str, str]]
) -> tuple[list[str], list[str]]:
    """(duplicates, lost): objects that came since and that neither state nor a removal knows. `released`: those that
    were ours and were given up on purpose."""
    ours, texts = linked(world), world.texts()
    strangers = [key for key in texts if key not in before and key not in ours and key not in released]
    names = {(kind, called(kind, texts[kind, id])) for kind, id in ours if (kind, id) in texts}
    twice = [key for key in strangers if (key[0], called(key[0], texts[key])) in names]
    lost = [f"{kind} {id} is live and nobody knows it" for kind, id in strangers if (kind, id) not in twice]
    lost += [f"{address} is linked to {key}, which is not there" for key, address in ours.items() if key not in texts]
    return [f"{kind} {id} is a second one" for kind, id in twice], lost


def others_untouched(world: BrokenWorld, before: Objects, claimed: Collection[tuple[str, str]]) -> list[str]:
    """Objects that were never ours are byte for byte what they were; a flow shows its reasons as they are now."""
    now = world.texts()
    return [
        f"{kind} {id} was never ours and was {'changed' if (kind, id) in now else 'removed'}"
        for (kind, id), text in before.items()
        if (kind, id) not in claimed and _without_reasons(kind, now.get((kind, id))) != _without_reasons(kind, text)
    ]


def _without_reasons(kind: str, text: str | None) -> str | None:
    if kind != "flow" or text is None:
        return text
    body = json.loads(text)
    return json.dumps({**body, "closing_reasons": [each["id"] for each in body.get("closing_reasons", [])]})


def memory_loads(world: BrokenWorld) -> list[str]:
    """State and journal can be read."""
    try:
        world.state()
        read_records(world.journal_path, world.disk)
    except SyncerError as error:
        return [f"does not load: {error}"]
    return []


def converged(world: BrokenWorld) -> list[str]:
    """The plan is empty."""
    try:
        return [f"still to do: {address} {words}" for address, words in world.changes().items()]
    except SyncerError as error:
        return [f"cannot be planned: {error}"]


def created_once(world: BrokenWorld) -> list[str]:
    """Of all that the platform did, no object was made twice; calls that could not be made twice are left out."""
    made: Counter[str] = Counter()
    for method, path, body in world.committed:
        if method == "POST" and not path.startswith(_KEYED):
            body = body if isinstance(body, dict) else {}
            made[f"{path} {_first(body)}"] += 1
    return [f"{call}: made {count} times" for call, count in made.items() if count > 1]


def no_secret(world: BrokenWorld) -> list[str]:
    """The canary is in nothing that was said or written."""
    spellings = (CANARY, json.dumps(CANARY)[1:-1], CANARY.replace("&", "&amp;"))
    found = [f"secret said: {text}" for text in world.said if any(each in text for each in spellings)]
    written = any(each.encode() in data for data in world.memory.written for each in spellings)
    return found + (["secret on the disk"] if written else [])


def honest_code(code: int, wrote: int, world: BrokenWorld) -> list[str]:
    """0: all is as it should be. 3, 4, 6: nothing was written."""
    if code == 0:
        return [f"exit code 0, but {each}" for each in converged(world)]
    if code in (3, 4, 6) and wrote:
        return [f"exit code {code}, but {wrote} calls were done"]
    return []


def aftermath(world: BrokenWorld, before: Objects, claimed: Collection[tuple[str, str]]) -> list[str]:
    """What is wrong after one apply in which nothing went wrong any more. `claimed`: what was ours before it."""
    problems = memory_loads(world)
    if problems:
        return problems
    code, _ = world.tried(Fate())
    world.land(everything=True)
    if code != 0:
        return [f"run again, exit code {code}: {[each for each in world.said if each][-4:]}"]
    ours = set(linked(world))
    problems = converged(world) + created_once(world)
    for found in nothing_twice_or_lost(world, before, set(claimed) - ours):
        problems += found
    problems += others_untouched(world, before, ours | set(claimed))
    return problems + [f"intent stays open: {each}" for each in world.open_intents()]


_KEYED = ("/data-governance/", "/v1/app/")
"""Calls whose path or body names the object: a second one makes no second object."""


def called(kind: str, text: str) -> str:
    """The title or name of a stored object; empty where its kind has none."""
    body = json.loads(text)
    return str(body.get(NAMED.get(kind, ""), ""))


def _first(body: Mapping[str, Json]) -> str:
    flow = body.get("flow_template") or body.get("template") or body
    flow = flow if isinstance(flow, dict) else body
    return str(flow.get("title") or flow.get("name") or flow.get("flow_name") or "")
