"""A library imported without what it only needs for what is not asked of it: less time and memory for a short run.

Nothing of the library is changed or left out: what was put off happens when it is first asked for.
"""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Callable
from types import ModuleType
from typing import Any


class _LaterPattern:
    """A regular expression that is compiled when something is asked of it."""

    __slots__ = ("_compiled", "_said")

    def __init__(self, *said: Any) -> None:
        self._said = said
        self._compiled: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._compiled is None:
            self._compiled = re.compile(*self._said)
        return getattr(self._compiled, name)


def import_lightly(name: str) -> None:
    """Import a library whose patterns take longer to compile than a small file takes to be read; they are compiled when
    they are used. One that asks something of them while it is imported is imported as usual. ImportError where it is
    not there."""
    if name in sys.modules:
        return
    real = re.compile
    re.compile = _LaterPattern  # type: ignore[assignment]
    try:
        importlib.import_module(name)
        return
    except ImportError:
        raise
    except Exception:
        for each in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[each]
    finally:
        re.compile = real
    importlib.import_module(name)


def import_without(name: str, dragged: str, **functions: Callable[..., Any]) -> None:
    """Import a library that drags a module of the standard library along to ask one thing of it, with these functions
    in that module's place for as long as the import takes. Where the module is there anyway, or they don't do, it is
    imported as usual. ImportError where the library is not there."""
    if name not in sys.modules and dragged not in sys.modules:
        stand_in = ModuleType(dragged)
        vars(stand_in).update(functions)
        sys.modules[dragged] = stand_in
        try:
            importlib.import_module(name)
        except Exception:
            for each in [each for each in sys.modules if each.partition(".")[0] == name]:
                del sys.modules[each]
        finally:
            del sys.modules[dragged]
    importlib.import_module(name)
