"""The scoring workflow: from a file to its predictions beside it.

Nothing is caught here. An execution that fails can be taken up again (redriven) where it failed:
of a Map, only the chunks that failed; a rule on its end says beside the file what went wrong.
"""

from __future__ import annotations

import json

from stacks.workflow.states import RUN, State, decide, expression, invocation

CHUNKS = "Chunks"  # the Map's label, part of the ARNs of its runs
_DAY = 86_400  # seconds


def definition(timeout: int, concurrency: int) -> str:
    """The workflow as Amazon States Language, with placeholders for functions.

    Args:
        timeout: seconds until a call is given up.
        concurrency: chunks scored at once.
    """
    return json.dumps(
        {
            "Comment": "Perennial: cut a file, score its chunks, put the results together",
            "QueryLanguage": "JSONata",
            "TimeoutSeconds": _DAY,
            "StartAt": "PlanChunks",
            "States": {
                "PlanChunks": {
                    **invocation("PlanChunks", timeout=timeout, payload=expression(RUN)),
                    "Assign": {"planned": expression("$states.result.Payload")},
                    "Output": expression("$states.result.Payload"),
                    "Next": "DecideOnPlan",
                },
                # A file that is refused, or was scored before, goes straight to its end.
                "DecideOnPlan": decide(
                    ("$states.input.outcome = 'PLANNED'", "ScoreChunks", None),
                    default="CollectScores",
                ),
                "ScoreChunks": _chunks(timeout, concurrency),
                "CollectScores": {
                    **invocation("CollectScores", timeout=timeout, payload=_COLLECTED),
                    "Output": expression("$states.result.Payload"),
                    "Next": "FileScored",
                },
                "FileScored": {"Type": "Succeed"},
            },
        }
    )


_COLLECTED = {
    "request": expression(RUN),
    "planned": expression("$planned"),
    "started_at": expression("$states.context.Execution.StartTime"),
    "model": expression(f"{RUN}.model"),
    "run_id": expression(f"{RUN}.run_id"),
}


def _chunks(timeout: int, concurrency: int) -> State:
    """Each chunk of the list as an execution of its own; what they return is of no use."""
    return {
        "Type": "Map",
        "Label": CHUNKS,
        "MaxConcurrency": concurrency,
        "ToleratedFailurePercentage": expression("$planned.tolerated_failure_percentage"),
        "ItemReader": {
            "Resource": "arn:aws:states:::s3:getObject",
            "ReaderConfig": {"InputType": "JSON"},
            "Arguments": {
                "Bucket": expression("$planned.list.bucket"),
                "Key": expression("$planned.list.key"),
            },
        },
        "ItemSelector": {
            "chunk": expression("$states.context.Map.Item.Value"),
            "prefix": expression("$planned.prefix"),
            "model": expression(f"{RUN}.model"),
            "run_id": expression(f"{RUN}.run_id"),
        },
        "ItemProcessor": {
            "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
            "StartAt": "ScoreChunk",
            "States": {
                "ScoreChunk": {
                    **invocation(
                        "ScoreChunk", timeout=timeout, payload=expression("$states.input")
                    ),
                    "Output": 0,
                    "End": True,
                }
            },
        },
        "Output": {},
        "Next": "CollectScores",
    }
