"""Rows out of a stream, predictions into another: in order, at least once, poison set aside."""
