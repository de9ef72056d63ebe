"""Watches a model in service: its data, its predictions, its outcomes."""
