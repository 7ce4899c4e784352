"""Apps and automations in a walk: steps, and what must be true of secrets and switches (N7 of
docs/reliability.md#the-table): invariants 14 to 16 of docs/reliability.md#the-invariants."""

from __future__ import annotations

import json
from collections import Counter
from random import Random
from typing import Any

from simulation import apps
from simulation.apps import METER
from simulation.commands import Commands, Walk
from simulation.findings import linked
from simulation.gauges import GaugedWorld
from syncer.plan.plan import REMOVALS

Json = Any
Seals = Counter[tuple[str, str]]
"""(option, seal of a secret) → how many entries of it there are."""


class Apps(Commands):
    """Steps of a walk, and what was live before each."""

    def __init__(self, world: GaugedWorld, dice: Random, came: Walk) -> None:
        super().__init__(world, dice, came)
        self.seals: Seals = Counter()
        self.named: set[str] = set()
        """Options whose secrets a plan of an apply said it would write or take away."""
        self.stopped: set[str] = set()
        """Ids of automations that the platform stopped and nobody switched on since."""
        self.let_go_of: set[str] = set()
        """Ids of automations that somebody told syncer to forget."""

    # --- steps

    def edit_app(self) -> object:
        """Another manifest of the app, or none."""
        world = self.world
        if METER in world.manifests and self.dice.random() < 0.1:
            world.drop(METER)
            return "dropped"
        world.put(apps.meter(self.dice, apps.installed(world)))
        return json.dumps(world.manifests[METER]["spec"])

    def app_by_hand(self) -> object:
        """In the portal."""
        self.hands.numbers += 1
        return apps.by_hand(self.world, self.dice, self.hands.numbers)

    def app_released(self) -> object:
        """By its owner or the platform."""
        return apps.released(self.world, self.dice)

    def automation_stopped(self) -> object:
        """By the platform; or switched on again by somebody."""
        return apps.automation_stopped(self.world, self.dice)

    def rotate(self) -> object:
        """The pipeline's variable."""
        self.hands.numbers += 1
        return apps.rotated(self.world, self.hands.numbers, self.dice)

    # --- what is true

    def look_again(self) -> None:
        """What is live is as people left it: nothing to be explained."""
        self.seals, self.stopped = self._seals(), self._stopped()

    def switches_kept(self) -> None:
        """14 and 16."""
        for plan in self.world.plans:
            for change in plan.changes:
                if str(change.address) == METER:
                    every = change.action in REMOVALS
                    self.named |= {
                        key for key in apps.SECRETS if every or any(f"options[{key}]" in one.path for one in change.fields)
                    }
        now = self._seals()
        for key in sorted({key for key, _ in self.seals - now} - self.named):
            self.wrong(14, f"`{key}` of {METER} is {'another' if any(key == each for each, _ in now) else 'gone'}")
        self.named -= {key for key, _ in self.seals - now}
        self.seals = now
        texts = self.world.texts()
        for id in sorted(self.stopped):
            if json.loads(texts.get(("automation", id), "{}")).get("enabled"):
                self.wrong(16, f"automation {id}")
        self.stopped = self._stopped()

    def automations_declared(self) -> None:
        """15, after an apply in which nothing went wrong."""
        world, texts = self.world, self.world.texts()
        known = {id for kind, id in linked(world) if kind == "automation"}
        ours = {key for key in linked(world) if key[0] == "flow"}
        for (kind, id), text in texts.items():
            if kind != "automation" or (kind, id) in self.hands.before or id in self.let_go_of:
                continue
            body = json.loads(text)
            flow = (body.get("workflow_context") or {}).get("workflow_id", "")
            if not body.get("enabled") or (("flow", flow) in texts and ("flow", flow) not in ours):
                continue
            if id not in known and not any(id in each for each in world.said):
                self.wrong(15, f"{id} `{body.get('flow_name')}` of flow `{flow}`")

    def _seals(self) -> Seals:
        return Counter((key, seal) for key, _, seal in apps.secrets_of(apps.installed(self.world)))

    def _stopped(self) -> set[str]:
        bodies = (json.loads(text) for (kind, _), text in self.world.texts().items() if kind == "automation")
        return {each["id"] for each in bodies if each.get("disable_details") and not each.get("enabled")}
