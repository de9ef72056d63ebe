"""Every error the API answers with, as RFC 9457 problem documents.

`docs/api.md` lists this catalogue; a test compares the two.
"""

from __future__ import annotations

from perennial.errors import (
    ApprovalClosed,
    Conflict,
    InvalidRows,
    ModelNotTrained,
    NoApproval,
    NoRollout,
    NotAnApprover,
    NotApproved,
    NotHalted,
    NowhereToGo,
    RowProblem,
    Unavailable,
    UnknownModel,
    UnknownVersion,
    VersionRejected,
)

MEDIA_TYPE = "application/problem+json"
TYPE_PREFIX = "urn:perennial:problem:"
RETRY_AFTER = 2  # seconds
MAX_ERRORS = 100  # listed in one document
_FIELD_LIMIT = 128  # characters of a caller's field name that are repeated to it


class Kind:
    """One type of problem: the same title and status wherever it occurs."""

    __slots__ = ("slug", "status", "title")

    def __init__(self, slug: str, status: int, title: str) -> None:
        self.slug = slug
        self.status = status
        self.title = title


MALFORMED_BODY = Kind("malformed-body", 400, "The body is not valid JSON")
UNKNOWN_PATH = Kind("unknown-path", 404, "There is nothing at this path")
NOT_AN_APPROVER = Kind("not-an-approver", 403, "This person may not decide about the version")
UNKNOWN_MODEL = Kind("unknown-model", 404, "There is no such model")
UNKNOWN_VERSION = Kind("unknown-version", 404, "That version is not in service")
NO_APPROVAL = Kind("no-approval", 404, "Nobody was asked to approve that version")
METHOD_NOT_ALLOWED = Kind("method-not-allowed", 405, "The method does not apply to this path")
NOT_ACCEPTABLE = Kind("not-acceptable", 406, "The answer can only be JSON")
MODEL_NOT_TRAINED = Kind("model-not-trained", 409, "The model has no version in service yet")
ROUTE_CHANGED = Kind("route-changed", 409, "The route is not the one that was expected")
NO_ROLLOUT = Kind("no-rollout", 409, "No rollout of the model is under way")
NOWHERE_TO_GO = Kind("nowhere-to-go", 409, "There is no good version to roll back to")
VERSION_REJECTED = Kind("version-rejected", 409, "That version was rejected")
NOT_APPROVED = Kind("not-approved", 409, "That version needs an approval and has none")
APPROVAL_CLOSED = Kind("approval-closed", 409, "That version cannot be approved any more")
NOT_HALTED = Kind("not-halted", 409, "Nothing has stopped that could go on")
BODY_TOO_LARGE = Kind("body-too-large", 413, "The body is too large")
TOO_MANY_ROWS = Kind("too-many-rows", 413, "There are too many rows in one request")
ANSWER_TOO_LARGE = Kind("answer-too-large", 413, "The answer would be too large")
UNSUPPORTED_MEDIA_TYPE = Kind("unsupported-media-type", 415, "The body is not sent as JSON")
INVALID_REQUEST = Kind("invalid-request", 422, "The body is not a prediction request")
INVALID_ROWS = Kind("invalid-rows", 422, "Rows do not fit the model's schema")
INVALID_OUTCOMES = Kind("invalid-outcomes", 422, "No outcome could be taken")
NO_EXPLANATION = Kind("no-explanation", 422, "This model's predictions cannot be explained")
INTERNAL_ERROR = Kind("internal-error", 500, "Something broke on our side")
UNAVAILABLE = Kind("unavailable", 503, "A service this API depends on does not answer")

CATALOGUE = (
    MALFORMED_BODY,
    NOT_AN_APPROVER,
    UNKNOWN_PATH,
    UNKNOWN_MODEL,
    UNKNOWN_VERSION,
    NO_APPROVAL,
    METHOD_NOT_ALLOWED,
    NOT_ACCEPTABLE,
    MODEL_NOT_TRAINED,
    ROUTE_CHANGED,
    NO_ROLLOUT,
    NOWHERE_TO_GO,
    VERSION_REJECTED,
    NOT_APPROVED,
    APPROVAL_CLOSED,
    NOT_HALTED,
    BODY_TOO_LARGE,
    TOO_MANY_ROWS,
    ANSWER_TOO_LARGE,
    UNSUPPORTED_MEDIA_TYPE,
    INVALID_REQUEST,
    INVALID_ROWS,
    INVALID_OUTCOMES,
    NO_EXPLANATION,
    INTERNAL_ERROR,
    UNAVAILABLE,
)


