"""Which field of a manifest a refusal of the platform speaks of; knows words and specs, no API."""

from __future__ import annotations

import re

from syncer.model.json_values import Path, Spec


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


def hint_of(status: int, words: str) -> str:
    """What to do next about a write that was refused with this status and these words of the platform."""
    match status:
        case 409 | 412:
            return "somebody changed it meanwhile: plan again"
        case 423:
            return "somebody else works on it: run `syncer apply` again once they are done"
        case 400 | 422 if "does not exist" in words:  # an undeclared field is sent back as read
            return (
                "make what is missing again, or take what refers to it out: of its manifest, or by hand where none "
                "declares it; then run `syncer apply` again"
            )
        case 400 | 422:
            return "the platform does not accept it; if `syncer validate` does, please report it"
        case 401 | 403:
            return "the token may not do this; see the README on grants"
    return "run `syncer apply` again: it is safe"
