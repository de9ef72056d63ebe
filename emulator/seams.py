"""Every private MiniStack name this package touches, and nothing else does.

The pinned version promises none of them. `verify` compares each with what it was when this was
written and raises `MovedName` naming the one that moved; the server does so before it listens,
and `tests/emulator/test_contract.py` does so in CI.
"""

import importlib
import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from emulator.errors import MovedName
from emulator.seam_names import DEPLOY_NAMES, NAMES, VERSION


def module(name: str) -> ModuleType:
    """A MiniStack module by its name inside the package."""
    return importlib.import_module(f"ministack.{name}")


def get(seam: str) -> Any:
    """The object behind a declared name.

    Raises:
        MovedName: MiniStack no longer has it.
    """
    place, _, attribute = seam.partition(":")
    found: Any = module(place)
    for part in attribute.split("."):
        if not hasattr(found, part):
            raise MovedName(f"ministack {VERSION} had {seam}; the installed version does not")
        found = getattr(found, part)
    return found


def replace(seam: str, new: object) -> Any:
    """Put `new` in the place of a declared name; returns what was there."""
    if seam not in NAMES and seam not in DEPLOY_NAMES:
        raise MovedName(f"{seam} is not declared in emulator/seam_names.py")
    old = get(seam)
    place, _, attribute = seam.partition(":")
    owner: Any = module(place)
    *path, last = attribute.split(".")
    for part in path:
        owner = getattr(owner, part)
    setattr(owner, last, new)
    return old


def replace_everywhere(seam: str, new: object) -> Any:
    """As `replace`, also in MiniStack modules that imported the name by `from ... import`."""
    import sys

    old = replace(seam, new)
    attribute = seam.partition(":")[2]
    for name, loaded in list(sys.modules.items()):
        if name.startswith("ministack.") and getattr(loaded, attribute, None) is old:
            setattr(loaded, attribute, new)
    return old


def verify(names: dict[str, tuple[str, ...] | None] = NAMES) -> None:
    """Compare each declared name with what it was.

    Raises:
        MovedName: the first name that is gone or takes other parameters.
    """
    for seam, expected in names.items():
        found = get(seam)
        if expected is None:
            continue
        actual = tuple(inspect.signature(found).parameters)
        if actual != expected:
            raise MovedName(f"{seam} took {expected} in ministack {VERSION}, now takes {actual}")


def register_service(name: str, service: object) -> None:
    """Serve requests for `name` with `service`, which also keeps the state of that name."""
    get("app:_loaded_modules")[name] = service


def when_loaded(name: str, hook: Callable[[], None]) -> None:
    """Run `hook` once, before the first request reaches the lazily loaded service `name`."""
    lock = threading.RLock()
    done = False

    def load(wanted: str) -> Any:
        nonlocal done
        loaded = original(wanted)
        if wanted == name and not done:
            with lock:
                if not done:
                    hook()
                    done = True
        return loaded

    original = replace("app:_get_module", load)


@contextmanager
def scope(account: str, region: str) -> Iterator[None]:
    """Act in an account and region; MiniStack's stores are scoped by them."""
    with get("core.responses:request_scope")(account, region):
        yield


def current_scope() -> tuple[str, str]:
    """The account and region of the request being served."""
    return (
        str(get("core.responses:get_account_id")()),
        str(get("core.responses:get_region")()),
    )


def iam_enforced() -> bool:
    """Whether requests are checked against IAM policies."""
    return bool(get("app:AUTH"))
