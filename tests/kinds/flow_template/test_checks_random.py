"""Random sound flows have no finding, and each way of breaking one has exactly its own: one mistake, one rule."""

from __future__ import annotations

import copy
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from syncer.kinds.flow_template.checks.spec import RULES, check_flow
from tests.support.examples import examples

Spec = dict[str, Any]
Stub = tuple[str, str | None, bool]
"""An edge without an end yet: source, condition, whether it is the default."""


class Drawing:
    """A flow that grows: what is added to it stays sound as long as every stub is led somewhere."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.tasks: list[Spec] = []
        self.edges: list[Spec] = []
        self.automations: Spec = {}
        self.phases: list[Spec] = []

    def lead(self, stubs: list[Stub], target: str) -> None:
        for source, condition, default in stubs:
            edge: Spec = {"from_id": source}
            if target or self.random.random() < 0.5:
                edge["to_id"] = target
            if condition is not None:
                edge["condition_id"] = condition
            if default:
                edge["none_met"] = True
            if self.random.random() < 0.7:
                edge["id"] = f"e{len(self.edges)}"
            self.edges.append(edge)

    def task(self, phase: str | None, task_type: str, before: list[str], **fields: Any) -> Spec:
        name = f"t{len(self.tasks)}"
        task: Spec = {"id": name, "name": f"Task {name}", "task_type": task_type, **fields}
        if phase:
            task["phase_id"] = phase
        done = [other["id"] for other in self.phases if other["id"] != phase and other.get("closed")]
        if before and self.random.random() < 0.3:
            chosen = self.random.choice(before)
            task["requirements"] = [{"when": "TASK_FINISHED", "task_id": chosen}]
            task["due_date_config"] = {"type": "TASK_FINISHED", "task_id": chosen, "duration": 1, "unit": "days"}
        elif done and self.random.random() < 0.3:
            task["requirements"] = [{"when": "PHASE_FINISHED", "phase_id": self.random.choice(done)}]
        self.tasks.append(task)
        return task

    def single(self, phase: str | None, before: list[str]) -> Spec:
        task_type = self.random.choice(["MANUAL", "MANUAL", "AUTOMATION", "AI_AGENT"])
        if task_type == "AI_AGENT":
            return self.task(phase, task_type, before, agent_config={"agent_id": "agent"})
        if task_type == "MANUAL":
            return self.task(phase, task_type, before)
        config: Spec
        if self.random.random() < 0.5:
            key = f"a{len(self.automations)}"
            self.automations[key] = {"flow_name": key, "triggers": [], "actions": []}
            config = {"flow_id": {"automation": key}}
        else:
            config = {"action_config": {"type": "send-email"}}
        if before and self.random.random() < 0.5:
            config["input_context"] = {"source": "task", "task_id": self.random.choice(before)}
        schedule: Spec = {"mode": "immediate"}
        if before and self.random.random() < 0.5:
            reference = {"origin": "task_completed", "id": self.random.choice(before)}
            schedule = {"mode": "relative", "direction": "after", "duration": 1, "unit": "days", "reference": reference}
        return self.task(phase, task_type, before, automation_config=config, schedule=schedule)

    def decision(self, phase: str | None, before: list[str], branches: int, loops: bool) -> tuple[Spec, list[Stub]]:
        """A decision and a stub for each branch: the default last, then, if it loops, loop branch and exit."""
        mode = self.random.choice(["manual", "automatic"])
        task = self.task(phase, "DECISION", before, trigger_mode=mode, conditions=[])
        stubs: list[Stub] = []
        for index in range(branches + (2 if loops else 0)):
            name = f"{task['id']}-c{index}"
            default = index == branches - 1
            ends = loops and index == branches + 1
            statements = [] if mode == "manual" or default or ends else [self.statement(name)]
            condition: Spec = {"id": name, "branch_name": name, "logical_operator": "AND", "statements": statements}
            task["conditions"].append(condition)
            stubs.append((task["id"], name, default))
        if loops:
            task["loop_config"] = {"loop_branch_id": stubs[-2][1], "exit_branch_id": stubs[-1][1], "max_iterations": 3}
        return task, stubs

    def statement(self, branch: str) -> Spec:
        operator, values = self.random.choice([("equals", ["x"]), ("any_of", ["x", "y"]), ("is_empty", [])])
        source: Spec = {"origin": "trigger", "origin_type": "entity", "schema": "opportunity", "attribute": "kind"}
        if self.random.random() < 0.5:
            source["id"] = "start"
        return {"id": f"{branch}-s", "operator": operator, "values": values, "source": source}

    def block(self, phase: str | None, before: list[str], depth: int) -> tuple[str, list[Stub]]:
        """A part of the flow: its first task, and the stubs it is left by (none: every path ends inside)."""
        form = self.random.choice(["single", "single", "decision", "loop"]) if depth else "single"
        if form == "single":
            task = self.single(phase, before)
            return task["id"], [(task["id"], None, False)]
        if form == "decision":
            task, stubs = self.decision(phase, before, self.random.randint(2, 3), loops=False)
            return task["id"], self.branch_out(phase, [*before, task["id"]], stubs, depth)
        first, body = self.open_chain(phase, before, depth - 1)
        task, stubs = self.decision(phase, [*before, first], self.random.randint(1, 2), loops=True)
        self.lead(body, task["id"])
        back = [stubs.pop(-2)]
        if self.random.random() < 0.5:
            entry, tail = self.open_chain(phase, [*before, first, task["id"]], self.random.randint(0, 1))
            self.lead(back, entry)
            back = tail
        self.lead(back, first)
        return first, self.branch_out(phase, [*before, first, task["id"]], stubs, depth)

    def open_chain(self, phase: str | None, before: list[str], depth: int) -> tuple[str, list[Stub]]:
        """A chain that doesn't end inside: where one did, it is taken back and a single task stands for it."""
        tasks, edges, automations = len(self.tasks), len(self.edges), list(self.automations)
        first, stubs = self.chain(phase, before, depth)
        if not stubs:
            del self.tasks[tasks:], self.edges[edges:]
            self.automations = {key: self.automations[key] for key in automations}
            first = self.single(phase, before)["id"]
            stubs = [(first, None, False)]
        return first, stubs

    def branch_out(self, phase: str | None, before: list[str], stubs: list[Stub], depth: int) -> list[Stub]:
        left: list[Stub] = []
        for stub in stubs:
            if self.random.random() < 0.4:
                first, ends = self.chain(phase, before, depth - 1)
                self.lead([stub], first)
                left += ends
            elif self.random.random() < 0.3:
                self.lead([stub], "")
            else:
                left.append(stub)
        return left

    def chain(self, phase: str | None, before: list[str], depth: int) -> tuple[str, list[Stub]]:
        first, stubs = self.block(phase, before, depth)
        passed = [first]
        for _ in range(self.random.randint(0, 2)):
            if not stubs:
                break
            following, ends = self.block(phase, [*before, *passed], depth)
            self.lead(stubs, following)
            passed.append(following)
            stubs = ends
        return first, stubs


