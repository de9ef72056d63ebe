"""Metrics nobody puts by hand: from logs in embedded metric format, and of AWS services."""
