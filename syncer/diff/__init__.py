"""Live, declared and remembered values: what differs, what becomes of it, and the way back into a manifest."""
