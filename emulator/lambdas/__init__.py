"""Lambda functions closer to AWS: errors, logs, memory, module path, and faster cold starts."""

from emulator import seams
from emulator.lambdas import archives, asynchronous, invocation, runtime
from emulator.settings import Settings


def install(settings: Settings) -> None:
    """Extend how MiniStack runs functions."""
    archives.install(settings.unpacked)
    invocation.install(runtime.build(settings.state_dir / "runtime"))
    asynchronous.install()


def stop() -> None:
    """End all workers."""
    seams.get("core.lambda_runtime:reset")()