def make_flow(random: Random) -> Spec:
    """A sound flow: up to four phases, perhaps tasks after or without them."""
    drawing = Drawing(random)
    stubs: list[Stub] = [("trigger", None, False)]
    before: list[str] = []
    for index in range(random.randint(0, 4)):
        phase: Spec = {"id": f"p{index}", "name": f"Phase {index}"}
        if drawing.phases and random.random() < 0.5:
            target = random.choice(drawing.phases)["id"]
            phase["due_date_config"] = {"type": "PHASE_FINISHED", "phase_id": target, "duration": 1, "unit": "weeks"}
        drawing.phases.append(phase)
        drawing.lead(stubs, phase["id"])
        first, ends = drawing.chain(phase["id"], before, 2)
        drawing.lead([(phase["id"], None, False)], first)
        drawing.lead([end for end in ends if end[1] is not None or random.random() < 0.3], "")
        before = [*before, first]
        phase["closed"] = True
        stubs = [(phase["id"], None, False)]
    if not drawing.phases or random.random() < 0.3:
        first, ends = drawing.chain(None, before, 2)
        drawing.lead(stubs, first)
        drawing.lead([end for end in ends if end[1] is not None], "")
    for phase in drawing.phases:
        del phase["closed"]
    random.shuffle(drawing.tasks)
    random.shuffle(drawing.edges)
    spec: Spec = {"name": "Random", "enabled": False, "version": "v3", "tasks": drawing.tasks, "edges": drawing.edges}
    spec["trigger"] = {"id": "start", "type": "manual", "entity_schema": "opportunity"}
    if drawing.phases or random.random() < 0.5:
        spec["phases"] = drawing.phases
    if drawing.automations:
        spec["automations"] = drawing.automations
    task, target = random.choice(drawing.tasks)["id"], {"entitySchema": "opportunity", "entityAttribute": "stage"}
    trigger = {"event": "TaskCompleted", "filter": {"task_template_id": task}}
    spec["entity_sync"] = [{"trigger": trigger, "value": {"source": "task_status"}, "target": target}]
    return spec


