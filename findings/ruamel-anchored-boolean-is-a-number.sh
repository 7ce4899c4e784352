#!/usr/bin/env bash
# ruamel.yaml 0.19.1 (round-trip mode), beside jsonschema 4.26.0 and the json of the standard library
#
# Guess:   `&on true` is true: an anchor is a name beside a value and changes nothing of it.
# Happens: with an anchor the boolean comes as a ScalarBoolean, a kind of int and no bool. `json.dumps` writes 1,
#          jsonschema says that 1 is not of type boolean; `is True` fails. The same value without the anchor is
#          Python's own True, and an anchored text stays a text.
# Matters: a manifest in which somebody gives a value a name to use it twice is refused by its schema, or sent with 1
#          where the platform wants true.
#
# Prints what becomes of both values; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruamel.yaml==0.19.1 jsonschema==4.26.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys

import jsonschema
from ruamel.yaml import YAML

loaded = YAML().load("plain: true\nnamed: &on true\nagain: *on\n")
judge = jsonschema.Draft202012Validator({"additionalProperties": {"type": "boolean"}})
said = sorted(error.json_path for error in judge.iter_errors(loaded))
written = json.dumps(loaded)
print(written, "refused:", said)
sys.exit(0 if written == '{"plain": true, "named": 1, "again": 1}' and said == ["$.again", "$.named"] else 1)
PYTHON
