"""Who else uses a part that goes."""
