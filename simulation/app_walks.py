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

SENT = "sent along"
"""What a notice says of a secret of which nobody knows whether it is up to date, where it is written all the same."""


class Apps(Commands):
    """Steps of a walk, and what was live before each."""

    def __init__(self, world: GaugedWorld, dice: Random, came: Walk) -> None:
        super().__init__(world, dice, came)
        self.seals: Seals = Counter()
        self.named: set[str] = set()
        """Options whose secrets a plan of an apply said it would write or take away."""
        self.stopped: set[str] = set()
        """Ids of automations that the platform stopped and nobody switched on since."""
        self.told: list[str] = []
        """Notices of plans: what stays is named there."""
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
        self.hands.claimed.add(("installation", apps.APP))
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

    def decided(self) -> bool:
        """Where a secret that no manifest knows would be lost, all that are set are declared."""
        world = self.world
        if "unmanaged-secret" not in world.rules or METER not in world.manifests:
            return False
        self.switches_kept()
        there = Counter(key for key, *_ in apps.secrets_of(apps.installed(world)))
        if not there - self._declared():
            self.wrong(
                7, f"no secret of {METER} would be lost: {dict(there)} are set, {dict(self._declared())} declared"
            )
            return False
        world.put(apps.meter(self.dice, apps.installed(world), care=1.0))
        return True

    def lose_memory(self) -> object:
        """What was made one by one is nobody's then."""
        self._let_go()
        return super().lose_memory()

    def let_go(self) -> object:
        """With the automations of a flow."""
        before = {id for kind, id in linked(self.world) if kind == "automation"}
        said = super().let_go()
        self.let_go_of |= before - {id for kind, id in linked(self.world) if kind == "automation"}
        return said

    def _let_go(self) -> None:
        self.let_go_of |= {id for kind, id in self.world.texts() if kind == "automation"}

    def _declared(self) -> Counter[str]:
        values = self.world.manifests[METER]["spec"]["option_values"]
        options = {each["key"]: each["value"] for level in values for each in level["options"]}
        return Counter(
            {key: len(value) if isinstance(value, list) else 1 for key, value in options.items() if key in apps.SECRETS}
        )

    # --- what is true

    def look_again(self) -> None:
        """What is live is as people left it: nothing to be explained."""
        self.seals, self.stopped = self._seals(), self._stopped()

    def switches_kept(self) -> None:
        """14 and 16."""
        for plan in self.world.plans:
            self.told += [each.message for each in plan.notices]
            for change in plan.changes:
                if str(change.address) == METER:
                    told = [one.path for one in change.fields] + [
                        one.message for one in plan.notices if SENT in one.message
                    ]
                    self.named |= {key for key in apps.SECRETS if any(f"options[{key}]" in one for one in told)}
                    self.named |= set(apps.SECRETS) if change.action in REMOVALS else set()
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
        self.let_go_of -= known
        ours = {key for key in linked(world) if key[0] == "flow"}
        free = [text for key, text in texts.items() if key[0] == "flow" and key not in ours]
        for (kind, id), text in texts.items():
            if kind != "automation" or (kind, id) in self.hands.before or id in self.let_go_of:
                continue
            body = json.loads(text)
            flow = (body.get("workflow_context") or {}).get("workflow_id", "")
            if not body.get("enabled") or any(id in each or f'"id":"{flow}"' in each for each in free):
                continue  # of a flow that is not ours, or not any more
            if id not in known and not any(id in each for each in self.told):
                self.wrong(15, f"{id} `{body.get('flow_name')}` of flow `{flow}`")

    def _seals(self) -> Seals:
        return Counter((key, seal) for key, _, seal in apps.secrets_of(apps.installed(self.world)))

    def _stopped(self) -> set[str]:
        bodies = (json.loads(text) for (kind, _), text in self.world.texts().items() if kind == "automation")
        return {each["id"] for each in bodies if each.get("disable_details") and not each.get("enabled")}
