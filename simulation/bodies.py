"""Organisations of random bodies (N26 of docs/reliability.md#the-table): put straight into the sandbox, pulled,
planned, promoted to an empty organisation and compared there value by value, changed by one scalar by hand.

What a person could have set comes into the manifests, whatever the word is; what differs afterwards is a fault of ours.
"""

from __future__ import annotations

import json
import re
import shutil
import traceback
from collections import Counter
from collections.abc import Collection, Container, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import yaml

from simulation.organisations import CORE, JOURNEYS, PURPOSES, Organisation
from simulation.promotions import OTHER, Two
from simulation.published import TEXTS, defaults
from simulation.world import ORG, World, scratch
from syncer.manifests.project import read_project
from syncer.manifests.resolution import read_manifests
from syncer.manifests.validation import validate
from syncer.model.diagnostic import InvalidInput
from syncer.ops.pull.pull import PullPlan, PullRequest, pull

Json = Any
ID = "‹id›"
STORED = {
    "closing_reason": "ClosingReason",
    "flow": "FlowTemplate",
    "automation": "FlowTemplate",
    "schema": "EntitySchema",
    "installation": "AppInstallation",
    "retention": "RetentionConfig",
}
"""Kind of the store → kind of its manifest; an automation stands in its flow's."""
SERVERS = frozenset(
    {
        "created_at", "updated_at", "org_id", "runs", "creationTime", "lastUpdateTime", "created_by", "last_updated_by",
        "last_updated_at", "next_run_at", "version", "latest", "workflow_context", "audit", "role",
        "changed", "_manifest",
    }
)  # fmt: skip
"""What only the platform sets; what else differs between the two organisations was lost or made up."""
PROSE = {"edit_mode": "direct", "include_deleted": "false", "singleClosingReasonSelection": False, "linear": False,
         "rich_text": False, "multiline": False, "attribute_repeatable": False}  # fmt: skip
"""What is so where it is left out, as the definitions say in prose (docs/platform.md)."""
COPIED = re.compile(r"(journey\.name|journey_name)$")
"""Copies of another object's name, which are never sent (docs/kinds/flow-template.md)."""
EXPECTED = frozenset({"built-in-schema", "titles-unseen"})
"""Why a live object may have no manifest."""


EACH = 10
"""Bodies of the rarest kind in an organisation."""


@dataclass
class Round:
    """What came of one organisation: bodies of each stored kind, and what is wrong in words, by sort of fault."""

    seed: int
    bodies: Counter[str] = field(default_factory=Counter)
    hands: int = 0
    wrong: dict[str, list[str]] = field(default_factory=dict)

    def say(self, sort: str, words: str) -> None:
        self.wrong.setdefault(sort, []).append(words)


class _Operator:
    """Who pulls and only looks."""

    def taken_over(self, taken: object) -> None:
        pass

    def wrote(self, line: str) -> None:
        pass


def played(
    seed: int, size: int = 100, hands: int = 10, strange: float = 0.05, *, promoting: bool | None = None
) -> Round:
    """One organisation of so many objects through everything; a traceback is a finding like others. `promoting`:
    whether it is promoted to the other one, or what was pulled is applied there as it is; by turns, where not said."""
    found = Round(seed)
    try:
        with scratch() as folder:
            _play(found, Path(folder), size, hands, strange, bool(seed % 3) if promoting is None else promoting)
    except Exception:
        found.say("traceback", traceback.format_exc()[-1500:])
    return found


def _play(found: Round, folder: Path, size: int, hands: int, strange: float, promoting: bool) -> None:
    dice = Random(found.seed)
    world = World(folder / "world")
    try:
        two = Two(world, folder / "repository")
        document = Organisation(dice, size, strange, wild=bool(found.seed % 2)).document
        world.seed({section: document[section] for section in ("app_configurations", "automations")})
        world.seed({section: items for section, items in document.items() if section in document})
        two.seed({"saved_views": document["saved_views"]})
        for kind in STORED:
            found.bodies[kind] += len(_objects(world, ORG, kind))
        done = _pulled(found, two)
        _strict(found, two)
        _planned(found, two, "test")
        if promoting:
            _promoted(found, two)
        else:
            _applied(found, two, folder / "elsewhere")
        _changed_by_hand(found, two, dice, hands, {each.new.live.id for each in done.drafts})
    finally:
        world.close()


