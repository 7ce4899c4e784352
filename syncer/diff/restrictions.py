"""What a manifest may be silent about: a part that is left out must never make it do more than the live object does."""

from __future__ import annotations

from syncer.model.field_change import FieldPath
from syncer.model.field_rules import find_all, pattern_steps
from syncer.model.json_values import Spec
from syncer.model.kind import Kind


def restricts(kind: Kind, path: FieldPath) -> bool:
    """Whether what stands at this path of a spec is a part of what restricts the object: a filter, a trigger."""
    return any(_leads_there(pattern_steps(pattern), path) for pattern in kind.restrictions)


def widens(kind: Kind, spec: Spec, path: FieldPath) -> bool:
    """Whether the spec without what stands at this path would do more than the spec does, or something else.

    An item of a list that goes as a whole takes what restricts it along; any other part must hold no restriction of
    what would stay."""
    if (len(path) == 1 and path[0] in kind.one_work) or restricts(kind, path):
        return True
    return not isinstance(path[-1], int) and any(
        place[: len(path)] == path and not any(isinstance(step, int) for step in place[len(path) :])
        for pattern in kind.restrictions
        for place, _ in find_all(spec, pattern_steps(pattern))
    )


def belongs(kind: Kind, path: FieldPath) -> bool:
    """Whether what stands there restricts what a manifest speaks of that says what is around it: a filter beside
    others, what else a trigger asks for, the requirements of a task. Such a thing is taken over with the rest."""
    within = len(path) == 3 and path[0] in kind.one_work and isinstance(path[1], int)
    return restricts(kind, path) and (within or restricts(kind, path[:-1]))


def _leads_there(pattern: tuple[str, ...], path: FieldPath) -> bool:
    return len(path) >= len(pattern) and all(
        step in ("*", one) or (step == "[]" and isinstance(one, int)) for step, one in zip(pattern, path, strict=False)
    )
