"""Trying a place again that fails for a moment: it is restarted, asks for less, a connection breaks. What goes through
here may be done twice, or is done under a condition by which a second time is noticed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar

from syncer.fs.clock import Effects
from syncer.model.diagnostic import PlatformError, Problem

LONGEST: Final = 30.0
"""Seconds from the first failure on in which a try may begin."""
_FIRST: Final = 0.2
_MOST: Final = 5.0

T = TypeVar("T")


class Blip(Exception):
    """A failure that may be over in a moment; what is said if it is not. It never leaves this package."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


def persistently(effects: Effects, attempt: Callable[[], T]) -> T:
    """What comes of the attempt, made again after each `Blip` for half a minute; then PlatformError, which says how
    often and how long it was tried. Whatever else it raises ends it."""
    began, failed, tries = effects.clock(), None, 0
    while True:
        tries += 1
        try:
            return attempt()
        except Blip as blip:
            now = effects.clock()
            failed = now if failed is None else failed
            wait = min(_MOST, _FIRST * float(2 ** (tries - 1))) * (0.5 + effects.chance() / 2)
            if now + wait - failed > LONGEST:
                said = f"{blip.problem.message}; tried {tries} times in {now - began:.0f} s"
                raise PlatformError(blip.problem._replace(message=said)) from None
        effects.sleep(wait)
