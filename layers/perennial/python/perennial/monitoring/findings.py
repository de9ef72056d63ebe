"""What a pass has found so far; a part that fails is named, and the others go on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from perennial.errors import PerennialError, origin
from perennial.monitoring.record import CHECKS, Problem, Verdict, not_judged


@dataclass(slots=True)
class Findings:
    """Verdicts by check, and what kept some from being reached."""

    verdicts: dict[str, Verdict] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)

    @contextmanager
    def part(self, name: str, *checks: str) -> Iterator[None]:
        """Do one part of a pass; if it breaks, its checks are not judged.

        Args:
            name: of the part, as problems name it.
            checks: that it judges.
        """
        try:
            yield
        except Exception as error:
            # Any other text than our own may hold values of features.
            why = str(error) if isinstance(error, PerennialError) else origin(error)
            self.problem(name, f"this part broke: {why}")
            for check in checks:
                self.verdicts.setdefault(check, not_judged(f"the part {name} broke; see above"))

    def problem(self, part: str, sentence: str, count: int = 1) -> None:
        """Name something that is not as it should be."""
        self.problems.append(Problem(part=part, sentence=sentence, count=count))

    def in_order(self) -> dict[str, Verdict]:
        """Every check with its verdict, in the order of a report."""
        missing = not_judged("nothing was found out about it")
        return {name: self.verdicts.get(name, missing) for name in CHECKS}
