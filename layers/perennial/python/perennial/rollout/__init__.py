"""A new version's way into service: its steps, the evidence of each and who decides on it."""
