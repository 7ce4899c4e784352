"""Entity schemas: what the entities of a slug look like."""
