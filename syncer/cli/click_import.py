"""Click, imported without what it drags along for questions that few commands ask: half the time it takes."""

from __future__ import annotations

import os
import sys
from _thread import _local as local

from syncer.model.light_import import ClassName, datetime_classes, import_lightly, later


def _clean(text: str) -> str:
    """A help text as `inspect.cleandoc` has it; one line that begins with a letter is so already."""
    if text[:1].isalnum() and text.isprintable():
        return text
    from inspect import cleandoc

    return cleandoc(text)


def _translated() -> bool:
    """Whether somebody has put translations where `gettext` looks for those of a program that names no place."""
    place = os.path.join(sys.base_prefix, "share", "locale")
    try:
        names = os.listdir(place)
    except OSError:
        return False
    return any(os.path.exists(os.path.join(place, name, "LC_MESSAGES", "messages.mo")) for name in names)


def _gettext(message: str) -> str:
    if not _TRANSLATED:
        return message
    from gettext import gettext

    return gettext(message)


def _ngettext(one: str, many: str, number: int) -> str:
    if not _TRANSLATED:
        return one if number == 1 else many
    from gettext import ngettext

    return ngettext(one, many, number)


def import_click() -> None:
    """Import click."""
    import_lightly(
        "click",
        {
            "inspect": {"cleandoc": _clean},
            "gettext": {"gettext": _gettext, "ngettext": _ngettext},
            "datetime": {"datetime": datetime_classes().datetime},
            "threading": {"local": local},
            "uuid": {"UUID": ClassName},
        },
    )


def import_pathlib() -> None:
    """Import `pathlib`, which takes one function for `file:` addresses from a module of forty."""
    import_lightly("pathlib", {"urllib.parse": {"quote_from_bytes": later("urllib.parse", "quote_from_bytes")}})


_TRANSLATED = _translated()
