"""Where this user's cache of what was read lies, and whether it may be used."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from syncer.fs.cache_file import SUFFIX, CacheFile, cache_folder
from syncer.manifests.read_cache import ReadCache, digest_of, rules_key


def open_cache(root: Path, env: Mapping[str, str], *, off: bool = False) -> ReadCache | None:
    """What is remembered of the files of a repository; None where that is switched `off`, where nobody knows the user's
    home, and where it would lie in the repository: a checkout must not bring what its own files are believed by."""
    folder = None if off else cache_folder(env)
    if folder is None:
        return None
    try:
        root, there = root.resolve(), folder.resolve()
        if there.is_relative_to(root):
            return None
        key = rules_key()
    except (OSError, RuntimeError, ValueError):
        return None
    name = digest_of(str(root).encode("utf-8", "surrogateescape"))
    return ReadCache(CacheFile(folder / f"{name}{SUFFIX}"), key)
