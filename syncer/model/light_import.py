"""A library imported without what it only needs for what is not asked of it: less time and memory for a short run.

Nothing of the library is changed or left out: what was put off happens when it is first asked for.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
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


def import_lightly(name: str, without: Mapping[str, Mapping[str, object]] | None = None) -> None:
    """Import a library whose patterns take longer to compile than a small file takes to be read; they are compiled when
    they are used. ImportError where it is not there.

    `without`: modules that it imports and hardly ever asks anything of, each with what stands for its names until
    another is asked for. One that is there anyway is used; a library that can't be imported so is imported as usual.
    """
    if name in sys.modules:
        return
    stand_ins = {each: _LaterModule(each) for each in without or {} if each not in sys.modules}
    for each, stand_in in stand_ins.items():
        vars(stand_in).update((without or {})[each])
    sys.modules.update(stand_ins)
    real = re.compile
    re.compile = _LaterPattern  # type: ignore[assignment]
    try:
        _imported(name)
        return
    except ImportError:
        raise
    except Exception:
        for each in [each for each in sys.modules if each.partition(".")[0] == name]:
            del sys.modules[each]
    finally:
        re.compile = real
        for each, stand_in in stand_ins.items():
            if sys.modules.get(each) is stand_in:
                del sys.modules[each]
            for word in [word for word, value in vars(stand_in).items() if value is ClassName]:
                delattr(stand_in, word)
    _imported(name)
