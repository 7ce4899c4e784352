"""The simulator: everything around the engine goes wrong, by seed, by instant and by number (reliability 5.11)."""
