#!/usr/bin/env bash
# jsonref 1.1.0, beside jsonschema 4.26.0
#
# Guess:   references are resolved where a schema may stand; what is in `const`, `enum`, `default` or `examples` is
#          data and stays.
# Happens: every mapping with a text under `$ref` is replaced, data as well: a `const` that asks for a reference asks
#          for its target afterwards, and refuses what it accepted.
# Matters: schemas of manifests describe references and give them as examples; the bundled schema, as an editor gets
#          it, refuses manifests that are right by the one it was made from.
#
# Prints the schema after replacing, and the verdicts before and after; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonref==1.1.0 jsonschema==4.26.0
"$folder/venv/bin/python" - <<'PYTHON'
import json
import sys

import jsonref
import jsonschema

target = {"$ref": "#/$defs/team"}
schema = {"$defs": {"team": {"type": "string"}}, "properties": {"owner": {"const": target, "examples": [target]}}}
replaced = json.loads(json.dumps(jsonref.replace_refs(schema, proxies=False)))
verdicts = [jsonschema.Draft202012Validator(one).is_valid({"owner": target}) for one in (schema, replaced)]
print(replaced["properties"], verdicts)
wanted = {"const": {"type": "string"}, "examples": [{"type": "string"}]}
sys.exit(0 if replaced["properties"]["owner"] == wanted and verdicts == [True, False] else 1)
PYTHON
