"""The private MiniStack names the emulator touches are what they were."""

import importlib.metadata
import types

import pytest

from emulator import seam_names, seams
from emulator.errors import MovedName


def test_installed_version_is_the_pinned_one() -> None:
    assert importlib.metadata.version("ministack") == seam_names.VERSION


@pytest.mark.parametrize("name", [*seam_names.NAMES, *seam_names.DEPLOY_NAMES])
def test_private_name_has_not_moved(name: str) -> None:
    seams.verify({name: {**seam_names.NAMES, **seam_names.DEPLOY_NAMES}[name]})


def test_name_that_is_gone_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(seams.module("services.stepfunctions"), "_execute_task")
    with pytest.raises(MovedName, match=r"services\.stepfunctions:_execute_task"):
        seams.verify()


def test_name_with_other_parameters_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def changed(stream: object, events: object, more: object) -> None: ...

    monkeypatch.setattr(seams.module("services.cloudwatch_logs"), "_append_log_events", changed)
    with pytest.raises(MovedName, match=r"_append_log_events took .* now takes .*more"):
        seams.verify()


def test_undeclared_name_cannot_be_replaced() -> None:
    with pytest.raises(MovedName, match="not declared"):
        seams.replace("app:main", types.SimpleNamespace())
