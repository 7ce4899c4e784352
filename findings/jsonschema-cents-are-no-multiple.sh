#!/usr/bin/env bash
# jsonschema 4.26.0, beside jsonschema-rs 0.61.2
#
# Guess:   `multipleOf: 0.01` holds prices to whole cents.
# Happens: jsonschema divides binary fractions: 0.07, 4.35 and 19.99 are refused, 0.06 and 4.36 pass. Read as Decimal,
#          which a JSON reader can give, all pass. jsonschema-rs accepts all of them.
# Matters: a price in a manifest is an error in the hook and none in the editor, for one amount in ten; which ones
#          nobody can say beforehand.
#
# Prints how many of the prices from 0.01 to 100.00 are refused; exits 1 if that is no longer so.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/pip" install --quiet --disable-pip-version-check jsonschema==4.26.0 jsonschema-rs==0.61.2
"$folder/venv/bin/python" - <<'PYTHON'
import sys
from decimal import Decimal

import jsonschema
import jsonschema_rs

cents = [cent / 100 for cent in range(1, 10001)]
python = jsonschema.Draft202012Validator({"multipleOf": 0.01})
rust = jsonschema_rs.validator_for({"multipleOf": 0.01})
exact = jsonschema.Draft202012Validator({"multipleOf": Decimal("0.01")})
refused = [price for price in cents if not python.is_valid(price)]
others = [price for price in cents if not rust.is_valid(price)], [price for price in cents if not exact.is_valid(Decimal(str(price)))]
print(f"jsonschema refuses {len(refused):,} of {len(cents):,}, the first {refused[:4]}; jsonschema-rs and decimals {[len(other) for other in others]}")
sys.exit(0 if refused and {0.07, 4.35, 19.99} <= set(refused) and others == ([], []) else 1)
PYTHON
