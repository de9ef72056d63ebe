"""Which models are deployed, and which was meant by a name that is none of them."""

from __future__ import annotations

import difflib
from typing import Any

from cli.endpoint import Endpoint
from cli.exits import CommandError, Exit
from cli.outputs import Deployment


def deployed(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """What the endpoint says of each deployed model, by name."""
    return {str(one["name"]): one for one in Endpoint.of(deployment).models()}


def check_deployed(deployment: Deployment, model: str) -> None:
    """Make sure that a model is deployed.

    Raises:
        CommandError: it is not; the message has the nearest name that is.
    """
    names = sorted(deployed(deployment))
    if model in names:
        return
    near = difflib.get_close_matches(model, names, n=1)
    meant = f"; did you mean {near[0]}?" if near else "."
    raise CommandError(
        f"No model named {model!r} is deployed ({deployment.target.title}){meant}",
        advice=f"Deployed: {', '.join(names) or 'none'}. A spec in models/ is deployed by "
        + ("`perennial up`." if deployment.target.emulator else "`perennial deploy --aws`."),
        code=Exit.NOT_FOUND,
    )
