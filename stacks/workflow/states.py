"""Building blocks of a workflow: tasks that call functions and jobs, and how each may fail.

Reference: the Amazon States Language (states-language.net/spec.html) and "Transforming data with
JSONata" in the Step Functions developer guide.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

State = dict[str, object]

CONCLUDE = "ConcludeRun"
# The run as the trigger described it, in every state.
RUN = "$states.context.Execution.Input"

_TRANSIENT = (
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
    "Lambda.TooManyRequestsException",
    "Unavailable",  # perennial.errors: a service behind the function did not answer
)
_TRANSIENT_OF_BATCH = (
    "Batch.ServerException",
    "Batch.SdkClientException",
    "Batch.TooManyRequestsException",
)
# The inside of a JSON string. The backslash is spelled by its number: JSONata's own scanner takes
# the bracket in `[^"\\]` for an escaped one and never finds the end of the expression.
_ANY = r'(?:[^"\x5c]|\x5c.)*'


def expression(jsonata: str) -> str:
    """A JSONata expression as the States Language spells it."""
    return "{% " + jsonata + " %}"


def call(
    name: str,
    *,
    timeout: int,
    payload: object,
    then: str,
    assign: Mapping[str, object] | None = None,
    output: object = None,
) -> State:
    """A task that calls the function bound to the state's name and keeps how long it took.

    Args:
        name: the state; also the placeholder of the function's ARN in the definition.
        timeout: seconds until the call is given up.
        payload: what the function gets.
        then: the next state.
        assign: variables for later states.
        output: the input of the next state; left out, what the function returned.
    """
    return {
        **invocation(name, timeout=timeout, payload=payload),
        "Catch": _catch(name),
        "Assign": {"seconds": _clock(name), **(assign or {})},
        "Output": expression("$states.result.Payload") if output is None else output,
        "Next": then,
    }


def invocation(name: str, *, timeout: int, payload: object) -> State:
    """A task that calls the function bound to the state's name; where it leads is not said.

    Args: as for `call`.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::lambda:invoke",
        "Arguments": {"FunctionName": f"${{{name}}}", "Payload": payload},
        "TimeoutSeconds": timeout,
        "Retry": _retry(_TRANSIENT),
    }


def run_job(
    name: str,
    *,
    timeout: int,
    parameters: Mapping[str, object],
    failed: Mapping[str, object],
    then: str,
) -> State:
    """A task that runs a Batch job to its end.

    Args:
        name: the state; `<name>Queue` and `<name>Job` are placeholders of queue and definition.
        timeout: seconds until the job is given up, time in the queue and retries included.
        parameters: for the `Ref::` in the job's command.
        failed: what the failure path gets beside status and reason.
        then: the next state.
    """
    return {
        "Type": "Task",
        "Resource": "arn:aws:states:::batch:submitJob.sync",
        "Arguments": {
            "JobName": expression(f"'train-' & {RUN}.run_id"),
            "JobQueue": f"${{{name}Queue}}",
            "JobDefinition": f"${{{name}Job}}",
            "Parameters": parameters,
        },
        "TimeoutSeconds": timeout,
        "Retry": _retry(_TRANSIENT_OF_BATCH),
        "Catch": _catch(name, failed),
        "Assign": {"seconds": _clock(name), "usage": expression(used("[$states.result]"))},
        "Next": then,
    }


def used(jobs: str) -> str:
    """What all jobs of the run have used so far, with those given: JSONata.

    Every attempt is billed, for a minute at least. Names are those of `perennial.cost.run`.

    Args:
        jobs: an expression, the list of what Batch says of jobs that have ended.
    """
    return f"""(
        $needs := function($job, $type) {{
            $number($job.Container.ResourceRequirements[Type = $type].Value)
        }};
        $ran := function($job) {{
            $sum($job.Attempts[$exists(StartedAt)].($max([(StoppedAt - StartedAt) / 1000, 60])))
        }};
        $sizes := $map({jobs}, function($job) {{
            {{
                'jobs': 1,
                'job_seconds': $ran($job),
                'vcpu_seconds': $ran($job) * $needs($job, 'VCPU'),
                'gib_seconds': $ran($job) * $needs($job, 'MEMORY') / 1024
            }}
        }});
        $all := $append([$usage], $sizes);
        {{
            'jobs': $sum($all.jobs),
            'job_seconds': $sum($all.job_seconds),
            'vcpu_seconds': $sum($all.vcpu_seconds),
            'gib_seconds': $sum($all.gib_seconds)
        }}
    )""".replace("\n        ", " ").replace("\n    ", " ")


def decide(*choices: tuple[str, str, object], default: str) -> State:
    """A choice; each is a condition, the next state and its input (None: unchanged)."""
    return {
        "Type": "Choice",
        "Choices": [
            {"Condition": expression(condition), "Next": then}
            | ({} if output is None else {"Output": output})
            for condition, then, output in choices
        ],
        "Default": default,
    }


def _retry(errors: Sequence[str]) -> list[State]:
    """Only what passes by itself; anything else fails the same way again."""
    return [
        {
            "ErrorEquals": list(errors),
            "IntervalSeconds": 1,
            "MaxAttempts": 4,
            "BackoffRate": 2,
            "MaxDelaySeconds": 20,
            "JitterStrategy": "FULL",
        }
    ]


def _catch(name: str, more: Mapping[str, object] | None = None) -> list[State]:
    return [
        {
            "ErrorEquals": ["States.ALL"],
            "Output": {"status": "FAILED", "reason": expression(_reason(name)), **(more or {})},
            "Next": CONCLUDE,
        }
    ]


def _reason(name: str) -> str:
    """Who failed and why. The cause is JSON of a function's error or of a job, or plain text.

    It is searched and not parsed: a cause may be cut short, and a failure path must not fail.
    """
    return f"""(
        $error := $states.errorOutput;
        $cause := $exists($error.Cause) ? $string($error.Cause) : '';
        $said := function($field) {{ $match($cause, $field, 1).groups[0] }};
        $texts := [
            $said(/"errorMessage" *: *"({_ANY})"/),
            $said(/"Reason" *: *"({_ANY})"/),
            $said(/"StatusReason" *: *"({_ANY})"/),
            $cause
        ];
        $text := $replace($substring($texts[0], 0, 900), /\\x5c(["\\x5c])/, '$1');
        '{name}: ' & $error.Error & ': ' & $text
    )""".replace("\n        ", " ").replace("\n    ", " ")


def _clock(name: str) -> str:
    """The seconds of all states so far with those of this one."""
    took = "($millis() - $toMillis($states.context.State.EnteredTime)) / 1000"
    return expression(f"$merge([$seconds, {{'{name}': {took}}}])")