@settings(max_examples=examples(150), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False))
def test_a_sound_flow_has_no_finding(random: Random) -> None:
    assert check_flow(make_flow(random)) == []


@settings(max_examples=examples(100), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.data())
def test_a_part_of_a_sound_flow_has_no_error(random: Random, data: st.DataObject) -> None:
    """Lists that aren't declared are the live object's, and so is what a task without a name leaves out."""
    spec = make_flow(random)
    if data.draw(st.booleans()):
        for key in data.draw(st.sets(st.sampled_from(["phases", "trigger", "version", "entity_sync"]))):
            spec.pop(key, None)
        for task in spec["tasks"]:
            if task is spec["tasks"][0] or data.draw(st.booleans()):
                task.pop("name")
                for key in data.draw(
                    st.sets(st.sampled_from(["phase_id", "conditions", "automation_config", "agent_config"]))
                ):
                    task.pop(key, None)
    else:
        spec.pop("edges" if data.draw(st.booleans()) else "tasks")
    assert [found for found in check_flow(spec) if found.severity == "error"] == []


Break = Callable[[Random, Spec], bool]
BREAKS: dict[str, tuple[str, Break]] = {}
"""Way of breaking a flow → the rule that must notice, and the function that does it (False: not this flow)."""


def breaks(rule: str) -> Callable[[Break], Break]:
    def note(function: Break) -> Break:
        BREAKS[function.__name__.removeprefix("_").replace("_", " ")] = (rule, function)
        return function

    return note


def some(random: Random, items: list[Any]) -> Any:
    """One of the items, or None."""
    return random.choice(items) if items else None


def named(spec: Spec, name: str) -> Spec:
    return next(task for task in spec["tasks"] if task["id"] == name)


def decisions(spec: Spec, **fields: Any) -> list[Spec]:
    found = [task for task in spec["tasks"] if task["task_type"] == "DECISION"]
    return [task for task in found if all(task.get(key) == value for key, value in fields.items())]


def plain(spec: Spec) -> list[Spec]:
    return [task for task in spec["tasks"] if task["task_type"] != "DECISION"]


def leaving(spec: Spec, source: str) -> list[Spec]:
    return [edge for edge in spec["edges"] if edge["from_id"] == source]


def leading_to(spec: Spec, target: str) -> list[Spec]:
    return [edge for edge in spec["edges"] if edge.get("to_id") == target]


def entry(spec: Spec, phase: str) -> Spec:
    return next(edge for edge in leaving(spec, phase) if named_phase(spec, edge.get("to_id")) == phase)


def named_phase(spec: Spec, name: str | None) -> str | None:
    return next((task.get("phase_id") for task in spec["tasks"] if task["id"] == name), None)


def phase_of(random: Random, spec: Spec) -> str | None:
    found = some(random, spec.get("phases", []))
    return found["id"] if found else None


