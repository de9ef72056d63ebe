"""Drift reports on synthetic windows, ours beside Evidently's."""
