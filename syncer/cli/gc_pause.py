"""The cyclic garbage collector, put to rest while a plan is made: of a hundred thousand new values none is garbage."""

from __future__ import annotations

import contextlib
import gc
from collections.abc import Iterator


@contextlib.contextmanager
def at_rest() -> Iterator[None]:
    """Nothing is looked through within the block, nor what it left behind afterwards; only what is made later."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