@breaks("flow-duplicate-id")
def _a_task_with_the_id_of_another(random: Random, spec: Spec) -> bool:
    spec["tasks"].append(dict(random.choice(spec["tasks"])))
    return True


@breaks("flow-alias-taken")
def _a_task_that_was_called_as_another_is(random: Random, spec: Spec) -> bool:
    one, other = random.choice(spec["tasks"]), random.choice(spec["tasks"])
    one["aliases"] = [other["id"]]
    return True


@breaks("flow-duplicate-id")
def _a_task_with_the_id_of_a_phase(random: Random, spec: Spec) -> bool:
    phase = phase_of(random, spec)
    spec["tasks"].append({"id": phase, "name": "Twin", "task_type": "MANUAL", "phase_id": phase})
    return phase is not None


@breaks("flow-duplicate-id")
def _two_edges_of_one_id(random: Random, spec: Spec) -> bool:
    with_id = [edge for edge in spec["edges"] if "id" in edge]
    if len(with_id) < 2:
        return False
    one, other = random.sample(with_id, 2)
    one["id"] = other["id"]
    return True


@breaks("flow-duplicate-id")
def _two_conditions_of_one_id(random: Random, spec: Spec) -> bool:
    found = decisions(spec)
    if len(found) < 2:
        return False
    one, other = random.sample(found, 2)
    old, new = one["conditions"][0]["id"], other["conditions"][0]["id"]
    one["conditions"][0]["id"] = new
    for edge in leaving(spec, one["id"]):
        edge["condition_id"] = new if edge["condition_id"] == old else edge["condition_id"]
    for key, value in one.get("loop_config", {}).items():
        one["loop_config"][key] = new if value == old else value
    return True


@breaks("flow-duplicate-id")
def _two_statements_of_one_id(random: Random, spec: Spec) -> bool:
    found = [condition for task in decisions(spec) for condition in task["conditions"] if condition["statements"]]
    condition = some(random, found)
    if condition:
        condition["statements"].append(dict(condition["statements"][0]))
    return condition is not None


@breaks("flow-duplicate-id")
def _two_triggers_of_one_id(random: Random, spec: Spec) -> bool:
    spec["additional_triggers"] = [{"id": "start", "type": "manual"}]
    return True


@breaks("flow-reserved-id")
def _a_task_called_trigger(random: Random, spec: Spec) -> bool:
    spec["tasks"].append({"id": "trigger", "name": "Trigger", "task_type": "MANUAL"})
    return True


@breaks("flow-duplicate-edge")
def _an_edge_twice(random: Random, spec: Spec) -> bool:
    edge = dict(random.choice(spec["edges"]))
    edge.pop("id", None)
    spec["edges"].append(edge)
    return True


@breaks("flow-dangling-edge")
def _an_edge_to_nobody(random: Random, spec: Spec) -> bool:
    random.choice(spec["edges"])["to_id"] = "nobody"
    return True


@breaks("flow-dangling-edge")
def _an_edge_from_nobody(random: Random, spec: Spec) -> bool:
    random.choice(spec["edges"])["from_id"] = "nobody"
    return True


@breaks("flow-dangling-condition")
def _an_edge_of_no_condition(random: Random, spec: Spec) -> bool:
    edge = some(random, [edge for edge in spec["edges"] if "condition_id" in edge])
    if edge:
        edge["condition_id"] = "nothing"
    return edge is not None


@breaks("flow-edge-without-condition")
def _a_branch_without_its_condition(random: Random, spec: Spec) -> bool:
    edge = some(random, [edge for edge in spec["edges"] if "condition_id" in edge])
    if edge:
        del edge["condition_id"]
    return edge is not None


@breaks("flow-into-trigger")
def _an_edge_back_to_the_trigger(random: Random, spec: Spec) -> bool:
    random.choice(spec["edges"])["to_id"] = "trigger"
    return True


@breaks("flow-start")
def _no_start(random: Random, spec: Spec) -> bool:
    spec["edges"].remove(leaving(spec, "trigger")[0])
    return True


