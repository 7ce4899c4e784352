"""The commands that a walk runs, and what must be true of each: of docs/reliability.md#the-invariants those that no
look at the world alone can tell."""

from __future__ import annotations

import contextlib
import json
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from simulation.broken import BrokenWorld, Fate, SimulatedCrash
from simulation.findings import STORED, converged, honest_code, linked, memory_loads
from simulation.gauges import WORKERS, GaugedWorld
from simulation.moves import Hands
from simulation.repositories import GUARDED
from simulation.scalars import changed_by_hand
from simulation.seeds import UNCLEAR, Weather, unexpected
from syncer.kinds import KINDS
from syncer.model.diagnostic import InvalidInput, Refused, SyncerError
from syncer.ops.adopt import adopt
from syncer.ops.apply.state_store import StateStore
from syncer.plan.plan import REMOVALS, Plan
from syncer.plan.safety import Consent
from syncer.render.plan_text import render_plan
from syncer.render.problems import problems_text
from syncer.render.terminal import Terminal
from syncer.state.backends.factory import local_place
from syncer.state.journal import read_records
from syncer.state.plan_file import load_plan, save_plan

INVARIANTS = {
    1: "at most one live object for each managed address",
    2: "what syncer made is known to the state, the journal or the next plan",
    3: "objects of others are byte for byte what they were",
    4: "protected objects are there",
    5: "state and journal load and verify",
    6: "no command but apply changes the organisation",
    7: "after an apply in which nothing goes wrong the plan is empty",
    8: "the exit code says what happened",
    9: "no secret in anything said or written",
    10: "requests in flight and writes a minute stay within their limits",
    11: "a scalar changed by hand, declared or not, is reported as exactly that",
    12: "the id of a part that nobody replaced is what it was",
    13: "a pull takes over whatever was done to parts by hand, and leaves nothing of it to the next plan",
    14: "no secret that syncer did not name is gone",
    15: "no automation is left enabled in no file",
    16: "an automation that the platform stopped is off until somebody has looked",
}
MAY_STOP = UNCLEAR | {"missing-for-create"}
"""Rules under which a command may say that people must decide first, though nothing goes wrong."""

LED_NOWHERE = re.compile(r"`edges\[[^`]*` (is|are) not as")
"""What is said where the platform took away an edge that led nowhere, which somebody had drawn and a pull accepted."""

DANGLING = re.compile(r"relates to schema \w+, which does not exist")
"""What the platform says of an attribute that a removed manifest left behind, once its schema went as well."""


@dataclass(slots=True)
class Walk:
    """What came of one seed."""

    seed: int
    steps: Counter[str] = field(default_factory=Counter)
    codes: Counter[int] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    stopped: Counter[str] = field(default_factory=Counter)
    """Rule → how often it stopped an apply in which nothing went wrong."""
    left: list[str] = field(default_factory=list)
    """What a cut-off run made and nobody looks for any more, for its manifest went away before the next run: objects
    with a key, whose call is not journalled, and automations of such a flow."""
    scalars: int = 0
    """Scalars that were changed by hand and looked for in a report of drift."""
    edits: Counter[str] = field(default_factory=Counter)
    """What was done to parts, by hand and in manifests."""
    violations: list[str] = field(default_factory=list)
    story: list[str] = field(default_factory=list)


