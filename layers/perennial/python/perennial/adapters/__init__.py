"""The outside world as the domain's protocols: the only place that calls AWS."""
