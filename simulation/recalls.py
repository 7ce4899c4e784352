"""Lives in which plan and drift recall what agreed before, beside plan and drift that recall nothing: after every step
both must say the same, to the byte (N25 of docs/reliability.md#the-table). The same seed is the same life."""

from __future__ import annotations

import json
import tempfile
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

from simulation.broken import BrokenWorld, Fate
from simulation.findings import CANARY
from simulation.moves import Hands
from simulation.repositories import organisation
from simulation.world import SERVER
from syncer.manifests.project import read_project
from syncer.model.diagnostic import SyncerError
from syncer.ops.drift import find_drift, last_apply
from syncer.ops.recall import Recall
from syncer.ops.selection import PlanRequest
from syncer.render.drift_json import drift_json
from syncer.render.plan_text import plan_json
from syncer.state.agreement_file import AgreementFile

STEPS = 20
DAY = 86_400.0
RUNS = ("plan", "drift", "plan"), ("drift", "plan", "drift")
"""What runs after a step: the last recalls what the first left."""


@dataclass(slots=True)
class RecalledLife:
    """What came of one seed."""

    seed: int
    steps: Counter[str] = field(default_factory=Counter)
    runs: Counter[str] = field(default_factory=Counter)
    """How a run came about: whole, in part, afresh, to check, in error."""
    wrong: list[str] = field(default_factory=list)


def recalled(asked: tuple[int, int]) -> RecalledLife:
    """The life of (seed, steps); it ends where the two say different things."""
    seed, steps = asked
    dice, came = Random(f"recall {seed}"), RecalledLife(seed)
    with tempfile.TemporaryDirectory(prefix="syncer-sim-") as folder:
        world = BrokenWorld(Path(folder), {"flow_export": dice.random() < 0.7}, env={"SYNCER_KEY": CANARY})
        world.begin(dice)
        world.seed(organisation(dice))
        hands = Hands(world, dice)
        moves: list[tuple[str, int, Any]] = [
            ("edit", 5, hands.edit),
            ("rename", 2, hands.rename),
            ("ours by hand", 5, hands.change_ours),
            ("others by hand", 4, hands.change_others),
            ("apply", 9, lambda: world.tried(Fate())),
            ("a day", 1, lambda: world.time.pass_by(DAY)),
            ("state deleted", 1, world.forget),
            ("memory spoilt", 2, lambda: _spoil(_file(world).path, dice)),
        ]
        hands.edit()
        world.tried(Fate())
        while came.steps.total() < steps and not came.wrong:
            ((name, _, move),) = dice.choices(moves, [often for _, often, _ in moves])
            move()
            world.land(everything=True)
            came.steps[name] += 1
            for command in dice.choice(RUNS):
                _both(world, command, came)
        path = _file(world).path
        if path.exists() and CANARY.encode() in path.read_bytes():
            came.wrong.append("a secret stands in what is remembered")
        world.close()
    return came


def _file(world: BrokenWorld) -> AgreementFile:
    return AgreementFile(world.folder / "cache" / "sim.cache", "0" * 32)


def _spoil(path: Path, dice: Random) -> None:
    """What is remembered is cut off, another byte stands in it, or it is gone."""
    if not path.exists():
        return
    raw = bytearray(path.read_bytes())
    at = dice.randrange(len(raw))
    match dice.choice(["cut", "byte", "gone"]):
        case "cut":
            path.write_bytes(raw[:at])
        case "byte":
            raw[at] ^= 1 << dice.randrange(8)
            path.write_bytes(raw)
        case _:
            path.unlink()


def _both(world: BrokenWorld, command: str, came: RecalledLife) -> None:
    """The command with and without what it recalls; what differs is wrong."""
    recall = Recall(
        _file(world), read_project(world.folder / "syncer.yaml"), f"{world.environment} {SERVER}", world.today, command
    )
    recall.same_files()
    warm, asked = _said(world, command, recall)
    cold, _ = _said(world, command, None)
    came.wrong += [f"{command}: {each.message}" for each in recall.problems]
    if warm != cold:
        came.wrong.append(f"{command} after {came.steps.most_common()}:\nrecalled: {warm}\nafresh: {cold}")
    known = len(recall.agreements.now)
    how = "to check" if recall.checking else "whole" if not asked else "in part" if known else "afresh"
    came.runs["in error" if warm.startswith("refused") else how] += 1


def _said(world: BrokenWorld, command: str, recall: Recall | None) -> tuple[str, bool]:
    """All that the command would print, for machines; and whether the manifests were read."""
    asked: list[bool] = []

    def wanted() -> tuple[Any, Any, int]:
        asked.append(True)
        return (*world.wanted(), 0)

    state, request = world.state(), PlanRequest(world.target)
    before: tuple[Any, Sequence[Any]] = (last_apply(world.runs.newest()[0]), ())
    try:
        with world.api(read_only=True) as api:
            if command == "drift":
                if recall is not None:
                    report = recall.drift(api, world.fetch, wanted, state, request, before)
                else:
                    desired, removals = world.wanted()
                    plain = PlanRequest(world.target, removal_requests=removals, salt=state.salt)
                    report = find_drift(api, world.fetch, desired, state, plain, *before)
                return drift_json(report), bool(asked)
            planned = recall.plan(api, world.fetch, wanted, state, request) if recall else world.planned(api, state)
            said = plan_json(planned.plan, planned.problems), _told(world.situation(planned, state, api))
            return "\n".join(said), bool(asked)
    except SyncerError as error:
        return f"refused: {type(error).__name__} {error.problems}", True


def _told(situation: Any) -> str:
    """What the guards look at, in an order of its own."""
    return json.dumps(
        {
            name: sorted(map(str, each.items())) if isinstance(each, dict) else str(each)
            for name in situation.__slots__
            for each in [getattr(situation, name)]
        }
    )
