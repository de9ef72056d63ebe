"""Fits the estimator a spec asks for and exports it in the form that serves."""
