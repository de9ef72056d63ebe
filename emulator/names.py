"""The two spellings AWS uses for one field: templates and workflows against its JSON APIs."""

from typing import Any, Final

# Below these keys the names belong to the user, and are left as they are.
_FREE: Final = {"parameters", "tags", "options"}


def camel(value: Any) -> Any:
    """`{"JobName": ...}` as `{"jobName": ...}`, all the way down."""
    if isinstance(value, list):
        return [camel(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {_lower(key): _below(_lower(key), item, camel) for key, item in value.items()}


def pascal(value: Any) -> Any:
    """`{"jobName": ...}` as `{"JobName": ...}`, all the way down."""
    if isinstance(value, list):
        return [pascal(item) for item in value]
    if not isinstance(value, dict):
        return value
    return {key[:1].upper() + key[1:]: _below(key, item, pascal) for key, item in value.items()}


def _lower(key: str) -> str:
    return key[:1].lower() + key[1:]


def _below(key: str, value: Any, convert: Any) -> Any:
    return value if key in _FREE and isinstance(value, dict) else convert(value)
