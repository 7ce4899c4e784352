"""The simulator: everything around the engine goes wrong, by seed, by instant and by number
(docs/reliability.md#the-table)."""
