"""A task as its kind is handed it, and the calls it will make."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import quote

from syncer.model.calls import Step, Steps, Write
from syncer.model.json_values import Json, Spec
from syncer.model.kind import Kind
from syncer.plan.plan import Task


def write_of(task: Task, goal: Spec, want: Spec, live: Json, names: Callable[[str, str], Mapping[str, Json]]) -> Write:
    """What the kind is handed to write this task."""
    return Write(
        task.change.address,
        want,
        goal,
        live,
        task.change.live_id,
        task.changed,
        task.policy,
        task.parts,
        task.secrets,
        task.answers,
        names,
        task.loose,
    )


def steps_of(kind: Kind, task: Task, write: Write) -> Steps:
    """The generator of the task's steps."""
    match task.change.action:
        case "create":
            return kind.create(write)
        case "update" | "upgrade" | "downgrade":
            return kind.update(write)
        case _:
            return kind.remove(write)


def calls_of(kind: Kind, task: Task) -> tuple[str, ...]:
    """The writing calls the change will make: its steps, run with the replies each one pretends."""
    live = task.live.object if task.live else None
    steps = steps_of(kind, task, write_of(task, task.goal, task.want, live, lambda kind, id: {}))
    calls: list[str] = []
    try:
        step: Step = next(steps)
        while True:
            if step.call.method != "GET":
                calls.append(step.call.title.replace(quote("…"), "…"))
            step = steps.send(step.pretend)
    except StopIteration:
        return tuple(calls)