class Commands:
    """Somebody at a terminal, in a world where things break."""

    def __init__(self, world: GaugedWorld, dice: Random, came: Walk) -> None:
        self.world, self.dice, self.came = world, dice, came
        self.hands = Hands(world, dice)
        self.saved = world.folder / "plan.json"
        self.journals_lost = False

    def wrong(self, invariant: int, what: str) -> None:
        """A violation; the step that led to it is the story's last."""
        self.came.violations.append(f"{INVARIANTS.get(invariant, 'an error came up')}: {what}")

    def journalled(self) -> tuple[set[str], set[str]]:
        """Ids that the journal knows, and the sandbox's kinds of which a call is not settled or not yet in state."""
        records = read_records(self.world.journal_path, self.world.disk).records
        ids = {str(each["live_id"]) for each in records if each.get("live_id")}
        kinds = {STORED[each["intent"]["kind"]] for each in records if "intent" in each}
        return ids, kinds | ({"automation"} if "flow" in kinds else set())

    def broken_apply(self) -> object:
        """Under a weather of its own; run again by a later step."""
        world = self.world
        if not world.late:
            world.skew = self.dice.choice([0.0, 0.0, -3600.0, 3600.0])
        done = len(world.committed)
        code, _ = world.tried(Weather(world, self.dice), workers=self.dice.choice([1, WORKERS]))
        if not memory_loads(world):
            self.honest(code, len(world.committed) - done)
        return code

    def good_apply(self, **how: Any) -> object:
        """Nothing goes wrong: it does everything, or says why people must decide first."""
        world = self.world
        if any(request.method != "POST" for _, request in world.late):
            world.land(everything=True)
        done, said = len(world.committed), len(world.said)
        code, _ = world.tried(Fate(), workers=self.dice.choice([1, WORKERS]), **how)
        world.land(everything=True)
        wrote = len(world.committed) - done
        self.honest(code, wrote)
        if code == 3 and self.decided():
            self.came.stopped.update(world.rules)
            world.gauge()
            return self.good_apply(**how)
        if code in (5, 6) and any(DANGLING.search(each) for each in world.said[said:]):
            self.came.stopped["relates to a schema that was removed"] += 1
        elif code == 5 and not world.rules and _only_led_nowhere(world.said[said:]):
            self.came.stopped["an edge that led nowhere is gone"] += 1
        elif code and not (code in (3, 4) and world.rules <= MAY_STOP):
            self.wrong(7, f"nothing went wrong, exit code {code} by {sorted(world.rules)}: {_last(world)}")
        for rule in world.rules if code else ():
            self.came.stopped[rule] += 1
        if code == 0 and (still := world.open_intents()):
            self.wrong(7, f"intents stay open: {still}")
        if code == 0:
            self.names_kept()
            self.automations_declared()
            self.scalar_by_hand()
        return code

    def names_kept(self) -> None:
        """What must be true of the parts of objects after an apply in which nothing went wrong."""

    def decided(self) -> bool:
        """Whether what stopped an apply was for people to decide, and they did."""
        return False

    def automations_declared(self) -> None:
        """What must be true of automations then."""

    def scalar_by_hand(self) -> None:
        """Somebody changes one, and takes it back: with dice of its own, so that a walk stays the walk of its seed."""
        said, wrong = changed_by_hand(self.world, Random(len(self.came.story)))
        if wrong:
            self.wrong(11, wrong)
        self.came.scalars += not said.startswith("not asked")

    def guarded_apply(self) -> object:
        """Nobody consented to anything: what removes or destroys something is refused, and nothing is written."""
        world = self.world
        world.land(everything=True)
        try:
            dangerous = [each for each in world.plan().plan.changes if each.action in REMOVALS or each.losses]
        except SyncerError:
            return "no plan"
        settled, done = not self.journalled()[1], len(world.committed)
        code, _ = world.tried(Fate(), consent=Consent(confirm="test"))
        wrote = len(world.committed) - done
        self.honest(code, wrote)
        if dangerous and settled and (code != 4 or wrote):
            self.wrong(8, f"{dangerous[0].address} would go, exit code {code}, {wrote} writes")
        return code

    def save_a_plan(self) -> object:
        """For a later apply."""
        planned = self._planned()
        if planned is not None:
            save_plan(self.saved, planned.plan, planned.problems)
        return "saved" if planned else "no plan"

    def apply_saved(self) -> object:
        """The plan of another time: done if it is still true, else refused before the first write."""
        world = self.world
        if not self.saved.exists():
            return "none saved"
        world.land(everything=True)
        saved = load_plan(self.saved)
        now = self._planned()
        settled, done = not self.journalled()[1], len(world.committed)
        code, _ = world.tried(Fate(), saved=saved, workers=WORKERS)
        wrote = len(world.committed) - done
        self.honest(code, wrote)
        if now is not None and settled and now.plan.id == saved.id and code != 0:
            self.wrong(7, f"the saved plan is still true, exit code {code} by {sorted(world.rules)}: {_last(world)}")
        if now is not None and settled and code == 0 and wrote and _changes(now.plan) != _changes(saved):
            self.wrong(8, f"a plan that is not the saved one was applied with {wrote} writes")
        return code

    def plan(self) -> object:
        """Shown, too."""
        return "shown" if self._planned() is not None else "no plan"

    def broken_plan(self) -> object:
        """It may fail in any way and changes nothing."""
        with contextlib.suppress(SyncerError, SimulatedCrash), self.world.breaking(Weather(self.world, self.dice)):
            self.world.plan()
        return ""

    def validate(self) -> object:
        """Every repository of the dice is valid."""
        self.world.wanted()
        return "valid"

    def adopt(self) -> object:
        """Some manifest's object is looked for by key or title and linked."""
        world = self.world
        address = self.dice.choice(sorted(each for each in world.manifests if not each.startswith("Removed/")))
        try:
            done = adopt(world, address, "")
        except (InvalidInput, Refused) as refusal:
            world.said.append(problems_text(refusal.problems, Terminal()))
            return f"{address}: {refusal.problems[0].rule}"
        return f"{address}: {'linked' if done.new else 'was linked'}"

    def let_go(self) -> object:
        """`state rm` of one that is not guarded: its object stays."""
        free = [each for each in sorted(self.world.state().entries, key=str) if str(each) != GUARDED]
        if not free:
            return "nothing"
        address = self.dice.choice(free)
        self._store().put({address: None})
        return address

    def lose_memory(self) -> object:
        """State and journal are gone, as with a runner's disk."""
        ours = linked(self.world)
        ids, kinds = self.journalled()
        self.hands.claimed |= {key for key in self.world.texts() if key in ours or key[0] in kinds or key[1] in ids}
        calm = not kinds and converged(self.world) == []
        self.world.forget()
        if calm:
            try:
                found = [f"without state: {address} {words}" for address, words in unexpected(self.world.changes())]
            except InvalidInput as refusal:
                found = [f"without state: {each.message}" for each in refusal.problems if each.rule not in UNCLEAR]
            for each in found:
                self.wrong(2, each)
        return "calm" if calm else "in the middle"

    def drop_guarded(self) -> object:
        """Who takes the protected manifest away, and allows all deletes, is refused, and nothing is written."""
        world, done = self.world, len(self.world.committed)
        if GUARDED not in self.hands.managed or self.journalled()[1]:
            return "not yet ours"
        document = world.manifests[GUARDED]
        world.drop(GUARDED)
        code, _ = world.tried(Fate(), consent=Consent(allow_delete=-1, allow_update=-1, confirm="test"))
        world.put(document)
        if code not in (3, 4) or len(world.committed) != done:
            self.wrong(4, f"a protected object may be removed: exit code {code}")
        return code

    def honest(self, code: int, wrote: int) -> None:
        """Invariants 7 and 8."""
        world = self.world
        self.came.codes[code] += 1
        if code == -9 or world.late:
            return
        for each in honest_code(code, wrote, world):
            self.wrong(7 if code == 0 else 8, each)
        if code == 1:
            self.wrong(8, f"exit code 1, a bug: {_last(world)}")

    def _planned(self) -> Any:
        """A plan and its text as a user sees it, or None where it was refused."""
        world = self.world
        try:
            planned = world.plan()
        except SyncerError as error:
            world.said.append(problems_text(error.problems, Terminal()))
            return None
        world.said.append(render_plan(planned.plan, Terminal()))
        return planned

    def _store(self) -> StateStore:
        world = self.world
        place = local_place(world.state_path, world.environment, org_id=world.org_id, kinds=KINDS, disk=world.disk)
        return StateStore(place, replace(world.state(), org_id=world.org_id))


def _changes(plan: Plan) -> list[tuple[str, str, str]]:
    """What a plan says of the organisation: address, verb and expected fingerprint of each change."""
    return sorted((str(each.address), each.action, each.fingerprint) for each in plan.changes)


def _only_led_nowhere(said: Sequence[str]) -> bool:
    """Whether nothing else was wrong with an apply."""
    wrong = [each for each in said if each.startswith(("!", "?"))]
    return bool(wrong) and all(LED_NOWHERE.search(each) for each in wrong)


def _last(world: BrokenWorld) -> str:
    return json.dumps([each for each in world.said if each][-3:], ensure_ascii=False)
