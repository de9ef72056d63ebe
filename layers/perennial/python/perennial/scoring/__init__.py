"""Whole files scored: cut into chunks, each scored by itself, and put together in order."""
