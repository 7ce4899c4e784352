#!/usr/bin/env bash
# dpath 2.2.0
#
# Guess:   `dpath.delete(data, "tasks/0")` takes the first item out of the list, as deleting a key takes it out of a
#          mapping.
# Happens: the item becomes None and the list keeps its length; only the last item is really taken out. So the same
#          call gives two shapes, by the place of what is deleted.
# Matters: a tool that takes a live list, deletes what it does not own and sends the rest back sends a null in its
#          place.
#
# Prints the list after deleting its first, and its last item; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check dpath==2.2.0
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import dpath

first, last = {"tasks": ["a", "b", "c"]}, {"tasks": ["a", "b", "c"]}
counts = dpath.delete(first, "tasks/0"), dpath.delete(last, "tasks/2")
print(first, last, counts)
sys.exit(0 if first == {"tasks": [None, "b", "c"]} and last == {"tasks": ["a", "b"]} and counts == (1, 1) else 1)
PYTHON
