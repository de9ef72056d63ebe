"""`perennial reproduce`: make a version again from its receipt, and compare the bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from cli import terminal
from cli.exits import Exit
from cli.options import Json, Model, on_target
from cli.target import Target

if TYPE_CHECKING:
    from cli.reproduction import Reproduction


@on_target
def run(
    target: Target,
    model: Model,
    version: Annotated[int, typer.Argument(min=1, help="The version to make again.")],
    anyway: Annotated[
        bool,
        typer.Option(
            "--anyway", help="Go on where image or code are gone, with those of this machine."
        ),
    ] = False,
    in_batch: Annotated[
        bool,
        typer.Option("--in-batch", help="Train where it was trained: a job of the deployment."),
    ] = False,
    json_output: Json = False,
) -> None:
    """Re-train a version from its receipt, on this machine, and compare the artifact's bytes.

    Where they differ it says which input is another and how far predictions differ; the exit code
    tells as well.
    """
    import tempfile
    from functools import partial
    from pathlib import Path

    from perennial.adapters.s3 import S3ObjectStore

    from cli import batch_reproduction, catalogue, evidence, project, records, reproduction
    from cli.outputs import Deployment
    from cli.steps import Steps

    deployment = Deployment(target)
    catalogue.check_deployed(deployment, model)
    registered = records.version_named(records.registry(deployment), model, version)
    root, store = project.current().root, S3ObjectStore(target.client("s3"))
    with tempfile.TemporaryDirectory(prefix="perennial-") as name, Steps() as steps:
        with steps.step("Prove what it was made of"):
            found = evidence.gather(
                registered,
                store,
                target,
                Path(name),
                here=root / "layers" / "perennial" / "python",
                anyway=anyway,
            )
        lock = root / "functions" / "train" / "requirements.lock"
        train = partial(reproduction.train_here, lock=lock)
        if in_batch:
            train = partial(batch_reproduction.train_in_batch, deployment=deployment, store=store)
        with steps.step("Train again"):
            made = reproduction.reproduce(found, store, train)
    if json_output:
        terminal.emit(made.as_json())
    else:
        terminal.show(*_told(made))
    if not made.sound:
        raise typer.Exit(Exit.DIFFERENT)


def _told(made: Reproduction) -> list[str]:
    verdict = "identical" if made.identical else "NOT identical"
    lines = [
        f"{made.model}  version {made.version}: {verdict}, after {made.seconds} s of training",
        f"  registered  {made.registered}",
        f"  re-trained  {made.retrained}",
    ]
    if made.differences:
        lines += ["Other than the receipt says:", *(f"  {one}" for one in made.differences)]
    elif not made.identical:
        lines.append("Every input is what the receipt says: the training is not deterministic.")
    if made.predictions is not None:
        far = made.predictions
        lines.append(
            f"Predictions on {far.rows:,} held-out rows differ by {far.largest:.3g} at most, "
            f"{far.mean:.3g} on average"
            + (
                f"; {far.changed_labels:.2%} of the rows get another label."
                if far.changed_labels is not None
                else "."
            )
        )
    elif made.note:
        lines.append(f"Predictions were not compared: {made.note}.")
    return lines + [f"Found: {one.message}." for one in made.findings]
