"""The state on disk is whole, whoever writes it."""

from __future__ import annotations

import threading
from typing import Any

import pytest

from emulator import saving, seams


def test_the_save_at_the_end_waits_for_one_that_is_under_way(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saved: list[Any] = []
    replaced: dict[str, Any] = {}
    monkeypatch.setattr(seams, "get", {"app:save_all": saved.append}.__getitem__)
    monkeypatch.setattr(seams, "replace", replaced.__setitem__)
    saving._one_save_at_a_time()
    ending = threading.Thread(target=replaced["app:save_all"], args=("all",))
    with saving._saving:
        ending.start()
        ending.join(0.1)
        assert not saved
    ending.join()
    assert saved == ["all"]
