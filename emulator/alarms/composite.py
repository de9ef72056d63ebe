"""Composite alarms in templates; their rules are MiniStack's."""

from typing import Any, Final

from emulator import seams

Made = tuple[str, dict[str, str]]
Properties = dict[str, Any]

_KIND: Final = "AWS::CloudWatch::CompositeAlarm"
_LACKING: Final = "ActionsSuppressor"


def install_in_cloudformation() -> None:
    """Let templates have composite alarms; one whose actions are suppressed is refused."""
    handlers = seams.get("services.cloudformation.provisioners:_RESOURCE_HANDLERS")
    handlers[_KIND] = {"create": _create, "update": _update, "delete": _delete}


def _create(logical_id: str, properties: Properties, stack: str) -> Made:
    name = properties.get("AlarmName") or seams.get(
        "services.cloudformation.provisioners:_physical_name"
    )(stack, logical_id, max_len=255)
    return _put(str(name), properties)


def _update(name: str, old: Properties, new: Properties, stack: str) -> Made:  # noqa: ARG001
    wanted = str(new.get("AlarmName") or name)
    made = _put(wanted, new)
    if wanted != name:
        _delete(name, old)
    return made


def _put(name: str, properties: Properties) -> Made:
    if properties.get(_LACKING):
        raise ValueError(f"the emulator has no {_LACKING}")
    told = {**properties, "AlarmName": name}
    # A template may spell a boolean as text.
    told["ActionsEnabled"] = str(told.get("ActionsEnabled", True)).lower() != "false"
    status, _, body = seams.get("services.cloudwatch:_put_composite_alarm")({}, told, False, True)
    if status >= 400:
        raise ValueError(body.decode())
    return name, {"Arn": seams.get("services.cloudwatch:_composite_alarms")[name]["AlarmArn"]}


def _delete(name: str, properties: Properties) -> None:  # noqa: ARG001
    told = {"AlarmNames": [name]}
    status, _, body = seams.get("services.cloudwatch:_delete_alarms")({}, told, False, True)
    if status >= 400:
        raise ValueError(body.decode())
