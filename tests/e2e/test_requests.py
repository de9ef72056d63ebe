"""What the endpoint answers to those who ask wrongly."""

from __future__ import annotations

import pytest
from perennial.registry.records import RunStatus

from tests.e2e.platform import Platform
from tests.e2e.test_journey import rows_of

MODEL = "breast-cancer"


@pytest.fixture(scope="module")
def row(platform: Platform, breast_cancer: bytes) -> dict[str, object]:
    if platform.registry.route(MODEL) is None:
        assert platform.train(MODEL, breast_cancer).status is RunStatus.SUCCEEDED
    return rows_of(breast_cancer, "diagnosis", 1)[0]


def test_no_key_and_a_wrong_key_are_refused(platform: Platform, row: dict[str, object]) -> None:
    for key in (None, "wrong-key-of-twenty-letters"):
        path = f"/v1/models/{MODEL}/predict"
        assert platform.call(path, {"rows": [row]}, key=key).status == 403


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"mean radius": None}, "mean radius"),
        ({"mean radius": "wide"}, "mean radius"),
        ({"mean radius": True}, "mean radius"),
        ({"mean radius": -1}, "mean radius"),
        ({"mean radius": 10**400}, "mean radius"),
        ({"main radius": 1}, "main radius"),
    ],
)
def test_a_bad_value_is_named_by_row_and_field(
    platform: Platform, row: dict[str, object], change: dict[str, object], field: str
) -> None:
    answer = platform.predict(MODEL, row, row | change)
    assert 400 <= answer.status < 500
    assert "problem+json" in answer.content_type
    assert [(e["row"], e["field"]) for e in answer.body["errors"]] == [(1, field)]


def test_a_missing_feature_is_named(platform: Platform, row: dict[str, object]) -> None:
    less = {name: value for name, value in row.items() if name != "mean area"}
    answer = platform.predict(MODEL, less)
    assert 400 <= answer.status < 500
    assert answer.body["errors"][0]["field"] == "mean area"


@pytest.mark.parametrize(
    "raw", [b"", b"not json", b"\xff\xfe", b"[" * 50_000, b'{"rows": [{"mean radius": NaN}]}']
)
def test_a_body_that_is_no_request_is_told_so(
    platform: Platform, row: dict[str, object], raw: bytes
) -> None:
    answer = platform.call(f"/v1/models/{MODEL}/predict", raw=raw)
    assert 400 <= answer.status < 500
    assert "problem+json" in answer.content_type


def test_ten_thousand_rows_are_too_many(platform: Platform, row: dict[str, object]) -> None:
    answer = platform.call(f"/v1/models/{MODEL}/predict", {"rows": [row] * 10_000})
    assert 400 <= answer.status < 500


@pytest.mark.parametrize("model", ["no-such-model", "bike-sharing-two", "..%2f..%2fetc"])
def test_an_unknown_model_is_not_found(
    platform: Platform, row: dict[str, object], model: str
) -> None:
    answer = platform.call(f"/v1/models/{model}/predict", {"rows": [row]})
    assert answer.status == 404
    assert platform.predict(MODEL, row).status == 200


def test_no_value_of_a_row_is_in_the_logs(platform: Platform, row: dict[str, object]) -> None:
    secret = 17.123456789
    platform.predict(MODEL, row | {"mean radius": secret})
    platform.predict(MODEL, row | {"mean radius": f"text-{secret}"})
    logs = platform.client("logs")
    events = logs.filter_log_events(logGroupName="/perennial/predict")["events"]
    assert events
    assert not [e for e in events if str(secret) in e["message"]]
