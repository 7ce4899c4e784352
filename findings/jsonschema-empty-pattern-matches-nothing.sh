#!/usr/bin/env bash
# jsonschema 4.26.0, beside jsonschema-rs 0.61.2
#
# Guess:   the pattern of no characters is found in every name, so `patternProperties: {"": …}` covers all and
#          `additionalProperties: false` has nothing left to refuse.
# Happens: jsonschema applies the pattern to every property and then counts them all as additional and refuses them,
#          saying that they do not match the empty pattern. jsonschema-rs accepts. Written as `(?:)`, both accept.
# Matters: a schema that is made from a prefix, where the prefix may be empty, is right in the editor and in one
#          engine and refuses every document in the other.
#
# Prints the verdicts; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.61.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import jsonschema
import jsonschema_rs

seen = {}
for pattern in ("", "(?:)"):
    schema = {"patternProperties": {pattern: {"type": "integer"}}, "additionalProperties": False}
    one = [error.message for error in jsonschema.Draft202012Validator(schema).iter_errors({"size": 1})]
    seen[pattern] = (not one, jsonschema_rs.validator_for(schema).is_valid({"size": 1}))
    print(repr(pattern), "jsonschema:", one or "valid", "jsonschema-rs:", seen[pattern][1])
sys.exit(0 if seen == {"": (False, True), "(?:)": (True, True)} else 1)
PYTHON
