"""A process that has been asked the worst answers the next request, and finds models as before."""

from __future__ import annotations

import json
from typing import Any

import pytest
from perennial.errors import ModelNotTrained, UnknownModel, UnknownVersion

from tests.unit.predict.asking import Asked
from tests.unit.predict.test_predict_bodies import WHOLE, zipped

WORST: list[dict[str, Any]] = [
    {"body": ""},
    {"body": "[" * 500_000},
    {"body": '{"rows":[{"age":' + "[" * 90_000 + "]" * 90_000 + "}]}"},
    {"body": '{"rows":[{"age":' + "9" * 900_000 + "}]}"},
    {"body": '{"rows":[{"age":1,"age":2}]}'},
    {"body": '{"rows":[{"age":NaN}]}'},
    {"body": '{"rows":[{"age":1e999}]}'},
    {"body": '{"rows":[' + '{"x":1},' * 100_000 + '{"x":1}]}'},
    {"body": '{"rows":"' + "x" * 2_000_000 + '"}'},
    {"body": "/w==", "isBase64Encoded": True},
    {"headers": {"content-type": "text/csv"}},
    {"headers": {"accept": "image/png"}},
    {"pathParameters": {"model": "nobody"}},
    {"pathParameters": None},
    {"queryStringParameters": {"explain": "9" * 9_000}},
    {"httpMethod": "DELETE"},
    {"resource": "/v3"},
    zipped(WHOLE[:-1]),
]


@pytest.mark.parametrize("worst", WORST, ids=range(len(WORST)))
def test_the_next_request_is_answered_and_no_value_is_logged(
    asked: Asked, capsys: pytest.CaptureFixture[str], worst: dict[str, Any]
) -> None:
    status, _, _ = asked.problem(**worst)
    assert 400 <= status < 500
    assert len(capsys.readouterr().out) < 2_000
    assert asked.respond(body=json.dumps({"rows": [{"age": 50}]}))[0] == 200


def test_a_version_is_found_by_its_number_while_it_serves(asked: Asked) -> None:
    assert asked.models.find("bank").version == 3
    assert asked.models.find("bank", "3").version == 3
    for version in ("2", "03", "", "three", "3 "):
        with pytest.raises(UnknownVersion):
            asked.models.find("bank", version)
    with pytest.raises(ModelNotTrained):
        asked.models.find("fresh", "1")
    with pytest.raises(UnknownModel):
        asked.models.find("nobody", "1")
