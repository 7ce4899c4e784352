"""What `syncer init` writes: the smallest repository that validates, plans and applies."""

from __future__ import annotations

from pathlib import Path

from syncer.core.problem import InvalidInput, Problem

PROJECT = """\
# What syncer manages, and where. https under epilot.io only; tokens come from the process, never from a file.
version: 1
manifests: [config]
environments:
  sandbox:
    org_id: "{org}"
    token: {{env: EPILOT_TOKEN_SANDBOX}}
"""

FIRST = """\
# A closing reason: why a flow was closed. `syncer schema ClosingReason` prints every field.
apiVersion: syncer/v1
kind: ClosingReason
metadata:
  name: customer-declined     # the address is ClosingReason/customer-declined
spec:
  title: Kunde hat abgesagt   # what users see
  status: ACTIVE
"""

IGNORED = """\
# What syncer remembers of each organisation. It can be rebuilt; commit it, or keep it in your CI's cache.
.syncer/
"""


def begin(folder: Path, org: str) -> tuple[list[str], list[str]]:
    """Write what is missing; (written, kept). InvalidInput where the folder cannot be written."""
    wanted = {
        "syncer.yaml": PROJECT.format(org=org),
        "config/closing-reasons.yaml": FIRST,
        ".gitignore": IGNORED,
    }
    if not org.isalnum():
        raise InvalidInput(
            Problem("usage", f"organisation `{org}` is no id", hint="the portal shows it: a number such as 911690")
        )
    made: list[str] = []
    kept: list[str] = []
    for name, text in wanted.items():
        path = folder / name
        if name == ".gitignore" and path.is_file():
            if _ignores(path):
                kept.append(name)
                continue
            text = path.read_text("utf-8").rstrip("\n") + "\n\n" + text
        elif path.exists():
            kept.append(name)
            continue
        _write(path, text)
        made.append(name)
    return made, kept


def _ignores(path: Path) -> bool:
    return any(line.strip().rstrip("/") in (".syncer", "/.syncer") for line in path.read_text("utf-8").splitlines())


def _write(path: Path, text: str) -> None:
    from syncer.adapters.disk import replace_file

    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, text.encode("utf-8"))
    except OSError as error:
        raise InvalidInput(
            Problem("unwritable", f"`{path}` cannot be written: {error.strerror or type(error).__name__}")
        ) from None
