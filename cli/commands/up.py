"""`perennial up`: start the emulator and deploy to it."""

from __future__ import annotations

from dataclasses import asdict

from cli import project, terminal
from cli.options import Json


def run(json_output: Json = False) -> None:
    """Start the emulator of this checkout and deploy to it; it runs until `perennial down`."""
    from cli import local
    from cli.abandoned import end_abandoned
    from cli.endpoint import Endpoint
    from cli.outputs import Deployment
    from cli.steps import Steps
    from cli.target import on_emulator

    here = project.current()
    with (
        local.alone(here),
        Steps() as steps,
        local.emulator_of(here, steps, stay=True) as (emulator, started),
    ):
        target = on_emulator(emulator)
        seconds = local.bring_up(here, target, steps)
        deployment = Deployment(target)
        if started:
            end_abandoned(deployment, here.model_names)
        endpoint = Endpoint.of(deployment)
        bucket = deployment.storage["DataBucketName"]
    if json_output:
        terminal.emit(
            {
                "started": started,
                "endpoint": endpoint.url,
                "key": endpoint.key,
                "bucket": bucket,
                "aws": emulator.endpoint,
                "seconds": asdict(seconds),
            }
        )
        return
    terminal.show(
        f"Endpoint  {endpoint.url}",
        f"API key   {endpoint.key}",
        f"API page  {endpoint.url}/docs",
        f"AWS       {emulator.endpoint}",
        f"Bucket    {bucket}",
        "`perennial train MODEL FILE` trains a model; `perennial down` stops the emulator.",
    )
