"""A library imported without what it only needs for what is not asked of it: less time and memory for a short run.

Nothing of the library is changed or left out: what was put off happens when it is first asked for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from types import ModuleType
from typing import Any

_COMPILE = re.compile


class _LaterPattern:
    """A regular expression that is compiled when something is asked of it."""

    __slots__ = ("_compiled", "_said")

    def __init__(self, *said: Any) -> None:
        self._said = said
        self._compiled: Any = None

    def __getattr__(self, name: str) -> Any:
        if self._compiled is None:
            self._compiled = _COMPILE(*self._said)
        return getattr(self._compiled, name)


class _LaterModule(ModuleType):
    """A module that is imported when something is asked of it that it was not given."""

    def __getattr__(self, name: str) -> Any:
        if name == "__path__":  # asked of every module; none of a package is given
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is self:
            del sys.modules[self.__name__]
        return getattr(_imported(self.__name__), name)


def _imported(name: str) -> Any:
    __import__(name)
    return sys.modules[name]


class ClassName:
    """Stands for a class that a library names while it is imported, and asks something of later."""


def later(module: str, name: str) -> Callable[..., Any]:
    """That function of that module, which is imported when it is called."""
    return lambda *values, **named: getattr(_imported(module), name)(*values, **named)


def datetime_classes() -> Any:
    """The classes of `datetime`, without the copy in Python that is read in vain where they are compiled."""
    try:
        return sys.modules.get("datetime") or _imported("_datetime")
    except ImportError:
        return _imported("datetime")


def _stand_ins(name: str, without: Mapping[str, Mapping[str, object]]) -> dict[str, _LaterModule]:
    """For those that are not there, by their full names; they stand in their packages, save in the library itself."""
    found = {}
    for each, given in without.items():
        if each not in sys.modules:
            found[each] = _LaterModule(each)
            vars(found[each]).update(given)
            package, _, word = each.rpartition(".")
            if package and package.partition(".")[0] != name:
                setattr(_imported(package), word, found[each])
    return found


def import_lightly(
    name: str, without: Mapping[str, Mapping[str, object]] | None = None, *, later_patterns: bool = False
) -> None:
    """Import a library. ImportError where it is not there; one that can't be imported so is imported as usual.

    `without`: modules that it imports and hardly ever asks anything of, each with what stands for its names until
    another is asked for. One that is there anyway is used. `later_patterns`: of a library whose patterns take longer to
    compile than a small file takes to be read, and that only calls their methods: they are compiled when they are used.
    """
    if name in sys.modules:
        return
    stand_ins = _stand_ins(name, without or {})
    sys.modules.update(stand_ins)

    def compiled(*said: Any) -> Any:
        """Of the library itself, later: what else is imported meanwhile others may ask for what only patterns are."""
        asked = sys._getframe(1).f_globals.get("__name__", "")
        return (_LaterPattern if asked.partition(".")[0] == name else _COMPILE)(*said)

    if later_patterns:
        re.compile = compiled  # type: ignore[assignment]
    try:
        _imported(name)
        return
    except ImportError:
        raise
    except Exception:
        for each in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[each]
    finally:
        re.compile = _COMPILE
        for each, stand_in in stand_ins.items():
            if sys.modules.get(each) is stand_in:
                del sys.modules[each]
            for word in [word for word, value in vars(stand_in).items() if value is ClassName]:
                delattr(stand_in, word)
    _imported(name)
