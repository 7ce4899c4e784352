"""Configuration of one organisation for another one, by way of git."""
