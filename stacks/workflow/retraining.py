"""The retraining workflow: from what came true to a training run, or to why there is none."""

from __future__ import annotations

import json

from stacks.workflow.states import RUN, State, expression, invocation

GIVE_UP = "GiveUp"


def definition(*, gather: int, write: int) -> str:
    """The workflow as Amazon States Language, with placeholders for functions.

    Whatever goes wrong is told to the function that ordered the retraining, which counts it,
    or says that there was not enough to train on.

    Args:
        gather: seconds after which gathering is given up.
        write: seconds after which a function that writes a few records is given up.
    """
    return json.dumps(
        {
            "Comment": "Perennial: gather what came true since, and train on it",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": 4 * (gather + 3 * write),
            "StartAt": "GatherTrainingData",
            "States": {**_path(gather, write), **_failure(write)},
        }
    )


def _path(gather: int, write: int) -> dict[str, State]:
    return {
        "GatherTrainingData": {
            **invocation("GatherTrainingData", timeout=gather, payload=expression("$states.input")),
            "Catch": _catch("GatherTrainingData"),
            "Output": expression("$states.result.Payload"),
            "Next": "StartTraining",
        },
        "StartTraining": {
            **invocation(
                "StartTraining",
                timeout=write,
                payload={
                    "model": expression(f"{RUN}.model"),
                    "source": expression("$states.input.source"),
                    "trigger": "alarm",
                    "by": expression(f"{RUN}.by"),
                },
            ),
            "Catch": _catch("StartTraining"),
            "Output": expression("$states.result.Payload"),
            "Next": "NoteRun",
        },
        "NoteRun": {
            **invocation(
                "NoteRun",
                timeout=write,
                payload={
                    "model": expression(f"{RUN}.model"),
                    "retraining_id": expression(f"{RUN}.retraining_id"),
                    "run_id": expression("$states.input.run_id"),
                },
            ),
            "Output": expression("$states.result.Payload"),
            "Next": "TrainingStarted",
        },
        "TrainingStarted": {"Type": "Succeed"},
    }


def _failure(write: int) -> dict[str, State]:
    return {
        GIVE_UP: {
            **invocation(
                GIVE_UP,
                timeout=write,
                payload={
                    "model": expression(f"{RUN}.model"),
                    "retraining_id": expression(f"{RUN}.retraining_id"),
                    "error": expression("$states.input.error"),
                    "cause": expression("$states.input.cause"),
                },
            ),
            "Output": expression("$states.result.Payload"),
            "Next": "NothingTrained",
        },
        # Told and accounted for: an execution that failed would say that this workflow is broken.
        "NothingTrained": {"Type": "Succeed"},
    }


def _catch(name: str) -> list[State]:
    cause = "$exists($states.errorOutput.Cause) ? $string($states.errorOutput.Cause) : ''"
    return [
        {
            "ErrorEquals": ["States.ALL"],
            "Output": {
                "error": expression("$states.errorOutput.Error"),
                "cause": expression(f"'{name}: ' & $substring({cause}, 0, 4000)"),
            },
            "Next": GIVE_UP,
        }
    ]
