"""Clock, sleep and chance as one value, so that tests bring their own; knows nothing of what they are used for."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Effects:
    """`clock`: monotonic seconds, for waits and deadlines. `now`: wall clock, seconds since 1970, for dates only.
    `sleep`: waits seconds. `chance`: a number in [0, 1)."""

    clock: Callable[[], float] = time.monotonic
    now: Callable[[], float] = time.time
    sleep: Callable[[float], None] = time.sleep
    chance: Callable[[], float] = random.random
