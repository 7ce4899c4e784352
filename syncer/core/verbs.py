"""The usual ways to write and to check a reply; a kind that is odd writes its own beside itself."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import quote

from syncer.core.values import Json


def segment(text: str) -> str:
    """A text as one path segment: everything that could end or climb out of the segment is percent-encoded."""
    encoded = quote(text, safe="")
    return encoded.replace(".", "%2E") if set(text) <= {"."} else encoded


def has_id(reply: Json) -> str:
    """A create's reply must carry the id that the platform gave."""
    if isinstance(reply, dict) and isinstance(reply.get("id"), str) and reply["id"]:
        return ""
    return "the reply names no id"


def is_there(what: str) -> Callable[[Json], str]:
    """A read must find the object."""
    return lambda reply: "" if isinstance(reply, dict) else f"{what} is not there when it is read back"


def is_gone(what: str) -> Callable[[Json], str]:
    """A read after a removal must find nothing."""
    return lambda reply: "" if reply is None else f"{what} is still there when it is read back"


def without(spec: dict[str, Json], *names: str) -> dict[str, Json]:
    """The mapping less these fields."""
    return {name: value for name, value in spec.items() if name not in names}
