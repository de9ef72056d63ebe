"""What `perennial cost` takes for a load."""

from __future__ import annotations

import pytest

from tests.unit.cli.conftest import Line


@pytest.mark.parametrize("option", ["--requests", "--rows", "--storage-gb", "--training-minutes"])
@pytest.mark.parametrize("load", ["inf", "nan", "1e300", "-1"])
def test_a_load_that_nobody_has_is_refused(line: Line, option: str, load: str) -> None:
    done = line("cost", option, load)
    assert done.exit_code == 2
    assert option in done.output
