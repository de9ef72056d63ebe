"""Forgetting a person: their rows leave everything that is stored, and that they did is told."""
