"""The tables from which `tools/build_schemas.py` writes `schemas/`: one module a kind, `words` for the vocabulary."""
