"""Writes Universal Binary JSON (https://ubjson.org, draft 12) as far as XGBoost reads it.

Arrays of NumPy are written as typed arrays: float32, int32, int64 or uint8, big-endian.
"""

from __future__ import annotations

from typing import Any

import numpy as np

_MARKERS = {"float32": b"d", "int32": b"l", "int64": b"L", "uint8": b"U"}


def dumps(value: Any) -> bytes:
    """The document as bytes.

    Raises:
        TypeError: it holds something that has no form here.
    """
    pieces: list[bytes] = []
    _write(value, pieces)
    return b"".join(pieces)


def _write(value: Any, pieces: list[bytes]) -> None:
    if isinstance(value, dict):
        pieces.append(b"{")
        for name, member in value.items():
            pieces.append(_text(name))
            _write(member, pieces)
        pieces.append(b"}")
    elif isinstance(value, list):
        pieces.append(b"[#" + _length(len(value)))
        for member in value:
            _write(member, pieces)
    elif isinstance(value, np.ndarray):
        marker = _MARKERS[str(value.dtype)]
        pieces.append(b"[$" + marker + b"#" + _length(len(value)))
        pieces.append(value.astype(value.dtype.newbyteorder(">")).tobytes())
    elif isinstance(value, str):
        pieces.append(b"S" + _text(value))
    elif isinstance(value, int) and not isinstance(value, bool):
        pieces.append(_length(value))
    else:
        raise TypeError(f"no UBJSON for {type(value).__name__}")


def _text(value: str) -> bytes:
    data = value.encode()
    return _length(len(data)) + data


def _length(value: int) -> bytes:
    return b"L" + value.to_bytes(8, "big", signed=True)
