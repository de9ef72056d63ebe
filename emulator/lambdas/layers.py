"""Layers unpacked while the rest of a stack is deployed, so that no first call waits for it."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from emulator import seams
from emulator.lambdas import archives

_LAYER: Final = "AWS::Lambda::LayerVersion"


def install_in_cloudformation(store: Path) -> None:
    """Unpack each layer below `store` as soon as a template has made it."""
    handlers = seams.get("services.cloudformation.provisioners:_RESOURCE_HANDLERS")
    create: Callable[[str, dict[str, Any], str], tuple[str, dict[str, Any]]]
    create = handlers[_LAYER]["create"]

    def create_and_unpack(
        logical_id: str, properties: dict[str, Any], stack: str
    ) -> tuple[str, dict[str, Any]]:
        arn, attributes = create(logical_id, properties, stack)
        data = seams.get("services.lambda_svc:_resolve_layer_zip")(arn)
        if data:
            threading.Thread(target=archives.unpack, args=(data, store), daemon=True).start()
        return arn, attributes

    handlers[_LAYER] = {**handlers[_LAYER], "create": create_and_unpack}
