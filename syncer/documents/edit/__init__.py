"""Edits of YAML and JSON texts that leave every other line as it was."""
