"""What the server was told at its start, for every part that needs it."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Settings:
    """One server's settings.

    Attributes:
        state_dir: the folder that holds everything the emulator has.
        project: the checkout whose functions answer to local images.
        listener: file descriptor of the listening socket.
        lifeline: file descriptor of a pipe that closes when the starting process ends.
        time_scale: how many times faster alarms and job timeouts run.
        endpoint: the URL functions and jobs use.
    """

    state_dir: Path
    project: Path
    listener: int
    lifeline: int
    time_scale: float
    endpoint: str

    @property
    def unpacked(self) -> Path:
        """Where archives of functions and layers are unpacked, each in a folder of its digest."""
        return self.state_dir / "unpacked"
