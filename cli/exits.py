"""How commands end: the exit codes scripts can rely on, and the error that carries one."""

from __future__ import annotations

from enum import IntEnum


class Exit(IntEnum):
    """The exit codes of every command; `docs/cli.md` lists them from here."""

    meaning: str

    OK = 0, "Done."
    FAILED = 1, "Something went wrong; the message says what and where."
    USAGE = 2, "The command line is wrong: unknown option, missing argument, impossible value."
    NOT_FOUND = 3, "Not there: no such model, run, version or file, nothing deployed, no emulator."
    REJECTED = 4, "The run ended REJECTED: the data does not fit the spec."
    GATED = 5, "The run ended GATED: it trained, but a gate kept it from being registered."
    RUN_FAILED = 6, "The run ended FAILED: something broke on the way."
    INVALID = 7, "A spec, or a data file checked against one, has mistakes."
    UNAVAILABLE = 8, "A service did not answer, or refused for now; trying again may help."
    TIMEOUT = 9, "The wait was given up; the run goes on."
    DIFFERENT = 10, "A version made again is not identical, or what it was made of was changed."
    TAMPERED = 11, "An audit found something that is not as it must be."
    INTERRUPTED = 130, "Stopped by Ctrl-C."

    def __new__(cls, value: int, meaning: str) -> Exit:
        """A code that knows what it means."""
        code = int.__new__(cls, value)
        code._value_ = value
        code.meaning = meaning
        return code


class CommandError(Exception):
    """A command cannot do what was asked.

    Attributes:
        message: what went wrong, and where.
        advice: what to do about it, or nothing when there is nothing to add.
        code: how the process ends.
    """

    def __init__(self, message: str, *, advice: str = "", code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.message = message
        self.advice = advice
        self.code = code
