"""What this package is called where it is installed from: by another name than the command and the import.

Somebody else's package is called `syncer` on the public index, so no hint may have pip look there for that word.
"""

from __future__ import annotations

from syncer import __version__

NAME = "epilot-syncer"
REPOSITORY = "git.example.com/tools/syncer"
"""Stands for the place that whoever installs keeps the repository at."""


def requirement(extra: str) -> str:
    """The package with an extra, at this version, from the repository: it names its place, so no index is asked."""
    return f"{NAME}[{extra}] @ git+https://{REPOSITORY}@v{__version__}"


def install_hint(extra: str) -> str:
    """How whoever has the package without the extra gets it."""
    return f'pip install "{requirement(extra)}", with the place where you keep syncer for {REPOSITORY}'