def _pulled(found: Round, two: Two) -> PullPlan:
    """Everything gets a manifest, whole."""
    _, done = pull(two.view("test"), PullRequest(two.options("test")), _Operator())
    for each in done.left_out:
        if each.rule not in EXPECTED:
            found.say("left out", each.message)
    for each in done.mistakes:
        found.say("bug of syncer", each.message)
    return done


def _planned(found: Round, two: Two, environment: str) -> None:
    """There is nothing to do."""
    try:
        for address, change in two.within(environment).changes().items():
            found.say("plan not empty", f"{environment} {address}: {change[:4]}")
    except InvalidInput as refused:
        for each in refused.problems:
            found.say("plan refused", f"{environment}: {each.rule}: {each.message}")


def _strict(found: Round, two: Two) -> None:
    """`validate --strict` has nothing against what was pulled."""
    manifests = read_manifests(read_project(two.world.folder / "syncer.yaml"))
    for each in validate(manifests, strict=True):
        if each.severity == "error":
            found.say("not strict", f"{each.rule}: {each.message}")


def _applied(found: Round, two: Two, folder: Path) -> None:
    """The tree that was pulled, as it is, makes the same in an organisation that has nothing yet but the automations
    that flows look up."""
    moved_to_an_empty_one(two.world.folder, folder)
    store = two.world.app.extensions["sandbox"]
    for id, automation in _objects(two.world, ORG, "automation").items():  # looked up by their title: no manifests
        store.put(OTHER, "automation", id, {**automation, "org_id": OTHER})
    here, two.world.folder = two.world.folder, folder
    try:
        run = two.within("other").apply(workers=4)
        for words in run.problems:
            found.say("apply", words)
        _planned(found, two, "other")
        same_there(found, two)
    finally:
        two.world.folder = here


def moved_to_an_empty_one(here: Path, folder: Path) -> None:
    """The tree without its state, for the other organisation alone, with the ids of this one."""
    shutil.copytree(here, folder, ignore=shutil.ignore_patterns(".syncer"))
    settings = yaml.safe_load((folder / "syncer.yaml").read_text("utf-8"))
    settings["environments"] = {"other": {**settings["environments"]["test"], "org_id": OTHER}}
    (folder / "syncer.yaml").write_text(yaml.safe_dump(settings), "utf-8")
    for file in folder.rglob("*.yaml"):
        file.write_text(file.read_text("utf-8").replace("environments: [test]", "environments: [other]"), "utf-8")


def _promoted(found: Round, two: Two) -> None:
    """What is there then is what is here, but for ids and what the platform sets."""
    promotion = two.promote()
    if promotion.missing:
        two.provide(promotion)
        promotion = two.promote()
    for each in promotion.missing:
        found.say("promote refused", each.message)
    if promotion.missing:
        return
    run = two.within("other").apply(workers=4)
    for words in run.problems:
        found.say("apply", words)
    _planned(found, two, "other")
    same_there(found, two)


def same_there(found: Round, two: Two, foreign: Collection[str] = ()) -> None:
    """Both organisations hold the same but for ids, of which `foreign` ones are of neither, and what the platform
    sets."""
    ids = {*JOURNEYS, *PURPOSES, *foreign, *_all_ids(two.world, ORG), *_all_ids(two.world, OTHER)}
    for kind in STORED:
        for words in _differences(_compared(two.world, ORG, kind, ids), _compared(two.world, OTHER, kind, ids)):
            found.say("lost", f"{kind} {words}")


def _changed_by_hand(found: Round, two: Two, dice: Random, hands: int, managed: Container[str]) -> None:
    """Each scalar that somebody changes is drift, and nothing else is. `managed`: live ids of what has a manifest."""
    world = two.within("test")
    objects = [
        (kind, id)
        for kind in ("closing_reason", "flow", "schema")
        for id in _objects(world, ORG, kind)
        if id in managed
    ]
    for kind, id in dice.sample(objects, min(hands, len(objects))):
        before = json.dumps(world.stored(kind, id))
        leaves = list(_free(json.loads(before)))
        if not leaves:
            continue
        *steps, last = dice.choice(leaves)
        body = json.loads(before)
        inner = body
        for step in steps:
            inner = inner[step]
        inner[last] = _other(inner[last])
        world.stored(kind, id, lambda _: body)  # noqa: B023  called at once
        found.hands += 1
        said = world.drift().objects
        paths = [f"{one.address} {each.path}" for one in said for each in one.fields]
        names = [step for step in (*steps, last) if isinstance(step, str)]  # a mapping may be told as a whole
        told = {
            path.rpartition(".")[2].partition("[")[0].rpartition(" ")[2] for path in paths
        }  # a key: goes, and comes
        if len(said) != 1 or not told or not told <= set(names):
            found.say("drift", f"{kind} {body.get('slug', id)}: {[*steps, last]} changed, said is {paths[:4]}")
        world.stored(kind, id, lambda _: json.loads(before))  # noqa: B023  called at once


