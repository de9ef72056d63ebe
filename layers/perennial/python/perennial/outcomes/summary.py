"""What came of a file of outcomes, as a person and the CLI read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass

SUMMARY = "summary.json"  # beside the file, in the folder of its name
RECORDED = "RECORDED"  # read to its end; single rows may be refused
INCOMPLETE = "INCOMPLETE"  # it breaks off: what stands before the break is recorded
REJECTED = "REJECTED"  # nothing of it is recorded


@dataclass(frozen=True, slots=True)
class Summary:
    """One recorded file.

    Attributes:
        model: whose outcomes.
        run_id: made from the exact object version: tells a later upload of the same name apart.
        status: one of the words above.
        reason: why it is not recorded, or not to its end; else empty.
        rows: of the file, as far as it could be read.
        accepted: of them, taken.
        rejected: of them, refused.
        new_labels: of those taken, with a label that training never saw.
        reasons: how many were refused for what.
        notes: what else is worth knowing, as that the text was not UTF-8.
        received_at: when it came in, ISO 8601.
        truth: where what was taken lies, if anything was.
        rejects: where the refused rows are told of, if there are any.
    """

    model: str
    run_id: str
    status: str
    reason: str
    rows: int
    accepted: int
    rejected: int
    new_labels: int
    reasons: Mapping[str, int]
    notes: tuple[str, ...]
    received_at: str
    truth: str | None
    rejects: str | None

    def document(self) -> dict[str, object]:
        """As JSON."""
        return asdict(self)

    @property
    def told(self) -> dict[str, object]:
        """What a log says: counts, and no row."""
        return {
            "status": self.status,
            "rows": self.rows,
            "accepted": self.accepted,
            "rejected": self.rejected,
        }
