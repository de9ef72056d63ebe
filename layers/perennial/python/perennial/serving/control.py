"""What operators may change, over HTTP: who asks, what is wished, and how it is answered.

API Gateway has checked the signature. What a wish does is said by `perennial.serving.operations`
and by the packages above this one; the handler brings them together.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping

from perennial.errors import UnknownModel, UnknownVersion
from perennial.serving.approvals import PATH as APPROVAL
from perennial.serving.approvals import number_of
from perennial.serving.gateway import Call, reply, reply_problem
from perennial.serving.problems import (
    INVALID_REQUEST,
    METHOD_NOT_ALLOWED,
    UNKNOWN_PATH,
    UNKNOWN_VERSION,
    Problem,
    problem_of,
)
from perennial.serving.rows import read_json

ROUTE = "/v1/models/{model}/route"
ROLLBACK = "/v1/models/{model}/rollback"
ROLLOUT = "/v1/models/{model}/rollout"
AUTOMATION = "/v1/models/{model}/automation"
FORGET = "/v1/models/{model}/forget"
# What there is: by resource, the method and the members of the body.
PATHS = {
    ROUTE: ("PUT", ("version", "reason", "expected_revision")),
    ROLLBACK: ("POST", ("to", "reason", "expected_revision")),
    ROLLOUT: ("POST", ("action", "reason", "step")),
    AUTOMATION: ("POST", ("action", "reason")),
    FORGET: ("POST", ("id", "kind", "reason", "dry_run")),
    APPROVAL: ("POST", ("decision", "reason")),
}
ROLLOUT_ACTIONS = ("pause", "resume", "advance", "end")
REASON_LIMIT = 500  # characters
LARGEST = 99_999_999  # keys of the registry hold no more digits


class Wish:
    """What an operator wants of a model.

    Attributes:
        model: a deployed one.
        by: the ARN of the principal that signed.
        principal: its unique id, as IAM has it.
        version: the one the path names; 0 where it names none.
    """

    def __init__(
        self,
        model: str,
        by: str,
        members: Mapping[str, object],
        *,
        principal: str = "",
        version: int = 0,
    ) -> None:
        """A wish.

        Args:
            model: whose.
            by: who asks.
            members: of the body, none but known ones.
            principal: who asks, by a unique id.
            version: of the path.
        """
        self.model = model
        self.by = by
        self.principal = principal
        self.version = version
        self._members = members

    @property
    def reason(self) -> str:
        """Why, in one line.

        It is shown on terminals and sent by mail: what steers those is no part of a reason, nor
        is half a surrogate pair, which no text may hold.

        Raises:
            Problem: there is none, it is too long, or holds characters that do not print.
        """
        value = self._members.get("reason")
        said = " ".join(value.split()) if isinstance(value, str) else ""
        if not 0 < len(said) <= REASON_LIMIT or not said.isprintable():
            detail = f"`reason` says why, in at most {REASON_LIMIT} characters that print."
            raise Problem(INVALID_REQUEST, detail)
        return said

    def number(self, name: str, least: int = 1) -> int:
        """A whole number that must be there.

        Raises:
            Problem: it is not, or is another kind of thing.
        """
        value = self._members.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= LARGEST:
            told = f"`{name}` is a whole number from {least} to {LARGEST}."
            raise Problem(INVALID_REQUEST, told)
        return value

    def number_if_any(self, name: str, least: int = 1) -> int | None:
        """A whole number, or None where the body has no such member.

        Raises:
            Problem: it is there and another kind of thing.
        """
        return self.number(name, least) if name in self._members else None

    def has(self, name: str) -> bool:
        """Whether the body has a member."""
        return name in self._members

    def member(self, name: str) -> object:
        """A member of the body as it came, unchecked; None where there is none."""
        return self._members.get(name)

    def choice(self, name: str, options: Collection[str]) -> str:
        """One word of several.

        Raises:
            Problem: it is missing, or another one.
        """
        value = self._members.get(name)
        if not isinstance(value, str) or value not in options:
            raise Problem(INVALID_REQUEST, f"`{name}` is one of {', '.join(options)}.")
        return value


Operation = Callable[[Wish], Mapping[str, object]]


def respond(
    event: Mapping[str, object],
    *,
    models: Collection[str],
    operations: Mapping[str, Operation],
    log_failure: Callable[[Exception], None],
) -> dict[str, object]:
    """The proxy response to a proxy event; errors are responses, never exceptions.

    Args:
        event: of API Gateway, which has checked the signature.
        models: the deployed ones.
        operations: by resource, what does what is wished and says how things are then.
        log_failure: gets what is not the caller's doing.
    """
    call = Call(event)
    try:
        operation = operations.get(call.resource)
        if operation is None:
            told = ", ".join(f"{PATHS[path][0]} {path}" for path in operations)
            raise Problem(UNKNOWN_PATH, f"There is {told}.")
        return reply(200, operation(_wish(call, models)))
    except UnknownVersion:
        detail = "The model has no version of that number."
        return reply_problem(Problem(UNKNOWN_VERSION, detail), call.request_id)
    except Exception as error:
        problem = problem_of(error)
        if problem.kind.status >= 500:
            log_failure(error)
        return reply_problem(problem, call.request_id)


def _wish(call: Call, models: Collection[str]) -> Wish:
    method, members = PATHS[call.resource]
    if call.method != method:
        detail = f"This is asked by {method}."
        raise Problem(METHOD_NOT_ALLOWED, detail, headers={"Allow": method})
    if call.path_model not in models:
        raise UnknownModel(f"no model named {call.path_model!r} is deployed")
    by = _signer(call.event, "userArn")
    if not by:
        raise PermissionError("API Gateway names no caller: the method does not ask for one")
    return Wish(
        call.path_model,
        by,
        _members(read_json(call), members),
        principal=_signer(call.event, "caller"),
        version=number_of(call.path_version),
    )


def _signer(event: Mapping[str, object], what: str) -> str:
    """The principal that signed the request: its ARN (`userArn`), or its unique id (`caller`).

    https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
    """
    context = event.get("requestContext")
    identity = context.get("identity") if isinstance(context, dict) else None
    told = identity.get(what) if isinstance(identity, dict) else None
    return told if isinstance(told, str) else ""


def _members(body: object, known: Collection[str]) -> dict[str, object]:
    told = f"The body is an object with {', '.join(f'`{name}`' for name in known)} at most."
    if not isinstance(body, dict) or any(name not in known for name in body):
        raise Problem(INVALID_REQUEST, told)
    return body
