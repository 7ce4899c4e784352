#!/usr/bin/env bash
# jsonschema-rs 0.60.3 (wheel for CPython 3.10 and later)
#
# Guess:   an extension module in Rust, chosen because it is fast, loads nothing of Python's that it does not need to
#          judge a document.
# Happens: while it is imported it calls `email.utils.parsedate_to_datetime`, on the moment at which the wheel was built,
#          to fill a dictionary about the build. That loads `email`, `socket`, `selectors`, `urllib.parse`, `ipaddress`,
#          some sixty modules of the standard library, of which nobody asked for any.
# Matters: a checker in a pre-commit hook starts anew for every commit. Of a small file the import takes longer than
#          reading and judging it, and a library loaded "late" still brings the network along.
#
# Prints the modules that come along; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonschema-rs==0.60.3
"$folder/venv/bin/python" - <<'PYTHON'
import sys

before = set(sys.modules)
import jsonschema_rs

assert jsonschema_rs.is_valid({"type": "string"}, "x")
along = sorted(name for name in set(sys.modules) - before if not name.startswith("jsonschema_rs"))
network = [name for name in ("email.utils", "socket", "urllib.parse", "ipaddress") if name in along]
print(f"{len(along)} modules come along, among them {', '.join(network) or 'none of email or the network'}")
sys.exit(0 if network == ["email.utils", "socket", "urllib.parse", "ipaddress"] else 1)
PYTHON
