"""One monitoring pass: look at a window of one model, judge it, and write down what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from perennial.cost.run import Sizes
from perennial.evaluation.subject import Scorer
from perennial.monitoring import captures
from perennial.monitoring.captures import Seen
from perennial.monitoring.cost import Usage, cost_of, judge_cost
from perennial.monitoring.findings import Findings
from perennial.monitoring.hindsight import CHECKS as HINDSIGHT
from perennial.monitoring.hindsight import Hindsight, Library, begin, gather, judge
from perennial.monitoring.history import Carried, earlier, report_id
from perennial.monitoring.performance import watched
from perennial.monitoring.publish import Made, publish
from perennial.monitoring.punctual import Over, punctual
from perennial.monitoring.record import CHECKS, Cost, PastPoint, Report, Window, not_judged
from perennial.monitoring.shift import Shift, judge_shift
from perennial.monitoring.staleness import judge_age, judge_silence
from perennial.monitoring.subject import Subject, read_subject
from perennial.monitoring.traffic import text_of
from perennial.registry.clock import Clock
from perennial.registry.files import Files
from perennial.registry.store import Registry
from perennial.spec import ModelSpec

TOO_MANY = (
    "the predictions whose outcomes may still come in could not all be read in time; "
    "a shorter outcomes.window in the spec makes them fewer"
)
RUNS = 200  # trainings looked at for the cost of 30 days


@dataclass(frozen=True, slots=True)
class Ports:
    """What a pass works with.

    Attributes:
        registry: the registry.
        files: the object store.
        bucket: the data bucket.
        load: makes a scorer of an artifact's bytes and digest.
        now: the clock.
        sizes: of what is billed by size.
        late: whether there is only time left to write down what was found.
    """

    registry: Registry
    files: Files
    bucket: str
    load: Callable[[bytes, str], Scorer]
    now: Clock
    sizes: Sizes = field(default_factory=Sizes)
    late: Over = lambda: False


def monitor(spec: ModelSpec, start: datetime, end: datetime, ports: Ports) -> Made:
    """Look at the predictions from `start` until before `end`, and at the outcomes that came in.

    Repeating it for the same window writes over the same report.

    Raises:
        ValueError: the window has no length.
        Unavailable: the registry does not answer, or nothing can be written.
    """
    if end <= start:
        raise ValueError("the window ends before it begins")
    subject = read_subject(spec, ports.registry, ports.files, ports.bucket)
    return _Pass(subject, start, end, ports).made()


@dataclass(slots=True)
class _Pass:
    """What is known while a pass goes on."""

    subject: Subject
    start: datetime
    end: datetime
    ports: Ports
    findings: Findings = field(default_factory=Findings)
    past: Sequence[Carried] = ()
    seen: Seen | None = None
    shift: Shift = field(default_factory=Shift)
    hindsight: Hindsight = field(default_factory=Hindsight)
    cost: Cost | None = None

    def made(self) -> Made:
        """Every part in turn, whatever became of the one before; then the report."""
        self.findings.problems += self.subject.problems
        if self.subject.route is None:
            for check in CHECKS:
                self.findings.verdicts[check] = not_judged("no version is in service")
        with self.findings.part("history"):
            self.past = self._past()
        with self.findings.part("captures", "quality", "drift", "prediction_drift", "multivariate"):
            self._look()
        with self.findings.part("clocks"):
            self._check_clocks()
        if self.subject.route is not None:
            self._judge()
        return publish(self._report(), self._carried(), self._floor, self.ports.files, self._bucket)

    def _past(self) -> Sequence[Carried]:
        return earlier(self.ports.files, self._bucket, self._spec.name, self.end)

    def _look(self) -> None:
        found = captures.look(self.subject, self.ports.files, self._bucket, self.start, self.end)
        self.seen = found
        captures.name_problems(found, self.findings)

    def _check_clocks(self) -> None:
        now = datetime.fromisoformat(self.ports.now())
        ahead = captures.from_the_future(self.ports.files, self._bucket, self._spec, now)
        if ahead:
            told = "predictions claim to be from hours to come: a clock is wrong"
            self.findings.problem("clocks", told, ahead)

    def _judge(self) -> None:
        part = self.findings.part
        if self.seen is not None:
            self.shift = judge_shift(self._spec, self.seen.window, self.findings)
        with part("performance", *HINDSIGHT):
            self._look_back()
        with part("staleness", "stale_data", "stale_model"):
            self._judge_staleness()
        with part("cost", "budget"):
            self._judge_cost()

    def _look_back(self) -> None:
        if self._spec.target in self._spec.sensitive:
            for check in HINDSIGHT:
                told = "the target is sensitive, so no prediction is captured to judge by it"
                self.findings.verdicts[check] = not_judged(told)
            return
        version = self.subject.version
        usual = (version.metrics if version else {}).get("mae", 1.0)
        answers = begin(self.subject, self.past, usual)
        findings, files = self.findings, punctual(self.ports.files, self.ports.late, TOO_MANY)
        counts = gather(answers, files, self._bucket, self.start, self.end, findings)
        library = Library(self.ports.registry, self.ports.files, self._bucket, self.ports.load)
        self.hindsight = judge(self.subject, answers, self.past, library, findings)
        self.hindsight.counts = counts

    def _judge_staleness(self) -> None:
        limits, verdicts = self._spec.monitoring, self.findings.verdicts
        if self.seen is not None:
            route = self.subject.route
            since = datetime.fromisoformat(route.changed_at) if route else None
            verdicts["stale_data"] = judge_silence(
                limits.maximum_silence, self._last_prediction(), since, self.end
            )
        version = self.subject.version
        if version is not None:
            registered = datetime.fromisoformat(version.created_at)
            verdicts["stale_model"] = judge_age(
                limits.maximum_age, version.number, registered, self.end
            )

    def _judge_cost(self) -> None:
        if self.seen is None:
            return
        usage = Usage(
            requests=self.seen.traffic.requests,
            latency_seconds=self.seen.traffic.latency_ms / 1000,
            files=self.seen.reading.files,
            captured_share=self._spec.capture.sample,
            window=self.end - self.start,
        )
        runs = self.ports.registry.runs(self._spec.name, RUNS)
        self.cost = cost_of(usage, runs, self.end, self.ports.sizes)
        limit = self._spec.monitoring.maximum_dollars
        self.findings.verdicts["budget"] = judge_cost(self.cost, limit)

    def _last_prediction(self) -> datetime | None:
        """In this window, or else the latest that an earlier report knew."""
        if self.seen is not None and self.seen.traffic.last is not None:
            return self.seen.traffic.last
        known = [one.last_prediction for one in self.past if one.last_prediction]
        return max(map(datetime.fromisoformat, known), default=None)

    def _report(self) -> Report:
        window = Window(start=_text(self.start), end=_text(self.end))
        point = self._point()
        return Report(
            model=self._spec.name,
            report_id=report_id(self.start, self.end),
            made_at=self.ports.now(),
            window=window,
            task=self._spec.task,
            version=self.subject.route.champion.number if self.subject.route else None,
            metric=watched(self._spec),
            verdicts=self.findings.in_order(),
            problems=tuple(self.findings.problems),
            traffic=self._seen.traffic.record(self._spec),
            flaws=self.shift.flaws,
            features=self.shift.features,
            prediction=self.shift.prediction,
            multivariate_auc=self.shift.auc,
            outcomes=self.hindsight.counts,
            versions=self.hindsight.versions,
            previous=self.hindsight.previous,
            history=tuple(one.point for one in self.past if one.point)
            + ((point,) if point else ()),
            cost=self.cost,
            sample=self._seen.traffic.sample(self._spec),
        )

    def _carried(self) -> Carried:
        return Carried(
            end=_text(self.end),
            concept=self.hindsight.concept,
            last_prediction=text_of(self._last_prediction()),
            point=self._point(),
        )

    def _point(self) -> PastPoint | None:
        """What plots of later reports show of this one."""
        route, metric = self.subject.route, watched(self._spec).value
        number = route.champion.number if route else None
        found = next((one for one in self.hindsight.versions if one.version == number), None)
        if found is None or metric not in found.metrics:
            return None
        return PastPoint(
            end=_text(self.end),
            version=found.version,
            reached=found.metrics[metric],
            interval=found.intervals.get(metric),
        )

    @property
    def _spec(self) -> ModelSpec:
        return self.subject.spec

    @property
    def _bucket(self) -> str:
        return self.ports.bucket

    @property
    def _floor(self) -> float | None:
        return self._spec.monitoring.performance.floor

    @property
    def _seen(self) -> Seen:
        return self.seen or Seen.nothing(self.subject.reference)


def _text(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
