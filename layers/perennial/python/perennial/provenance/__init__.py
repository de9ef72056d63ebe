"""What went into a version: proven, checked and made again."""
