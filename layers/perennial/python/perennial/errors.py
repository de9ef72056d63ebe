"""The errors of the domain: one tree, whose names are the contract of workflow, API and CLI.

    PerennialError
    ├── SpecError               a model spec says something that cannot be
    ├── DataRejected            the data does not fit the spec
    │   └── UnreadableData      the bytes are not the file they claim to be
    ├── RunError                a run cannot go on
    │   ├── TrainingFailed      the estimator could not be fitted
    │   └── ExportMismatch      the exported form differs from the estimator
    ├── NotPortable             a format cannot express a version
    ├── ArtifactError           an artifact is missing, damaged or of another format
    ├── RequestError            a caller asks for something that cannot be answered
    │   ├── InvalidRows         rows that do not fit the model's schema
    │   ├── UnknownModel        no such model is deployed
    │   ├── ModelNotTrained     the model exists and has no version in service
    │   ├── UnknownVersion      no such version of this model
    │   ├── VersionRejected     the version lost its rollout or was rolled back
    │   ├── NowhereToGo         no good version is left to roll back to
    │   ├── NotApproved         the version needs an approval that it does not have
    │   ├── NoApproval          nobody was asked to approve the version
    │   ├── ApprovalClosed      there is nothing to decide about the version any more
    │   ├── NotAnApprover       this person may not decide about the version
    │   └── NotHalted           nothing has stopped that a person could let go on
    ├── NeedsPipelineRuntime    another function has to answer for this version
    ├── UnreadableCapture       a message about predictions is not what the predict function writes
    ├── UnreadableOutcomes      a message about outcomes is not what the outcome function writes
    ├── NotGathered             there is no data to train from in what was predicted and came true
    │   ├── NotEnoughOutcomes   fewer predictions with outcomes than the spec asks for
    │   └── NotCaptured         a column that training needs is not kept of predictions
    ├── MissingSetting          the environment does not say what a function needs
    ├── Unforeseen              something broke that nobody thought of
    ├── Conflict                somebody else changed the same thing first
    │   └── NoRollout           a rollout was to be changed, and none is under way
    └── Unavailable             a service we depend on did not answer; trying again may help

Messages are written for the person who reads them: what went wrong, where, what to do.
They never hold the value of a feature.
"""


class PerennialError(Exception):
    """Root of the tree; catching it catches everything the domain raises on purpose."""


class SpecError(PerennialError):
    """A model spec says something that cannot be; the message names file, line and field."""


class DataRejected(PerennialError):
    """The data does not fit the spec; nothing is trained from it."""


class UnreadableData(DataRejected):
    """The bytes are not the file they claim to be; the message names line and column."""


class RunError(PerennialError):
    """A run cannot go on."""


class TrainingFailed(RunError):
    """The estimator could not be fitted on this data."""


class ExportMismatch(RunError):
    """The exported form does not reproduce the estimator it came from."""


class NotPortable(PerennialError):
    """A format cannot express a version; the message says what of it, and what can."""


class ArtifactError(PerennialError):
    """An artifact is missing, damaged or of a format this code does not know."""


class RequestError(PerennialError):
    """A caller asks for something that cannot be answered."""


class InvalidRows(RequestError):
    """Rows do not fit the model's schema; `problems` names row, field and reason."""

    def __init__(self, problems: "list[RowProblem]") -> None:
        self.problems = problems
        super().__init__(f"{len(problems)} value(s) do not fit the model's schema")


class RowProblem:
    """One value that does not fit: where it stands and why, never what it is."""

    __slots__ = ("field", "reason", "row")

    def __init__(self, row: int, field: str, reason: str) -> None:
        self.row = row
        self.field = field
        self.reason = reason

    def __repr__(self) -> str:
        return f"row {self.row}, {self.field}: {self.reason}"


class UnknownModel(RequestError):
    """No such model is deployed."""


class ModelNotTrained(RequestError):
    """The model exists and has no version in service."""


class UnknownVersion(RequestError):
    """No such version of this model."""


class VersionRejected(RequestError):
    """The version lost its rollout or was rolled back; only a person puts it in service again."""


class NowhereToGo(RequestError):
    """No good version is left to roll back to; a person has to decide."""


class NotApproved(RequestError):
    """The version needs an approval that it does not have; it may not serve."""


class NoApproval(RequestError):
    """Nobody was asked to approve the version."""


class ApprovalClosed(RequestError):
    """There is nothing to decide about the version any more, or it may not be approved."""


class NotAnApprover(RequestError):
    """This person may not decide about the version."""


class NotHalted(RequestError):
    """Nothing has stopped that a person could let go on."""


class NeedsPipelineRuntime(PerennialError):
    """A user's own pipeline: the function that has its libraries must answer for it."""


class UnreadableCapture(PerennialError):
    """A message about predictions is not what the predict function writes."""


class UnreadableOutcomes(PerennialError):
    """A message about outcomes is not what the outcome function writes."""


class NotGathered(PerennialError):
    """There is no data to train from in what was predicted and came true."""


class NotEnoughOutcomes(NotGathered):
    """Fewer predictions with outcomes than the spec asks for."""


class NotCaptured(NotGathered):
    """A column that training needs is not kept of predictions."""


class MissingSetting(PerennialError):
    """The environment does not say what a function needs; a mistake of the deployment."""


class Unforeseen(PerennialError):
    """Something broke that nobody thought of.

    The text of the original error may hold values of features, so only type and place are told.
    """


class Conflict(PerennialError):
    """Somebody else changed the same thing first; read again and decide anew."""


class NoRollout(Conflict):
    """A rollout was to be changed, and none is under way."""


class Unavailable(PerennialError):
    """A service we depend on did not answer; trying again may help."""


def frames(error: BaseException) -> list[str]:
    """Where an error came through, outermost first: `file:line function`, and no values."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        found.append(f"{code.co_filename}:{traceback.tb_lineno} {code.co_name}")
        traceback = traceback.tb_next
    return found


def origin(error: BaseException) -> str:
    """An error without its text, which may hold values: its type and where it was raised."""
    return f"{type(error).__name__} at {(frames(error) or ['an unknown place'])[-1]}"
