"""How much memory this process has held at most."""

from __future__ import annotations

import resource
import sys
from pathlib import Path


def most_held() -> float:
    """Megabytes. Linux hands `ru_maxrss` of a process on to the program that it becomes, so its own mark is read."""
    try:
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) / 1024
    except (OSError, ValueError, IndexError):
        pass
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20 if sys.platform == "darwin" else 1 << 10)
