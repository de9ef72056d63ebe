"""Times the predict handler beside XGBoost's own calls, in one process, taking turns.

Run as a script with the folder of the model; prints one JSON document, times in milliseconds.
"""

from __future__ import annotations

import ctypes
import importlib
import json
import os
import sys
import time
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
ONE, MANY, BULK_TIMES = 1500, 1000, 15


def main() -> None:
    folder, quick = Path(sys.argv[1]), "--quick" in sys.argv
    told = json.loads((folder / "model.json").read_text(encoding="utf-8"))
    answers = os.dup(1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # the journal is written, and read by nobody
    handler = importlib.import_module("handler").handler  # of the function, by PYTHONPATH
    from perennial.serving.rows import MAX_BODY

    rows = (told["rows"] * (MANY // len(told["rows"]) + 1))[:MANY]
    events = [_event({"rows": [row]}) for row in told["rows"]]
    _expect(handler(events[0], None)["statusCode"] == 200)
    raw = _RawCall(folder / "booster.ubj", _codes(told["rows"], told))
    times = 200 if quick else ONE
    one, c_call = _in_turn(
        times, lambda n: handler(events[n % len(events)], None), lambda n: raw(n % len(events))
    )
    figures = {"one_row": one, "c_call": c_call}
    bulk = _event({"rows": rows})
    if len(bulk["body"]) <= MAX_BODY:  # of wide rows, a request does not take a thousand
        columns = _event(_tensors(rows, told), "/v2/models/{model}/infer")
        _expect(all(handler(event, None)["statusCode"] == 200 for event in (bulk, columns)))
        booster, matrix = _booster(folder / "booster.ubj", _codes(rows, told), len(rows))
        names = ("thousand_rows", "thousand_rows_in_tensors", "inplace_predict")
        series = _in_turn(
            5 if quick else BULK_TIMES,
            lambda _: handler(bulk, None),
            lambda _: handler(columns, None),
            lambda _: booster.inplace_predict(matrix),
        )
        figures |= dict(zip(names, series, strict=True))
    with os.fdopen(answers, "w") as out:
        json.dump(figures, out)


def _in_turn(times: int, *calls: Callable[[int], object]) -> list[list[float]]:
    """Milliseconds of each call, sorted; they take turns, so that all meet the same neighbours."""
    found: list[list[float]] = [[] for _ in calls]
    for number in range(times):
        for into, call in zip(found, calls, strict=True):
            began = time.perf_counter()
            call(number)
            into.append((time.perf_counter() - began) * 1e3)
    return [sorted(each[times // 10 :]) for each in found]  # without the first, for warmth


class _RawCall:
    """One row through the C library with buffers prepared: what no handler can be faster than."""

    def __init__(self, model: Path, codes: array[float]) -> None:
        from perennial.serving.libxgboost import library_path

        self._library = ctypes.CDLL(library_path())
        self._handle = ctypes.c_void_p()
        self._library.XGBoosterCreate(None, 0, ctypes.byref(self._handle))
        self._library.XGBoosterLoadModel(self._handle, str(model).encode())
        self._library.XGBoosterSetParam(self._handle, b"nthread", b"1")
        self._codes = codes
        address = codes.buffer_info()[0]
        width = len(codes) // 200
        self._interfaces = [
            (
                f'{{"data":[{address + n * width * 4},true],"shape":[1,{width}],'
                '"typestr":"<f4","version":3}'
            ).encode()
            for n in range(200)
        ]
        self._settings = (
            b'{"type":0,"training":false,"iteration_begin":0,"iteration_end":0,'
            b'"strict_shape":true,"cache_id":0,"missing":NaN}'
        )
        self._shape = ctypes.POINTER(ctypes.c_uint64)()
        self._dimensions = ctypes.c_uint64()
        self._result = ctypes.POINTER(ctypes.c_float)()
        self._out = tuple(map(ctypes.byref, (self._shape, self._dimensions, self._result)))

    def __call__(self, number: int) -> float:
        status = self._library.XGBoosterPredictFromDense(
            self._handle, self._interfaces[number], self._settings, None, *self._out
        )
        _expect(status == 0)
        return float(self._result[0])


def _booster(model: Path, codes: array[float], rows: int) -> tuple[Any, Any]:
    """Imported last: numpy and xgboost are no part of what is measured before."""
    import numpy as np
    import xgboost

    booster = xgboost.Booster(model_file=str(model))
    booster.set_param({"nthread": 1})
    return booster, np.frombuffer(codes, dtype=np.float32).reshape(rows, -1)


def _codes(rows: list[dict[str, Any]], told: dict[str, Any]) -> array[float]:
    codes = array("f")
    for row in rows:
        codes.extend(float(row[name]) for name in told["numbers"])
        codes.extend(values.index(row[name]) for name, values in told["categories"].items())
    return codes


def _tensors(rows: list[dict[str, Any]], told: dict[str, Any]) -> dict[str, Any]:
    """The same rows column by column, as the Open Inference Protocol has them."""
    inputs = [
        {
            "name": name,
            "shape": [len(rows)],
            "datatype": "FP64" if name in told["numbers"] else "BYTES",
            "data": [row[name] for row in rows],
        }
        for name in [*told["numbers"], *told["categories"]]
    ]
    return {"inputs": inputs, "outputs": [{"name": "predict_proba"}]}


def _event(body: dict[str, Any], resource: str = "") -> dict[str, Any]:
    recorded = ROOT / "tests" / "events" / "rest-predict.json"
    event: dict[str, Any] = json.loads(recorded.read_text(encoding="utf-8"))
    return {**event, "resource": resource or event["resource"], "body": json.dumps(body)}


def _expect(condition: bool) -> None:
    if not condition:
        raise SystemExit("a call failed, and a failure is no figure")


if __name__ == "__main__":
    main()
