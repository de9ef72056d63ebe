"""The one encoder: the same bits for a row at the endpoint and for a column in training."""
