"""An object store in a folder, so that a benchmark measures training and no network."""

from __future__ import annotations

from pathlib import Path

from cli import retraining


class Folder(retraining.Folder):
    """Objects are files beside each other, called after the last part of their key."""

    def path(self, uri: str) -> Path:
        """Where an object lies."""
        return super().path(uri.rpartition("/")[2])
