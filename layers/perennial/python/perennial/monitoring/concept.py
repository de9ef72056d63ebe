"""Concept drift: whether the errors of a version have grown while it was in service.

The losses of a version, in the order of its predictions, run through a window that lets go of
what is no longer so (`perennial.monitoring.adwin`). What it knows is carried from one pass to
the next, so that a change is found also where no single window of a report would show it.
"""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
from pydantic import BaseModel, ConfigDict

from perennial.evaluation.measure import Floats, Integers
from perennial.evaluation.measures import Classified, Outcome
from perennial.monitoring.adwin import Adwin
from perennial.monitoring.record import Verdict, alarm, not_enough, ok
from perennial.report import count, short


class Change(BaseModel):
    """A place in the stream from which on losses are others."""

    model_config = ConfigDict(frozen=True)

    at: str  # when the first prediction after it was made, ISO 8601
    before: float  # mean loss of what the window let go
    after: float  # mean loss of what it kept, the highest since


class Concept(BaseModel):
    """What is known of one version's losses; written down with each report."""

    version: int
    seen: int = 0  # losses in all
    window: Adwin = Adwin()
    change: Change | None = None  # the one in force

    def follow(self, times: Integers, losses: Floats) -> Concept:
        """The state after further losses; this one stays as it is.

        Args:
            times: when each prediction was made, in milliseconds since the epoch.
            losses: between 0 and 1; taken in the order of `times`.
        """
        after = self.model_copy(deep=True)
        order = np.lexsort((losses, times))
        ordered = times[order]
        for place, loss in enumerate(losses[order].tolist()):
            after._take(loss, ordered, place)
        return after

    def _take(self, loss: float, times: Integers, place: int) -> None:
        total, width, window = self.window.total + loss, self.window.width + 1, self.window
        self.seen += 1
        gone = window.add(loss)
        if self.change is not None and self._recovered(self.change):
            self.change = None
        elif gone:
            before = (total - window.total) / (width - window.width)
            first = max(0, place + 1 - window.width)
            self._note(Change(at=_text(times[first]), before=before, after=window.mean))

    def _note(self, found: Change) -> None:
        """Losses that grow are a drift; those that grow further are the same one.

        The first cut is made as soon as there is evidence, and coarsely: what is let go next, if
        it is like what was before, only tells the place better.
        """
        known = self.change
        if found.after <= found.before:
            return
        if known is not None:
            same = found.before < (known.before + known.after) / 2
            at, worst = found.at if same else known.at, max(known.after, found.after)
            found = Change(at=at, before=known.before, after=worst)
        self.change = found

    def _recovered(self, change: Change) -> bool:
        """Half of the way back: then what is in the window is nearer to what was before."""
        return self.window.mean < (change.before + change.after) / 2


def judge_concept(state: Concept, minimum: int) -> Verdict:
    """The verdict on one version.

    Args:
        state: what is known of its losses.
        minimum: losses below which there is no verdict.
    """
    if state.seen < minimum:
        return not_enough(f"{count(state.seen)} of at least {count(minimum)} outcomes")
    if state.change is None:
        return ok(f"no change in the loss of the last {count(state.window.width)} outcomes")
    found = state.change
    return alarm(
        f"since {found.at} the loss of version {state.version} has grown from "
        f"{short(found.before, 3)} to {short(state.window.mean, 3)}, on average"
    )


def losses(outcome: Outcome, usual: float) -> Floats:
    """A loss between 0 and 1 for each row: [rows].

    Of a classification the squared distance of the probabilities from what came true, halved
    (Brier 1950): a proper score, so that it also sees probabilities that no longer mean what they
    say. Of a regression e / (e + usual) of the absolute error e.

    Args:
        outcome: what was true and what was said.
        usual: the mean absolute error of the holdout, in units of the target; for a regression.
    """
    if isinstance(outcome, Classified):
        squares = (outcome.probabilities**2).sum(axis=1)
        of_truth = outcome.probabilities[np.arange(len(outcome.truth)), outcome.truth]
        return np.asarray(np.clip((squares - 2 * of_truth + 1) / 2, 0.0, 1.0))
    with np.errstate(over="ignore", invalid="ignore"):
        errors = np.abs(outcome.truth - outcome.predicted)
        of_usual = errors / (errors + (usual if usual > 0 else 1.0))
    return np.nan_to_num(of_usual, nan=1.0)  # an error too large for a double


def _text(milliseconds: int) -> str:
    moment = datetime.fromtimestamp(int(milliseconds) / 1000, UTC)
    return moment.isoformat(timespec="seconds").replace("+00:00", "Z")
