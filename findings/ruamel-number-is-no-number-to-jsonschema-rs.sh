#!/usr/bin/env bash
# ruamel.yaml 0.19.1 (round-trip mode) with jsonschema-rs 0.61.2, beside jsonschema 4.26.0
#
# Guess:   round-trip mode gives subclasses of float and int for numbers, so every checker takes them, as jsonschema
#          does.
# Happens: `5.25`, `1e3`, `0x1F` and an anchored `5` are no numbers to jsonschema-rs: `is_valid` says no, and who asks
#          why (`iter_errors`) gets a ValueError about an unsupported type and no finding about the document. A plain
#          `5`, texts and mappings pass, so it is met late.
# Matters: who changes the engine for speed and keeps the loader has a hook that is right about most files, and
#          refuses the first price without being able to say the reason.
#
# Prints what the engine says of five numbers; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruamel.yaml==0.19.1 jsonschema==4.26.0 jsonschema-rs==0.61.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys

import jsonschema
import jsonschema_rs
from ruamel.yaml import YAML

schema = {"additionalProperties": {"type": "number"}}
judge = jsonschema_rs.validator_for(schema)
seen = {}
for text in ("5", "5.25", "1e3", "0x1F", "&n 5"):
    document = YAML().load(f"price: {text}\n")
    assert jsonschema.Draft202012Validator(schema).is_valid(document)
    try:
        reason = [error.message for error in judge.iter_errors(document)]
    except ValueError as error:
        reason = str(error)
    seen[text] = (judge.is_valid(document), reason)
for text, (verdict, reason) in seen.items():
    print(f"{text:>5} {verdict} {reason}")
refused = [text for text, (verdict, reason) in seen.items() if not verdict and "Unsupported type" in reason]
sys.exit(0 if seen["5"] == (True, []) and refused == ["5.25", "1e3", "0x1F", "&n 5"] else 1)
PYTHON
