#!/usr/bin/env bash
# rich 15.0.0
#
# Guess:   brackets that name no known style are text, or an error.
# Happens: `attributes[status].label` is printed as `attributes.label`: any word in brackets is taken for a style, and
#          one that does not exist is left out silently. `[Status]`, `[0]` and `[*]` stay, as a style begins with a
#          small letter.
# Matters: paths of keyed lists are written so in every plan; the one word that tells which item changes is missing,
#          and only for some items.
#
# Prints what is left of four paths; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check rich==15.0.0
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

from rich.console import Console

paths = ["attributes[status].label", "attributes[Status].label", "tasks[0].name", "options[*]"]
out = io.StringIO()
console = Console(file=out, width=80)
for path in paths:
    console.print(path)
seen = out.getvalue().split()
print(seen)
sys.exit(0 if seen == ["attributes.label", "attributes[Status].label", "tasks[0].name", "options[*]"] else 1)
PYTHON