def _free(value: Json, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Paths of the scalars that somebody could change without making the object unsound."""
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in inside:
        copied = COPIED.search(".".join(map(str, (*path, step))))
        if copied or step in SERVERS or step in ("id", "closing_reasons", "title", "trigger"):
            continue
        if (isinstance(inner, str) and inner in TEXTS) or type(inner) is int or (type(inner) is bool and path):
            yield (*path, step)
        yield from _free(inner, (*path, step))


def _other(value: Json) -> Json:
    return f"{value} (Hand)" if isinstance(value, str) else not value if isinstance(value, bool) else value + 1


def _objects(world: World, org: str, kind: str) -> dict[str, Json]:
    """Id (or slug) → an object as it is stored; what every organisation has is left out."""
    store = world.app.extensions["sandbox"]
    own = [each for each in store.all(org, kind) if each.get("slug") not in (*CORE, *_BUILT_IN)]
    return {each.get("slug") or each.get("app_id") or each["id"]: each for each in own}


def _built_in() -> frozenset[str]:
    from importlib.resources import files

    known = json.loads(files("syncer.sandbox").joinpath("builtin.json").read_text("utf-8"))
    return frozenset(each["slug"] for each in known["schemas"])


_BUILT_IN = _built_in()


def _all_ids(world: World, org: str) -> Iterator[str]:
    store = world.app.extensions["sandbox"]
    for kind in (*STORED, "view"):
        yield from _ids(store.all(org, kind))


def _compared(world: World, org: str, kind: str, ids: set[str]) -> dict[str, Json]:
    """What an object is called → all that is in it, its ids told by one word."""
    found = {}
    for each in _objects(world, org, kind).values():
        name = each.get("slug") or each.get("name") or each.get("title") or each.get("flow_name")
        found[str(name or each.get("entity_schema") or each["app_id"])] = _plain(each, ids)
    return found


def _ids(value: Json) -> Iterator[str]:
    if isinstance(value, dict):
        yield from (inner for key, inner in value.items() if key in ("id", "app_id") and isinstance(inner, str))
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    for inner in inside:
        yield from _ids(inner)


def _plain(value: Json, ids: set[str]) -> Json:
    if isinstance(value, dict):
        return {key: _plain(inner, ids) for key, inner in value.items() if key not in SERVERS}
    if isinstance(value, list):
        return [_plain(inner, ids) for inner in value]
    return ID if isinstance(value, str) and (value in ids or re.fullmatch(r"other-\d+", value)) else value


def _differences(mine: Mapping[str, Json], theirs: Mapping[str, Json]) -> Iterator[str]:
    """What one of two objects of a name has and the other has not, in words."""
    for name, body in mine.items():
        if name not in theirs:
            yield f"{name}: not there"
            continue
        here, there = dict(_leaves(body)), dict(_leaves(theirs[name]))
        for path in sorted(here.keys() | there.keys()):
            if not _same(path, here.get(path), there.get(path)):
                yield f"{name}: {path} is {here.get(path, 'nothing')!r:.80}, there {there.get(path, 'nothing')!r:.80}"


def _same(path: str, here: Json, there: Json) -> bool:
    """Whether two leaves say the same; what is left out is what the definitions say it is then, an id is made."""
    if here is None or there is None:
        said, name = there if here is None else here, path.rpartition(".")[2]
        if said in (None, {}, [], ID) or COPIED.search(path) or PROSE.get(name) == said:
            return True
        return (name == "published" and there is True) or json.dumps(said) in defaults().get(name, ())
    return bool(here == there)


def _leaves(value: Json, path: str = "") -> Iterator[tuple[str, Json]]:
    inside = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    if not inside:
        yield path, value
    for step, inner in inside:
        yield from _leaves(inner, f"{path}.{step}")
