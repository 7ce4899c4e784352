"""What the platform requires of an object: a new one, a new item of a list, and what may therefore not be emptied."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from syncer.diff.list_keys import key_text
from syncer.model.diagnostic import Problem
from syncer.model.field_change import FieldChange, FieldPath, Item, show_field
from syncer.model.field_rules import Shape, find_all, pattern_steps
from syncer.model.json_values import ABSENT, Json, Path, Spec, show_path, value_at
from syncer.model.kind import Kind
from syncer.model.resource import Desired


def missing_in_new(kind: Kind, desired: Desired, want: Spec) -> list[Problem]:
    """What an object that does not exist yet lacks."""
    return [
        _missing(kind, desired, path, steps[-1])
        for steps in map(pattern_steps, kind.required)
        for path in _lacking(want, steps)
    ]


def missing_after(kind: Kind, desired: Desired, want: Spec, changes: Iterable[FieldChange]) -> list[Problem]:
    """What the new items of an object that exists lack, and what the manifest empties though it is required. What
    others have left incomplete is not ours to complain of."""
    problems = []
    for steps in map(pattern_steps, kind.required):
        problems += [_emptied(desired, path) for path, value in find_all(want, steps) if value is None]
    for change in changes:
        general = tuple(step if isinstance(step, str) else "[]" for step in change.path)
        start = place(want, change.path, kind.shape)
        for steps in map(pattern_steps, kind.required):
            if len(steps) > len(general) and steps[: len(general)] == general:
                for path in _lacking(_new_part(change), steps[len(general) :]):
                    problems.append(_missing(kind, desired, (*start, *path), steps[-1]))
    return problems


def place(want: Spec, path: FieldPath, shape: Shape) -> Path:
    """Where the manifest speaks of a changed field: items by their index in it; as far as it speaks of it."""
    found: list[str | int] = []
    value: Json = want
    for step in path:
        if isinstance(step, Item):
            items = value if isinstance(value, list) else []
            index = next((at for at, item in enumerate(items) if key_text(item, shape.rule) == step.key), None)
            if index is None:
                break
            found.append(index)
            value, shape = items[index], shape.item()
        elif isinstance(step, int):
            if not isinstance(value, list) or step >= len(value):
                break
            found.append(step)
            value, shape = value[step], shape.item()
        else:
            if not isinstance(value, dict) or step not in value:
                break
            found.append(step)
            value, shape = value[step], shape.at(step)
    return tuple(found)


def _lacking(value: Json, steps: tuple[str, ...]) -> Iterator[Path]:
    """Where the mappings stand that should hold the last of the steps, and don't."""
    for path, holder in find_all(value, steps[:-1]):
        if isinstance(holder, dict) and holder.get(steps[-1]) is None:
            yield path


def _new_part(change: FieldChange) -> Json:
    """What a change puts there that was not there before; of a list, `None` stands for the items that were."""
    if isinstance(change.before, list) and isinstance(change.after, list):
        return [None if item in change.before else item for item in change.after]
    return change.after if change.before is ABSENT or change.before is None else ABSENT


def _missing(kind: Kind, desired: Desired, path: Path, name: str) -> Problem:
    called = _called(desired, path)
    what = kind.name if not path else f"`{called}` in {path[0]}" if called else f"`{show_field(path)}`"
    return Problem(
        "missing-for-create",
        f"{desired.address}: {what} is new and needs `{name}`",
        desired.where(path),
        show_path(("spec", *path)),
        f"add `{name}:`; it may only be left out of an object that exists",
    )


def _called(desired: Desired, path: Path) -> str:
    """What the manifest itself calls the part at the path; "" where it gives it no name. What is compared has live ids
    for the manifest's keys, which stand in no file."""
    try:
        part = value_at(desired.spec, path)
    except (KeyError, IndexError, TypeError):
        return ""
    words = (part.get("name"), part.get("id")) if isinstance(part, dict) else ()
    return next((word for word in words if word and isinstance(word, str)), "")


def _emptied(desired: Desired, path: Path) -> Problem:
    return Problem(
        "missing-for-create",
        f"{desired.address}: `{path[-1]}` is required by the platform and cannot be emptied",
        desired.where(path),
        show_path(("spec", *path)),
        "give it a value, or leave it out: then it stays as it is",
    )
