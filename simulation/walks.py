"""One seed, so many steps: manifests, hands, faults, crashes and commands in any order, and after every step the
invariants of docs/reliability.md#the-invariants (N7 of docs/reliability.md#the-table). The same seed is the same
walk.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Collection
from pathlib import Path
from random import Random

from simulation import apps
from simulation.commands import Walk
from simulation.findings import (
    CANARY,
    NAMED,
    called,
    linked,
    memory_loads,
    no_secret,
    nothing_twice_or_lost,
    others_untouched,
)
from simulation.gauges import WORKERS, WRITES, GaugedWorld
from simulation.rebuilds import Rebuilds
from simulation.repositories import GUARDED, organisation


def walk(asked: tuple[int, int]) -> Walk:
    """The walk of (seed, steps); it ends at the first violation."""
    seed, steps = asked
    dice, came = Random(f"walk {seed}"), Walk(seed)
    with tempfile.TemporaryDirectory(prefix="syncer-sim-") as folder:
        world = GaugedWorld(
            Path(folder),
            {"flow_export": dice.random() < 0.7},
            env={"SYNCER_KEY": CANARY, "SYNCER_OTHER": f"{CANARY}-other"},
        )
        world.begin(dice)
        world.gauge()
        world.seed({**organisation(dice), "app_configurations": [apps.configuration()]})
        Walking(world, dice, came).go(steps)
        came.faults = world.faults
        world.close()
    return came


BY_HAND = frozenset(
    {"ours by hand", "others by hand", "parts by hand", "parts, both", "app by hand", "app released"}
    | {"automation stopped"}
)
"""Steps that change the organisation without syncer."""


class Walking(Rebuilds):
    """A walk under way: what may come next, and what must be true after it."""

    def go(self, steps: int) -> None:
        """So many steps, each followed by the invariants."""
        moves: dict[str, tuple[int, Callable[[], object]]] = {
            # step: how often, what it does
            "edit": (14, self.hands.edit),
            "rename": (4, self.hands.rename),
            "parts": (8, self.edit_parts),
            "parts by hand": (8, self.parts_by_hand),
            "parts, both": (4, self.parts_both),
            "app": (6, self.edit_app),
            "app by hand": (5, self.app_by_hand),
            "app released": (3, self.app_released),
            "automation stopped": (4, self.automation_stopped),
            "rotation": (2, self.rotate),
            "pull": (8, self.take_over),
            "ours by hand": (8, self.hands.change_ours),
            "others by hand": (4, self.hands.change_others),
            "apply, broken": (26, self.broken_apply),
            "apply": (18, self.good_apply),
            "apply, guarded": (5, self.guarded_apply),
            "apply of a saved plan": (6, self.apply_saved),
            "plan": (5, self.plan),
            "plan, broken": (3, self.broken_plan),
            "plan -o": (6, self.save_a_plan),
            "validate": (2, self.validate),
            "adopt": (4, self.adopt),
            "state rm": (2, self.let_go),
            "state deleted": (2, self.lose_memory),
            "guarded dropped": (2, self.drop_guarded),
        }
        self.step("edit", self.hands.edit)
        while sum(self.came.steps.values()) < steps and not self.came.violations:
            ((name, (_, move)),) = self.dice.choices(list(moves.items()), [often for often, _ in moves.values()])
            self.step(name, move)

    def step(self, name: str, move: Callable[[], object]) -> None:
        """One step and what must be true after it."""
        world = self.world
        if not name.startswith("apply"):
            world.land(everything=True)  # the platform works on its own, not on behalf of this step
            self.switches_kept()
        texts, done = world.texts(), len(world.committed)
        world.gauge()
        try:
            said = move()
            self.came.story.append(f"{name}: {said}")
            by_hand = name in BY_HAND
            moved = len(world.committed) != done or (world.texts() != texts and not by_hand)
            if moved and not name.startswith("apply") and name != "guarded dropped":
                self.wrong(6, f"`{name}` changed the organisation")
            if by_hand:
                self.look_again()
            self.invariants()
        except Exception as error:  # whatever comes up is a finding of this step
            self.wrong(0, f"{type(error).__name__}: {error}")
        self.came.steps[name] += 1

    def invariants(self) -> None:
        """Those that hold after every step: 1 to 5, 9, 10; commands look after 6, 7 and 8."""
        world, hands = self.world, self.hands
        problems = memory_loads(world)
        for each in problems:
            self.wrong(5, each)
        if problems:
            return
        texts, ours = world.texts(), linked(world)
        hands.claimed |= set(ours)
        known, open_kinds = self.journalled()
        twice, lost = nothing_twice_or_lost(world, hands.before, hands.claimed - set(ours))
        for each in [*(each for each in twice if each.split(" ")[0] in NAMED), *self._twins(ours)]:
            self.wrong(1, each)
        unknown = [each.split(" ")[:2] for each in [*lost, *twice] if not each.endswith("not there")]
        for kind, id in unknown:  # what is linked and not there was deleted by hand: the next plan sees it
            if id in known or kind in open_kinds:
                continue  # the journal
            if kind not in NAMED and hands.declares(kind, id):
                continue  # the next plan, by its key
            if kind == "automation" and any(id in texts.get(key, "") for key in ours):
                continue  # the next plan, by the flow that names it
            hands.claimed.add((kind, id))
            if kind not in NAMED or (kind == "automation" and not self._bundled(kind, id)):
                self.came.left.append(f"{kind} {id}")
            elif not hands.lets_go(kind, id):
                self.wrong(2, f"{kind} {id} is live, and neither state nor journal nor the next plan knows it")
        for each in others_untouched(world, hands.before, hands.claimed):
            self.wrong(3, each)
        guarded = [key for key, owner in ours.items() if owner == GUARDED]
        if any(key not in texts for key in guarded):
            self.wrong(4, f"{GUARDED} is gone")
        self.parts_kept()
        self.switches_kept()
        for each in no_secret(world):
            self.wrong(9, each)
        if world.most_flying > WORKERS:
            self.wrong(10, f"{world.most_flying} requests at once, {WORKERS} workers")
        if (
            world.most_writes > WRITES + WORKERS - 1
        ):  # each of the others may have had its turn before, and sent only now
            self.wrong(10, f"{world.most_writes} writes within a minute, {WRITES} are allowed")

    def _bundled(self, kind: str, id: str) -> bool:
        """Whether a manifest still declares an automation of that name."""
        name = called(kind, self.world.texts()[kind, id])
        declared = [each["spec"].get("automations", {}) for each in self.world.manifests.values()]
        return any(name == each["flow_name"] for bundle in declared for each in bundle.values())

    def _twins(self, ours: Collection[tuple[str, str]]) -> list[str]:
        """Flows and reasons that came since, were not given up, and have the same title: two addresses never have."""
        texts = self.world.texts()
        counted = Counter(
            (kind, called(kind, text))
            for (kind, id), text in texts.items()
            if kind in ("flow", "closing_reason")
            and (kind, id) not in self.hands.before
            and ((kind, id) in ours or (kind, id) not in self.hands.claimed)
        )
        return [f"{count} of {kind} are called `{name}`" for (kind, name), count in counted.items() if count > 1]
