"""The errors of the emulator.

EmulatorError
├── StartFailed        the server did not become healthy; names the log file
├── AlreadyRunning     the state folder belongs to a server with other settings
├── MovedName          MiniStack no longer has a private name this package relies on
├── UnknownImage       a job's image has no counterpart in the checkout
└── ServiceError       an AWS-shaped refusal of a request: code and message
"""


class EmulatorError(Exception):
    """Base of everything this package raises on purpose."""


class StartFailed(EmulatorError):
    """The server process ended, or did not answer in time."""


class AlreadyRunning(EmulatorError):
    """A server with other settings runs from the same state folder."""


class MovedName(EmulatorError):
    """A private MiniStack name is gone or takes other parameters than it did."""


class UnknownImage(EmulatorError):
    """An image name that no function folder of the checkout answers to."""


class ServiceError(EmulatorError):
    """A request refused the way AWS refuses it.

    Attributes:
        code: the error code a client sees, such as `ClientException`.
        message: the explanation a client sees.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code
        self.message = message
