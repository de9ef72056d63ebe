"""The domain of Perennial: what a model, a dataset, a run, a version and a route are.

Nothing in here knows AWS except `perennial.adapters`.
"""

__version__ = "0.1.0"