class Problem(Exception):
    """An answer that is an error; `detail` is written for the caller and shows no value."""

    def __init__(
        self,
        kind: Kind,
        detail: str,
        *,
        errors: list[RowProblem] | None = None,
        headers: dict[str, str] | None = None,
    ) -> None:
        self.kind = kind
        self.detail = detail
        self.errors = errors or []
        self.headers = headers or {}
        super().__init__(kind.slug)

    def document(self, request_id: str) -> dict[str, object]:
        """The problem document: RFC 9457, section 3.1, and `errors` as its extension."""
        document: dict[str, object] = {
            "type": TYPE_PREFIX + self.kind.slug,
            "title": self.kind.title,
            "status": self.kind.status,
            "detail": self.detail,
            "instance": f"urn:perennial:request:{request_id}",
        }
        if self.errors:
            document["errors"] = [_located(error) for error in self.errors[:MAX_ERRORS]]
        return document


def problem_of(error: Exception) -> Problem:
    """What a caller is told about an error; one not foreseen here is an internal error."""
    match error:
        case Problem():
            return error
        case InvalidRows():
            detail = "Nothing was predicted: values are missing, unknown or do not fit."
            if len(error.problems) >= MAX_ERRORS:
                detail += f" The first {MAX_ERRORS} of them are listed."
            return Problem(INVALID_ROWS, detail, errors=error.problems)
        case Unavailable():
            detail = "Nothing is wrong with the request; send it again in a moment."
            return Problem(UNAVAILABLE, detail, headers={"Retry-After": str(RETRY_AFTER)})
        case NoApproval() | NotAnApprover() | NotApproved() | ApprovalClosed():
            return Problem(_OF_APPROVALS[type(error)], _sentence(str(error)))
    for foreseen, kind, detail in _FORESEEN:
        if isinstance(error, foreseen):
            return Problem(kind, detail)
    detail = "It has been logged under the id that stands in `instance`."
    return Problem(INTERNAL_ERROR, detail)


_FORESEEN = (
    (UnknownModel, UNKNOWN_MODEL, "GET /v1/models lists the models there are."),
    (UnknownVersion, UNKNOWN_VERSION, "GET /v1/models/{model} names the one that is."),
    (
        ModelNotTrained,
        MODEL_NOT_TRAINED,
        "Its first training has not ended well yet. GET /v1/models/{model} says more.",
    ),
    (NoRollout, NO_ROLLOUT, "GET rollout shows how the last one ended, if there was one."),
    (
        Conflict,
        ROUTE_CHANGED,
        "Somebody changed it first: look at what serves now, and decide again.",
    ),
    (
        NowhereToGo,
        NOWHERE_TO_GO,
        "No good version came before: put one in service by PUT route, or train another.",
    ),
    (
        VersionRejected,
        VERSION_REJECTED,
        "It lost its rollout or was rolled back. PUT route serves it all the same.",
    ),
    (NotHalted, NOT_HALTED, "Automation is not stopped: what alarms call for is done."),
)


# Their messages are for the caller: why not, and what would do.
_OF_APPROVALS: dict[type[Exception], Kind] = {
    NoApproval: NO_APPROVAL,
    NotAnApprover: NOT_AN_APPROVER,
    NotApproved: NOT_APPROVED,
    ApprovalClosed: APPROVAL_CLOSED,
}


def _sentence(text: str) -> str:
    """With a full stop, and a capital unless it begins with an ARN."""
    first = text[:1] if text.startswith("arn:") else text[:1].upper()
    return f"{first}{text[1:]}."


def _located(error: RowProblem) -> dict[str, object]:
    located: dict[str, object] = {"row": error.row}
    if error.field:
        located["field"] = error.field[:_FIELD_LIMIT]
    return {**located, "reason": error.reason}
