"""From an uploaded file to an immutable dataset: read, check, profile, snapshot, report."""
