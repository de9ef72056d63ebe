"""The process that serves: MiniStack with the extensions, until it is told to end."""

import asyncio
import json
import logging
import os
import signal
import sys
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

from emulator import saving, seams
from emulator.settings import Settings

_SAVE_EVERY: Final = 20.0

Message = dict[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]


def main() -> None:
    """Serve with the settings given as JSON in the first argument."""
    told = json.loads(sys.argv[1])
    settings = Settings(
        state_dir=Path(told["state_dir"]),
        project=Path(told["project"]),
        listener=told["listener"],
        lifeline=told["lifeline"],
        time_scale=told["time_scale"],
        endpoint=f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}",
    )
    asyncio.run(_serve(settings))
    # Executions and pollers are daemon threads that may still run; the state is on disk.
    logging.shutdown()
    os._exit(0)


async def _serve(settings: Settings) -> None:
    from hypercorn.asyncio import serve
    from hypercorn.config import Config

    from emulator import extensions

    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, ending.set)
    threading.Thread(
        target=_watch, args=(settings.lifeline, loop, ending), name="lifeline", daemon=True
    ).start()
    # One line for each service, twice a minute, would bury what matters.
    logging.getLogger("persistence").setLevel(logging.WARNING)
    seams.verify()
    saving.install(settings.state_dir / "layers")
    running = extensions.install(settings)
    config = Config()
    config.bind = [f"fd://{settings.listener}"]
    config.keep_alive_timeout = 75
    config.graceful_timeout = 0.5
    config.loglevel = "WARNING"
    application = _Application(seams.get("app:app"))
    saver = asyncio.create_task(_save_regularly(application))
    framework: Any = application
    await serve(framework, config, shutdown_trigger=ending.wait)
    saver.cancel()
    running.stop()


def _watch(lifeline: int, loop: asyncio.AbstractEventLoop, ending: asyncio.Event) -> None:
    """End the server when the process that started it has ended without letting it stay."""
    if os.read(lifeline, 4) != b"stay":
        loop.call_soon_threadsafe(ending.set)


class _Application:
    """MiniStack's application with a route of ours."""

    def __init__(self, inner: Callable[[Message, Receive, Send], Awaitable[None]]) -> None:
        self._inner = inner
        self.served = 0

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] == "/_emulator/save":
            await asyncio.to_thread(saving.save)
            await send({"type": "http.response.start", "status": 204, "headers": []})
            await send({"type": "http.response.body", "body": b""})
            return
        if scope["type"] == "http" and scope["path"] != "/health":
            self.served += 1
        # It stands in for endpoints that speak TLS only, and policies may ask for that.
        await self._inner({**scope, "scheme": "https"}, receive, send)


async def _save_regularly(application: _Application) -> None:
    """Bound what a `kill -9` loses; a clean end saves once more. Idle, it does nothing."""
    saved = 0
    while True:
        await asyncio.sleep(_SAVE_EVERY)
        if application.served != saved:
            saved = application.served
            await asyncio.to_thread(saving.save)
