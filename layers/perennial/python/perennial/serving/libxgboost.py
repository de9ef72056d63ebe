"""The XGBoost C library through `ctypes`: no numpy, no `xgboost` package.

Signatures and JSON configurations: https://xgboost.readthedocs.io/en/stable/c.html
"""

from __future__ import annotations

import ctypes
import os
import sys
from array import array
from functools import cache
from math import prod

from perennial.errors import ArtifactError

_FILE = "libxgboost.dylib" if sys.platform == "darwin" else "libxgboost.so"
_OF_LAYER = "/opt/lib/perennial"
_VALUE, _CONTRIBUTIONS, _LEAF = 0, 2, 6
# NumPy's array interface (numpy.org/doc/stable/reference/arrays.interface.html).
_INTERFACE = b'{"data":[%d,true],"shape":[%d,%d],"typestr":"<f4","version":3}'


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
    """A booster, loaded into the C library; freed with this object."""

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
        self._predict = self._library.XGBoosterPredictFromDense
        self._shape = ctypes.POINTER(ctypes.c_uint64)()
        self._dimensions = ctypes.c_uint64()
        self._result = ctypes.POINTER(ctypes.c_float)()
        self._out = (
            ctypes.byref(self._shape),
            ctypes.byref(self._dimensions),
            ctypes.byref(self._result),
        )

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
        interface = _INTERFACE % (address, rows, columns)
        _check(self._predict(self._handle, interface, _VALUES, None, *self._out))
        return self._copied()

    def values_of(self, tree: int, address: int, rows: int, columns: int) -> array[float]:
        """Predictions of one tree alone, the only one of its round; arguments as `values`."""
        interface = _INTERFACE % (address, rows, columns)
        configuration = _configuration(_VALUE, tree, tree + 1)
        _check(self._predict(self._handle, interface, configuration, None, *self._out))
        return self._copied()

    def leaves(self, address: int, rows: int, columns: int) -> array[float]:
        """Node each row ends in, tree by tree: `rows * trees` float32. Arguments as `values`."""
        return self._by_matrix(_LEAF, address, rows, columns)

    def contributions(self, address: int, rows: int, columns: int) -> array[float]:
        """What each feature adds to the margin (TreeSHAP, Lundberg et al. 2018), exactly.

        `rows * outputs * (columns + 1)` float32; the last of each output is the base value.
        Arguments as `values`.
        """
        return self._by_matrix(_CONTRIBUTIONS, address, rows, columns)

    def _by_matrix(self, kind: int, address: int, rows: int, columns: int) -> array[float]:
        """Kinds of prediction that the library makes of a `DMatrix` only."""
        matrix = ctypes.c_void_p()
        create, interface = self._library.XGDMatrixCreateFromDense, _INTERFACE
        settings = b'{"missing":NaN,"nthread":1}'
        _check(create(interface % (address, rows, columns), settings, ctypes.byref(matrix)))
        try:
            predict = self._library.XGBoosterPredictFromDMatrix
            _check(predict(self._handle, matrix, _configuration(kind), *self._out))
            return self._copied()
        finally:
            self._library.XGDMatrixFree(matrix)

    def _copied(self) -> array[float]:
        """The library's own buffer is only good until its next call."""
        count = prod(self._shape[: self._dimensions.value])
        copy: array[float] = array("f")
        copy.frombytes(ctypes.string_at(self._result, count * 4))
        return copy


def _configuration(kind: int, begin: int = 0, end: int = 0) -> bytes:
    """Of some rounds of the model; without an end, of all."""
    return (
        b'{"type":%d,"training":false,"iteration_begin":%d,"iteration_end":%d,'
        b'"strict_shape":true,"cache_id":0,"missing":NaN}'
    ) % (kind, begin, end)


_VALUES = _configuration(_VALUE)
