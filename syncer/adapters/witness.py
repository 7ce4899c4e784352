"""A second opinion before a file is written back: ruamel.yaml's round-trip reader, which shares no code with ours.

Our own reader has proved that values and comments are kept; a mistake in it would prove too much. So a rewriting must
look the same to a reader that nobody here wrote. It is slow (14 ms a flow), and asked for files that change only.
"""

from __future__ import annotations

from typing import Any


def agrees(before: str, after: str) -> bool:
    """Whether ruamel.yaml reads the same documents from both texts: values, and the order of lists.

    It has no say where it cannot read the text as it was: it refuses some sound files, such as `[http://x, b]`.
    """
    wanted = _documents(before)
    return wanted is None or _documents(after) == wanted


def _documents(text: str) -> list[Any] | None:
    from ruamel.yaml import YAML
    from ruamel.yaml.comments import TaggedScalar

    def plain(value: Any) -> Any:
        """Mappings and lists as they are; a scalar with a tag, which equals itself only, by what it says."""
        if isinstance(value, dict):
            return {plain(key): plain(item) for key, item in value.items()}
        if isinstance(value, list):
            return [plain(item) for item in value]
        return (str(value.tag), value.value) if isinstance(value, TaggedScalar) else value

    reader = YAML(typ="rt", pure=True)
    try:
        return [plain(document) for document in reader.load_all(text)]
    except Exception:  # whatever it makes of a text that our own reader has judged already
        return None