@breaks("flow-start")
def _two_starts(random: Random, spec: Spec) -> bool:
    others = [task["id"] for task in spec["tasks"] if not leading_to(spec, task["id"])[1:] and "phase_id" in task]
    first = leaving(spec, "trigger")[0]["to_id"]
    target = some(random, [name for name in others if name != first])
    spec["edges"].append({"from_id": "trigger", "to_id": target})
    return target is not None


@breaks("flow-start")
def _a_start_that_leads_nowhere(random: Random, spec: Spec) -> bool:
    leaving(spec, "trigger")[0]["to_id"] = None
    return True


@breaks("flow-phase-entry")
def _a_phase_without_entry(random: Random, spec: Spec) -> bool:
    phase = phase_of(random, spec)
    if phase:
        spec["edges"].remove(entry(spec, phase))
    return phase is not None


@breaks("flow-phase-entry")
def _a_phase_with_two_entries(random: Random, spec: Spec) -> bool:
    phase = phase_of(random, spec)
    first = entry(spec, phase)["to_id"] if phase else None
    members = [task["id"] for task in spec["tasks"] if phase and task.get("phase_id") == phase and task["id"] != first]
    target = some(random, members)
    spec["edges"].append({"from_id": phase, "to_id": target})
    return target is not None


@breaks("flow-phase-successor")
def _a_phase_with_two_ways_out(random: Random, spec: Spec) -> bool:
    phases = [phase["id"] for phase in spec.get("phases", [])]
    if len(phases) < 3:
        return False
    spec["edges"].append({"from_id": phases[0], "to_id": phases[2]})
    return True


@breaks("flow-empty-phase")
def _a_phase_without_tasks(random: Random, spec: Spec) -> bool:
    phases = [phase["id"] for phase in spec.get("phases", [])]
    if not phases or [edge for edge in leaving(spec, phases[-1]) if named_phase(spec, edge["to_id"]) != phases[-1]]:
        return False
    spec["phases"].append({"id": "empty", "name": "Empty"})
    spec["edges"].append({"from_id": phases[-1], "to_id": "empty"})
    return True


@breaks("flow-dangling-phase")
def _a_task_of_no_phase(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in spec["tasks"] if "phase_id" in task])
    for requirement in task.get("requirements", []) if task else []:
        if requirement["when"] == "PHASE_FINISHED":
            return False
    if task:
        task["phase_id"] = "nowhere"
    return task is not None


@breaks("flow-entry-inside")
def _an_entry_behind_another_task(random: Random, spec: Spec) -> bool:
    for phase in spec.get("phases", []):
        edge = entry(spec, phase["id"])
        first = named(spec, edge["to_id"])
        following = leaving(spec, first["id"])
        if len(leading_to(spec, first["id"])) == 1 and first in plain(spec) and following and following[0].get("to_id"):
            edge["to_id"] = following[0]["to_id"]
            return True
    return False


@breaks("flow-branch-off-decision")
def _a_default_that_no_decision_has(random: Random, spec: Spec) -> bool:
    random.choice([edge for edge in spec["edges"] if "condition_id" not in edge])["none_met"] = True
    return True


@breaks("flow-branch-off-decision")
def _a_condition_that_no_decision_has(random: Random, spec: Spec) -> bool:
    random.choice([edge for edge in spec["edges"] if "condition_id" not in edge])["condition_id"] = "c"
    return True


@breaks("flow-two-defaults")
def _two_defaults(random: Random, spec: Spec) -> bool:
    task = some(random, decisions(spec, trigger_mode="manual", loop_config=None))
    for edge in leaving(spec, task["id"]) if task else []:
        edge["none_met"] = True
    return task is not None


@breaks("flow-branch-edge")
def _a_condition_without_an_edge(random: Random, spec: Spec) -> bool:
    edge = some(random, [edge for edge in spec["edges"] if "condition_id" in edge])
    if edge:
        spec["edges"].remove(edge)
    return edge is not None


