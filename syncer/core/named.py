"""Which field of a manifest a refusal of the platform speaks of; knows words and specs, no API."""

from __future__ import annotations

import re

from syncer.core.kind import Spec
from syncer.core.values import Path


def named_in(words: str, spec: Spec) -> Path:
    """The deepest field of the spec that the words name (`body/schedule/interval_days`, `schedule.interval_days`, or
    only its name), () for none. Items of lists are not counted: what is sent holds items of others too."""
    paths = [path for path in _fields(spec, ()) if _names(words, path)]
    return max(paths, key=len, default=())


def _fields(spec: Spec, above: Path) -> list[Path]:
    found: list[Path] = []
    for name, value in spec.items():
        found.append((*above, name))
        if isinstance(value, dict):
            found += _fields(value, (*above, name))
    return found


def _names(words: str, path: Path) -> bool:
    spelled = r"[./]".join(re.escape(str(name)) for name in path)
    return re.search(rf"(?<![\w-]){spelled}(?![\w-])", words) is not None
