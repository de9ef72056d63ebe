"""The truth that comes back: taken, kept, joined to what was predicted, gathered to learn from."""
