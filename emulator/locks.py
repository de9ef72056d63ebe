"""S3 Object Lock of buckets that templates make: MiniStack locks those only that its API makes."""

from collections.abc import Callable, Mapping
from typing import Any, Final
from xml.sax.saxutils import escape

from emulator import seams

Made = tuple[str, dict[str, str]]
_BUCKET: Final = "AWS::S3::Bucket"


def install_in_cloudformation() -> None:
    """Put a bucket under the lock its template asks for, once it is there."""

    def locking(make: Callable[..., Made], place: int) -> Callable[..., Made]:
        def made(*given: Any) -> Made:
            name, attributes = make(*given)
            _lock(name, given[place])
            return name, attributes

        return made

    handlers = seams.get("services.cloudformation.provisioners:_RESOURCE_HANDLERS")
    bucket = handlers[_BUCKET]
    create, update = locking(bucket["create"], 1), locking(bucket["update"], 2)
    handlers[_BUCKET] = {**bucket, "create": create, "update": update}


def _lock(name: str, properties: Mapping[str, Any]) -> None:
    if str(properties.get("ObjectLockEnabled", "")).lower() != "true":
        return
    asked = properties.get("ObjectLockConfiguration", {})
    retention = asked.get("Rule", {}).get("DefaultRetention", {})
    inner = "".join(f"<{key}>{escape(str(value))}</{key}>" for key, value in retention.items())
    rule = f"<Rule><DefaultRetention>{inner}</DefaultRetention></Rule>" if inner else ""
    body = f"<ObjectLockConfiguration><ObjectLockEnabled>Enabled</ObjectLockEnabled>{rule}"
    put = seams.get("services.s3:_put_object_lock_configuration")
    status, _, answer = put(name, f"{body}</ObjectLockConfiguration>".encode())
    if status != 200:
        raise ValueError(f"{name} cannot be locked: {answer!r}")
