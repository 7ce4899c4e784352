#!/usr/bin/env bash
# deepdiff 9.1.0 with ruamel.yaml 0.19.1 (round-trip mode)
#
# Guess:   a CommentedMap is a dict, so that a file that was loaded compares with a parsed reply key by key.
# Happens: the difference is one `type_changes` at the root, also where every value agrees, and nothing below is
#          looked at. `ignore_type_in_groups` of the two classes helps the root; a number with a decimal point, a
#          ScalarFloat, is a type change again.
# Matters: the plan of an unchanged manifest is one change of everything, and a real change is not named in it; who
#          asks only `if diff:` writes every object at every run.
#
# Prints the differences of equal documents; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check deepdiff==9.1.0 ruamel.yaml==0.19.1
"$folder/venv/bin/python" - <<'PYTHON'
import sys

from deepdiff import DeepDiff
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

loaded, reply = YAML().load("name: a\nprice: 1.5\n"), {"name": "a", "price": 1.5}
assert loaded == reply
plain = DeepDiff(loaded, reply)
grouped = DeepDiff(loaded, reply, ignore_type_in_groups=[(CommentedMap, dict)])
seen = [sorted(found["type_changes"]) for found in (plain, grouped)]
print(*seen)
sys.exit(0 if seen == [["root"], ["root['price']"]] and set(plain) == {"type_changes"} else 1)
PYTHON
