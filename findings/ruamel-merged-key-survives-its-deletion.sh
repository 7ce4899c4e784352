#!/usr/bin/env bash
# ruamel.yaml 0.19.1 (round-trip mode)
#
# Guess:   `del mapping["x"]` of a key that comes by `<<` either raises, as the key is not the mapping's own, or takes
#          it out for good.
# Happens: it raises nothing and `in` says that the key is gone, while `get` still gives the old value. On writing the
#          mapping is as it was, with the merge, so that whoever reads the file has the key again.
# Matters: an edit that takes a field out of a manifest is told as done, the plan made from what is in memory agrees,
#          and the file says the opposite.
#
# Prints what is in memory, and what the file then says; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check ruamel.yaml==0.19.1
"$folder/venv/bin/python" - <<'PYTHON'
import io
import sys

from ruamel.yaml import YAML

yaml = YAML()
document = yaml.load("base: &base {colour: red}\nitem:\n  <<: *base\n  size: 2\n")
item = document["item"]
del item["colour"]
memory = ("colour" in item, item.get("colour"))
out = io.StringIO()
yaml.dump(document, out)
again = YAML(typ="safe").load(out.getvalue())["item"]
print("in memory (in, get):", memory, "- read again:", again)
sys.exit(0 if memory == (False, "red") and again == {"colour": "red", "size": 2} else 1)
PYTHON
