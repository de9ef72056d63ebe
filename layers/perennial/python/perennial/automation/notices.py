"""What people are told: what happened, what was done about it, and what they may do.

Plain sentences, that can be read aloud; no value of a feature is in them.
"""

from __future__ import annotations

from collections.abc import Sequence

from perennial.automation.decisions import (
    Decision,
    EndRollout,
    Halt,
    Hold,
    Notice,
    Retrain,
    RollBack,
)
from perennial.automation.situation import LatestReport

RUNBOOK = "docs/operations.md"
LONGEST_SUBJECT = 100  # characters; SNS takes no more, and ASCII only
_LONGEST_SENTENCE = 1000
_BY_HAND = {"rollout": "--resume "}


def notice(
    model: str,
    subject: str,
    *,
    happened: str,
    done: str,
    may: Sequence[str],
    anchor: str,
    report: LatestReport | None = None,
) -> Notice:
    """A notice.

    Args:
        model: what it is about.
        subject: in a few words; shortened where it must be.
        happened: what happened, a sentence without a full stop.
        done: what was done about it, likewise.
        may: what a person may do, a sentence each, commands in backquotes.
        anchor: the section of the runbook.
        report: the newest report, linked where there is one.
    """
    lines = [
        f"What happened: {_sentence(happened)}",
        f"What was done: {_sentence(done)}",
        *(["What the newest report says: " + _said(report)] if report and report.alarms else []),
        "What you may do: " + " ".join(_sentence(each) for each in may),
        f"More about this: {RUNBOOK}#{anchor}",
        *([f"The report: {report.uri}"] if report else []),
    ]
    return Notice(_subject(f"{model}: {subject}"), "\n\n".join(lines) + "\n")


def of_decision(model: str, decision: Decision, report: LatestReport | None) -> Notice | None:
    """The notice that goes with a decision, when it is made."""
    look = f"`perennial watch {model}` shows alarms and actions"
    match decision:
        case Retrain():
            return notice(
                model,
                "a retraining was started",
                happened=decision.cause,
                done="a retraining was started on what was predicted and came true since; "
                "its version comes into service if it passes the gates of the spec",
                may=[f"Nothing is needed. {look}", f"`perennial runs {model}` shows the training"],
                anchor="model-degraded",
                report=report,
            )
        case EndRollout():
            return notice(
                model,
                f"the rollout of version {decision.version} was ended",
                happened=decision.cause,
                done=f"the rollout of version {decision.version} was ended and the version "
                "rejected; the version that served before answers all requests",
                may=[
                    f"Nothing is needed. {look}",
                    f"`perennial rollout {model}` shows what the judge had seen",
                ],
                anchor="model-harmful",
                report=report,
            )
        case RollBack():
            return _rolled_back(model, decision, look, report)
        case Halt():
            return halted(model, decision.reason, report)
        case Hold():
            return notice(
                model,
                "something is due and waits",
                happened=decision.reason,
                done="nothing, for now; it is looked at again after each report and each alarm",
                may=[look, f"`perennial train {model} FILE` trains at once on data of your own"],
                anchor="model-degraded",
                report=report,
            )


def _rolled_back(model: str, decision: RollBack, look: str, report: LatestReport | None) -> Notice:
    taken, back = decision.from_version, decision.to_version
    stops = (
        f", and nothing more is done by itself, because {decision.halts}" if decision.halts else ""
    )
    resume = [f"`perennial resume {model} --reason ...` lets it go on"] if decision.halts else []
    return notice(
        model,
        f"version {taken} is taken back" + (", and automation stops" if stops else ""),
        happened=decision.cause,
        done=f"version {taken} is taken back and rejected, and version {back} answers in its "
        f"place within ten seconds{stops}",
        may=[
            look,
            *resume,
            f"`perennial route {model} {taken} --reason ...` puts the version in service again",
        ],
        anchor="model-harmful",
        report=report,
    )


def halted(model: str, reason: str, report: LatestReport | None) -> Notice:
    """Nothing is done any more until a person says so."""
    return notice(
        model,
        "nothing is done by itself any more; a person is needed",
        happened=reason,
        done="nothing, and nothing will be done by itself until a person says so; "
        "requests are answered as before",
        may=[
            f"`perennial watch {model}` shows alarms and actions",
            f"`perennial route {model} VERSION --reason ...` puts a version in service",
            f"`perennial resume {model} --reason ...` lets automation go on",
        ],
        anchor="actions-halted",
        report=report,
    )


def not_trained(model: str, why: str, report: LatestReport | None) -> Notice:
    """A retraining found too little to train on, which is nobody's failure."""
    return notice(
        model,
        "there was too little to train on",
        happened=why,
        done="nothing was trained; it is tried again after the cooldown, "
        "while there is a reason for it",
        may=[
            f"`perennial outcomes {model} FILE` brings outcomes that are missing",
            f"`perennial train {model} FILE` trains on data of your own",
        ],
        anchor="retraining-failed",
        report=report,
    )


def ended(model: str, sentence: str, failures: int, report: LatestReport | None) -> Notice:
    """A retraining ended; `failures` counts those in a row that brought nothing."""
    failed = failures > 0
    return notice(
        model,
        "a retraining brought no version into service" if failed else "a retraining has ended",
        happened=sentence,
        done=(
            f"the version in service stays; this is number {failures} in a row"
            if failed
            else "nothing more; the model is watched as before"
        ),
        may=[f"`perennial runs {model}` shows the run and its reason"],
        anchor="retraining-failed" if failed else "model-degraded",
        report=report,
    )


def taken_up(model: str, workflow: str, why: str) -> Notice:
    """A workflow broke and was started again where it stood."""
    return notice(
        model,
        f"a {workflow} broke off and was taken up again",
        happened=f"the workflow {workflow} did not finish: {why}",
        done="it was started again and goes on where it stood; should it break there once more, "
        "that is left to a person",
        may=[f"Nothing is needed. `perennial {workflow} {model}` shows where it stands"],
        anchor="workflow-broken",
    )


def broken(model: str, workflow: str, why: str) -> Notice:
    """A workflow broke that should have finished."""
    return notice(
        model,
        f"a {workflow} broke off",
        happened=f"the workflow {workflow} did not finish: {why}",
        done="nothing; the route is as it was when it broke off",
        may=[
            f"`perennial watch {model}` shows what serves",
            f"`perennial {workflow} {model} {_BY_HAND.get(workflow, '')}--reason ...` begins or "
            "continues it by hand",
        ],
        anchor="workflow-broken",
    )


def _said(report: LatestReport) -> str:
    return " ".join(_sentence(each) for each in report.alarms.values())


def _sentence(text: str) -> str:
    """With a capital and a full stop; a very long one is cut."""
    text = " ".join(text.split())
    if len(text) > _LONGEST_SENTENCE:
        text = text[: _LONGEST_SENTENCE - 1] + "…"
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _subject(text: str) -> str:
    plain = text.encode("ascii", "replace").decode().replace("\n", " ")
    return plain if len(plain) <= LONGEST_SUBJECT else plain[: LONGEST_SUBJECT - 3] + "..."
