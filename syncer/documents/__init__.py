"""YAML and JSON texts, and values that know their places in them; knows nothing of epilot."""
