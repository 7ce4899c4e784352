#!/usr/bin/env bash
# ruamel.yaml 0.19.1 (round-trip and safe) and PyYAML 6.0.4
#
# Guess:   `! 5` is the text 5: the tag `!` alone says that no plain scalar is to be resolved (YAML 1.2.2, 6.8.2 and
#          6.9.1).
# Happens: all three read the number 5, as if the tag were not there; `! true` is a boolean. ruamel.yaml's round trip
#          writes the tag off, so that a reader that goes by the book has another type afterwards. `!!str 5` is the
#          text 5 and keeps its tag.
# Matters: an id that somebody marked as text by YAML's own shortest means is compared as a number, and the mark is
#          gone after the first rewrite.
#
# Prints what is read, and what is written back; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruamel.yaml==0.19.1 PyYAML==6.0.4
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

import yaml as pyyaml
from ruamel.yaml import YAML

text = "id: ! 5\nflag: ! true\n"
read = [dict(YAML().load(text)), YAML(typ="safe").load(text), pyyaml.safe_load(text)]
out = io.StringIO()
YAML().dump(YAML().load(text), out)
print(read[0], repr(out.getvalue()))
sys.exit(0 if read == [{"id": 5, "flag": True}] * 3 and out.getvalue() == "id: 5\nflag: true\n" else 1)
PYTHON