@breaks("flow-branch-edge")
def _a_condition_with_two_edges(random: Random, spec: Spec) -> bool:
    edge = some(random, [edge for edge in spec["edges"] if "condition_id" in edge and edge.get("to_id")])
    if edge:
        spec["edges"].append({"from_id": edge["from_id"], "condition_id": edge["condition_id"], "to_id": ""})
    return edge is not None


@breaks("flow-few-branches")
def _a_decision_of_one_branch(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in decisions(spec, loop_config=None) if len(task["conditions"]) == 2])
    if task:
        gone = task["conditions"].pop(random.randrange(2))
        spec["edges"] = [edge for edge in spec["edges"] if edge.get("condition_id") != gone["id"]]
    return task is not None


@breaks("flow-branch-without-statements")
def _a_branch_that_does_not_say_when(random: Random, spec: Spec) -> bool:
    found = [condition for task in decisions(spec) for condition in task["conditions"] if condition["statements"]]
    condition = some(random, found)
    if condition:
        condition["statements"] = random.choice([[], None])
    return condition is not None


@breaks("flow-manual-statements")
def _a_manual_branch_with_statements(random: Random, spec: Spec) -> bool:
    task = some(random, decisions(spec, trigger_mode="manual"))
    if task:
        statement = {"operator": "equals", "values": ["a"], "source": {"origin": "trigger"}}
        random.choice(task["conditions"])["statements"] = [statement]
    return task is not None


@breaks("flow-default-statements")
def _a_default_with_statements(random: Random, spec: Spec) -> bool:
    task = some(random, decisions(spec, trigger_mode="automatic"))
    if task:
        default = next(edge["condition_id"] for edge in leaving(spec, task["id"]) if edge.get("none_met"))
        condition = next(condition for condition in task["conditions"] if condition["id"] == default)
        condition["statements"] = [{"operator": "is_empty", "values": [], "source": {"origin": "trigger"}}]
    return task is not None


@breaks("flow-no-default")
def _an_automatic_decision_without_default(random: Random, spec: Spec) -> bool:
    task = some(random, decisions(spec, trigger_mode="automatic"))
    for edge in leaving(spec, task["id"]) if task else []:
        if edge.pop("none_met", None):
            condition = next(found for found in task["conditions"] if found["id"] == edge["condition_id"])
            condition["statements"] = [{"operator": "is_empty", "values": [], "source": {"origin": "trigger"}}]
    return task is not None


@breaks("flow-loop-branch")
def _a_loop_branch_nobody_knows(random: Random, spec: Spec) -> bool:
    return _loop(random, spec, lambda config: config.update(loop_branch_id="unknown"))


@breaks("flow-loop-branch")
def _an_exit_nobody_knows(random: Random, spec: Spec) -> bool:
    return _loop(random, spec, lambda config: config.update(exit_branch_id="unknown"))


@breaks("flow-loop-branch")
def _an_exit_that_is_the_loop_branch(random: Random, spec: Spec) -> bool:
    return _loop(random, spec, lambda config: config.update(exit_branch_id=config["loop_branch_id"]))


def _loop(random: Random, spec: Spec, change: Callable[[Spec], None]) -> bool:
    task = some(random, [task for task in decisions(spec) if "loop_config" in task])
    if task:
        change(task["loop_config"])
    return task is not None


@breaks("flow-loop-open")
def _a_loop_that_never_returns(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in decisions(spec) if "loop_config" in task])
    for edge in leaving(spec, task["id"]) if task else []:
        if edge["condition_id"] == task["loop_config"]["loop_branch_id"]:
            edge["to_id"] = ""
    return task is not None


@breaks("flow-loop-off-decision")
def _a_loop_of_a_manual_task(random: Random, spec: Spec) -> bool:
    task = some(random, plain(spec))
    if task:
        task["loop_config"] = {"loop_branch_id": "a", "exit_branch_id": "b", "max_iterations": 3}
    return task is not None


