"""The edge of the command: exceptions become messages and exit codes here, once."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from cli.exits import CommandError, Exit


@contextmanager
def boundary() -> Iterator[None]:
    """Turn whatever goes wrong inside into a message on stderr and an exit code.

    With `PERENNIAL_DEBUG` set, errors pass unchanged, so that Python shows their traceback.
    """
    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except KeyboardInterrupt:
        from cli import terminal

        terminal.note("Stopped.")
        raise typer.Exit(Exit.INTERRUPTED) from None
    except BrokenPipeError:
        # The reader of our output, such as `head`, has seen enough. Python would complain
        # again when it flushes stdout at the end.
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        raise typer.Exit(Exit.OK) from None
    except Exception as error:
        if os.environ.get("PERENNIAL_DEBUG") or type(error).__module__.startswith("typer."):
            raise
        from cli import terminal

        known = explain(error)
        terminal.complain(known)
        raise typer.Exit(known.code) from error


def explain(error: Exception) -> CommandError:
    """An exception in the words of the command line."""
    from perennial import errors

    if isinstance(error, CommandError):
        return error
    if isinstance(error, errors.SpecError | errors.DataRejected):
        return CommandError(str(error), code=Exit.INVALID)
    if isinstance(error, errors.UnknownModel | errors.UnknownVersion | errors.ModelNotTrained):
        return CommandError(str(error), code=Exit.NOT_FOUND)
    if isinstance(error, errors.Unavailable):
        return CommandError(str(error), code=Exit.UNAVAILABLE)
    if isinstance(error, errors.PerennialError):
        return CommandError(str(error))
    if type(error).__module__.startswith("botocore."):
        return _of_aws(error)
    if isinstance(error, OSError) and error.filename:
        return CommandError(f"{error.filename}: {error.strerror}")
    return CommandError(
        f"{type(error).__name__}: {error}",
        advice="This was not expected. PERENNIAL_DEBUG=1 shows where it happened.",
    )


def _of_aws(error: Exception) -> CommandError:
    from botocore import exceptions

    if isinstance(error, exceptions.ClientError):
        told = error.response.get("Error", {})
        code = told.get("Code", "")
        message = f"{error.operation_name}: {told.get('Message') or code}"
        if code in ("AccessDenied", "AccessDeniedException", "UnauthorizedOperation"):
            return CommandError(message, advice="The credentials in use may not do this.")
        if code in ("ExpiredToken", "ExpiredTokenException", "InvalidClientTokenId"):
            return CommandError(message, advice="Sign in to AWS again.")
        return CommandError(message)
    if isinstance(error, exceptions.NoCredentialsError | exceptions.PartialCredentialsError):
        return CommandError(
            "No AWS credentials were found.",
            advice="Sign in (`aws sso login`), or name a profile with --profile.",
        )
    if isinstance(error, exceptions.HTTPClientError | exceptions.ConnectionError):
        return CommandError(str(error), code=Exit.UNAVAILABLE)
    return CommandError(str(error))
