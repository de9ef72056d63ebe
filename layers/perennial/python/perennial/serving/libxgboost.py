"""The XGBoost C library through `ctypes`: no numpy, no `xgboost` package.

Signatures and JSON configurations: https://xgboost.readthedocs.io/en/stable/c.html
"""

from __future__ import annotations

import ctypes
import os
import sys
from array import array
from functools import cache

from perennial.errors import ArtifactError

_FILE = "libxgboost.dylib" if sys.platform == "darwin" else "libxgboost.so"
_OF_LAYER = "/opt/lib/perennial"
_MISSING = '"missing":NaN'
_VALUE, _LEAF = 0, 6


def library_path() -> str:
    """Where the library lies: where the environment says, in the layer, in an installed package.

    Raises:
        ArtifactError: nowhere.
    """
    named = os.environ.get("PERENNIAL_LIBXGBOOST")
    places = [named] if named else []
    places.append(f"{_OF_LAYER}/{_FILE}")
    places += [f"{folder}/xgboost/lib/{_FILE}" for folder in sys.path if folder]
    for place in places:
        if os.path.isfile(place):  # noqa: PTH113  pathlib costs 5 ms at every cold start
            return place
    raise ArtifactError("libxgboost is not installed here")


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(library_path())
    library.XGBGetLastError.restype = ctypes.c_char_p
    return library


def _check(status: int) -> None:
    if status:
        message = _library().XGBGetLastError().decode(errors="replace")
        # The first line is "[time] source:line: what is wrong"; a stack follows.
        reason = message.partition("\n")[0].rpartition(".cc:")[2].partition(": ")[2]
        raise ArtifactError(f"XGBoost refuses the model: {reason or 'it is damaged'}")


class Trees:
    """A loaded booster."""

    def __init__(self, model: bytes, *, threads: int = 1) -> None:
        """Load a model saved as UBJSON.

        Raises:
            ArtifactError: the library refuses it.
        """
        if not model:  # the library would end the process
            raise ArtifactError("XGBoost refuses the model: it is empty")
        self._library = _library()
        self._handle = ctypes.c_void_p()
        _check(self._library.XGBoosterCreate(None, 0, ctypes.byref(self._handle)))
        size = ctypes.c_uint64(len(model))
        _check(self._library.XGBoosterLoadModelFromBuffer(self._handle, model, size))
        count = str(threads).encode()
        _check(self._library.XGBoosterSetParam(self._handle, b"nthread", count))
        self._shape = ctypes.POINTER(ctypes.c_uint64)()
        self._dimensions = ctypes.c_uint64()
        self._result = ctypes.POINTER(ctypes.c_float)()

    def __del__(self) -> None:
        if getattr(self, "_handle", None):
            self._library.XGBoosterFree(self._handle)

    def values(self, address: int, rows: int, columns: int) -> array[float]:
        """Predictions of a row-major float32 matrix, NaN for missing: `rows * outputs` float32.

        Args:
            address: of the matrix's first byte; the memory must stay while this runs.
            rows: of the matrix.
            columns: of the matrix.
        """
        status = self._library.XGBoosterPredictFromDense(
            self._handle,
            _interface(address, rows, columns),
            _configuration(_VALUE),
            None,
            ctypes.byref(self._shape),
            ctypes.byref(self._dimensions),
            ctypes.byref(self._result),
        )
        _check(status)
        return self._copied()

    def leaves(self, address: int, rows: int, columns: int) -> array[float]:
        """Node each row ends in, tree by tree: `rows * trees` float32. Arguments as `values`."""
        matrix = ctypes.c_void_p()
        settings = f'{{{_MISSING},"nthread":1}}'.encode()
        interface = _interface(address, rows, columns)
        create = self._library.XGDMatrixCreateFromDense
        _check(create(interface, settings, ctypes.byref(matrix)))
        try:
            status = self._library.XGBoosterPredictFromDMatrix(
                self._handle,
                matrix,
                _configuration(_LEAF),
                ctypes.byref(self._shape),
                ctypes.byref(self._dimensions),
                ctypes.byref(self._result),
            )
            _check(status)
            return self._copied()
        finally:
            self._library.XGDMatrixFree(matrix)

    def _copied(self) -> array[float]:
        """The library's own buffer is only good until its next call."""
        count = 1
        for dimension in range(self._dimensions.value):
            count *= self._shape[dimension]
        copy: array[float] = array("f")
        copy.frombytes(ctypes.string_at(self._result, count * 4))
        return copy


def _interface(address: int, rows: int, columns: int) -> bytes:
    """NumPy's array interface (numpy.org/doc/stable/reference/arrays.interface.html)."""
    shape = f"[{rows},{columns}]"
    return f'{{"data":[{address},true],"shape":{shape},"typestr":"<f4","version":3}}'.encode()


def _configuration(kind: int) -> bytes:
    return (
        f'{{"type":{kind},"training":false,"iteration_begin":0,"iteration_end":0,'
        f'"strict_shape":true,"cache_id":0,{_MISSING}}}'
    ).encode()