@breaks("flow-cycle")
def _a_way_back_without_a_loop(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in decisions(spec, trigger_mode="manual") if "loop_config" in task])
    if task:
        del task["loop_config"]
    return task is not None


@breaks("flow-cycle")
def _a_task_after_itself(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in plain(spec) if not leaving(spec, task["id"])])
    if task:
        spec["edges"].append({"from_id": task["id"], "to_id": task["id"]})
    return task is not None


@breaks("flow-unreachable")
def _a_task_nothing_leads_to(random: Random, spec: Spec) -> bool:
    spec["tasks"].append({"id": "lonely", "name": "Lonely", "task_type": "MANUAL"})
    return True


@breaks("flow-parallel-start")
def _two_tasks_at_once(random: Random, spec: Spec) -> bool:
    task = some(
        random,
        [task for task in plain(spec) if leaving(spec, task["id"]) and leaving(spec, task["id"])[0].get("to_id")],
    )
    if task:
        extra = {"id": "beside", "name": "Beside", "task_type": "MANUAL"}
        spec["tasks"].append({**extra, **({"phase_id": task["phase_id"]} if "phase_id" in task else {})})
        spec["edges"].append({"from_id": task["id"], "to_id": "beside"})
    return task is not None


@breaks("flow-old-version")
def _a_decision_in_an_old_version(random: Random, spec: Spec) -> bool:
    spec["version"] = random.choice(["v1", "v2"])
    return bool(decisions(spec))


@breaks("flow-due-date")
def _a_due_date_after_an_unknown_task(random: Random, spec: Spec) -> bool:
    due = {"type": "TASK_FINISHED", "task_id": "unknown", "duration": 1, "unit": "days"}
    random.choice([spec, *spec["tasks"], *spec.get("phases", [])])["due_date_config"] = due
    return True


@breaks("flow-due-date")
def _a_due_date_after_itself(random: Random, spec: Spec) -> bool:
    task = random.choice(spec["tasks"])
    task["due_date_config"] = {"type": "TASK_FINISHED", "task_id": task["id"], "duration": 1, "unit": "days"}
    return True


@breaks("flow-schedule")
def _a_schedule_after_an_unknown_task(random: Random, spec: Spec) -> bool:
    reference = {"origin": "task_completed", "id": "unknown"}
    random.choice(spec["tasks"])["schedule"] = {"mode": "relative", "reference": reference}
    return True


@breaks("flow-requirement")
def _a_requirement_of_an_unknown_task(random: Random, spec: Spec) -> bool:
    random.choice(spec["tasks"])["requirements"] = [{"when": "TASK_FINISHED", "task_id": "unknown"}]
    return True


@breaks("flow-requirement")
def _a_requirement_of_itself(random: Random, spec: Spec) -> bool:
    task = random.choice(spec["tasks"])
    task["requirements"] = [{"when": "TASK_FINISHED", "task_id": task["id"]}]
    return True


@breaks("flow-requirement-cycle")
def _two_tasks_that_wait_for_each_other(random: Random, spec: Spec) -> bool:
    if len(spec["tasks"]) < 2:
        return False
    one, other = random.sample(spec["tasks"], 2)
    one["requirements"] = [{"when": "TASK_FINISHED", "task_id": other["id"]}]
    other["requirements"] = [{"when": "TASK_FINISHED", "task_id": one["id"]}]
    return True


@breaks("flow-sync-filter")
def _a_sync_for_an_unknown_task(random: Random, spec: Spec) -> bool:
    spec["entity_sync"][0]["trigger"]["filter"] = {"task_template_id": "unknown"}
    return True


@breaks("flow-input-context")
def _an_input_from_an_unknown_task(random: Random, spec: Spec) -> bool:
    return _input(random, spec, lambda task: "unknown")


@breaks("flow-input-context")
def _an_input_from_itself(random: Random, spec: Spec) -> bool:
    return _input(random, spec, lambda task: task["id"])


