"""A user's own scikit-learn pipeline: made, tried, fitted, and folded into the light engine."""
