"""Where a manifest may name another object by its key alone, without `ref`."""

from __future__ import annotations

from collections.abc import Callable

from syncer.model.field_rules import pattern_steps
from syncer.model.json_values import Path
from syncer.model.kind import Kind


def plain_places(kind: Kind) -> Callable[[Path], bool]:
    """Whether the value at a path of the live spec is a key, which may be written without `ref`."""
    patterns = [pattern_steps(each.path) for each in kind.refs if each.plain]

    def is_plain(path: Path) -> bool:
        return any(
            len(pattern) == len(path)
            and all(
                step in ("*", one) or (step == "[]" and isinstance(one, int))
                for step, one in zip(pattern, path, strict=True)
            )
            for pattern in patterns
        )

    return is_plain