@breaks("flow-input-context")
def _an_input_from_what_comes_after(random: Random, spec: Spec) -> bool:
    loops = any("loop_config" in task for task in decisions(spec))
    return not loops and _input(random, spec, lambda task: (leaving(spec, task["id"]) or [{}])[0].get("to_id") or None)


def _input(random: Random, spec: Spec, source: Callable[[Spec], str | None]) -> bool:
    task = some(random, [task for task in spec["tasks"] if task["task_type"] == "AUTOMATION"])
    name = source(task) if task else None
    if name and name not in [phase["id"] for phase in spec.get("phases", [])]:
        task["automation_config"]["input_context"] = {"source": "task", "task_id": name}
        return True
    return False


@breaks("flow-automation")
def _an_automation_from_nowhere(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in spec["tasks"] if "action_config" in task.get("automation_config", {})])
    if task:
        del task["automation_config"]["action_config"]
    return task is not None


@breaks("flow-automation")
def _an_automation_from_two_places(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in spec["tasks"] if "action_config" in task.get("automation_config", {})])
    if task:
        task["automation_config"]["flow_id"] = "35d9a5bb-773c-4d45-9677-35d3f3049547"
    return task is not None


@breaks("flow-agent")
def _an_agent_task_without_agent(random: Random, spec: Spec) -> bool:
    task = some(random, [task for task in spec["tasks"] if "agent_config" in task])
    if task:
        del task["agent_config"]
    return task is not None


@breaks("flow-unknown-automation")
def _an_automation_nobody_bundled(random: Random, spec: Spec) -> bool:
    spec["trigger"] = {"id": "start", "type": "automation", "automation_id": {"automation": "unknown"}}
    return True


@breaks("flow-unused-automation")
def _an_automation_nobody_uses(random: Random, spec: Spec) -> bool:
    spec.setdefault("automations", {})["unused"] = {"flow_name": "Unused", "triggers": [], "actions": []}
    return True


@breaks("flow-unknown-trigger")
def _a_statement_on_an_unknown_trigger(random: Random, spec: Spec) -> bool:
    return _statement(random, spec, lambda found: found["source"].update(id="unknown"))


@breaks("flow-statement-values")
def _a_value_for_an_operator_that_takes_none(random: Random, spec: Spec) -> bool:
    return _statement(random, spec, lambda found: found.update(operator="is_empty", values=["x"]))


@breaks("flow-statement-values")
def _no_value_for_an_operator_that_needs_one(random: Random, spec: Spec) -> bool:
    return _statement(random, spec, lambda found: found.update(operator="equals", values=[]))


@breaks("flow-relative-date")
def _a_relative_date_of_a_text(random: Random, spec: Spec) -> bool:
    def change(found: Spec) -> None:
        found.update(operator="equals", values=["today"], value_type="relative_date")
        found["source"]["attribute_type"] = "string"

    return _statement(random, spec, change)


@breaks("flow-statement-attributes")
def _too_many_attributes(random: Random, spec: Spec) -> bool:
    return _statement(random, spec, lambda found: found["source"].update(attributes=[f"a{n}" for n in range(11)]))


def _statement(random: Random, spec: Spec, change: Callable[[Spec], None]) -> bool:
    branches = [condition for task in decisions(spec) for condition in task["conditions"]]
    found = some(random, [statement for condition in branches for statement in condition["statements"]])
    if found:
        change(found)
    return found is not None


@pytest.mark.parametrize("way", BREAKS)
@settings(max_examples=examples(25), deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32))
def test_a_broken_flow_has_the_one_finding(way: str, seed: int) -> None:
    rule, change = BREAKS[way]
    random = Random(seed)
    spec = make_flow(random)
    assert check_flow(spec) == []
    broken = copy.deepcopy(spec)
    assume(change(random, broken))
    assert {found.rule for found in check_flow(broken)} == {rule}, broken


def test_every_rule_of_the_graph_is_broken_once() -> None:
    by_schemas = {"flow-unknown-attribute", "flow-attribute-type"}
    assert set(RULES) - {rule for rule, _ in BREAKS.values()} == {"flow-loops-overlap", *by_schemas}
