"""Reads ZIP files whose entries are stored as they are.

`zipfile` can do much more and costs 15 ms to import, at every cold start of the predict function.
Layout: PKWARE APPNOTE 6.3.10, sections 4.3.7, 4.3.12 and 4.3.16.
"""

from __future__ import annotations

import struct

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_STORED = 0


class NotStored(ValueError):
    """The bytes are no ZIP file of stored entries."""


def stored_entries(data: bytes) -> dict[str, bytes]:
    """The entries by name. Checksums are not looked at: the caller has hashed all bytes.

    Raises:
        NotStored: damaged, compressed, with a comment, or with entries that overlap. So what
            comes out is never larger than what went in.
    """
    try:
        return _entries(data)
    except (struct.error, UnicodeDecodeError) as error:
        raise NotStored("it is no ZIP file") from error


def _entries(data: bytes) -> dict[str, bytes]:
    end = len(data) - _END.size
    if end < 0:
        raise NotStored("it is no ZIP file")
    signature, _, _, _, count, _, place, _ = _END.unpack_from(data, end)
    if signature != b"PK\x05\x06":
        raise NotStored("it is no ZIP file")
    entries: dict[str, bytes] = {}
    total = 0
    for _ in range(count):
        header = _CENTRAL.unpack_from(data, place)
        method, packed, size, name_length, extra, comment = header[4], *header[8:13]
        if header[0] != b"PK\x01\x02" or method != _STORED or packed != size:
            raise NotStored("it has compressed or damaged entries")
        name_at = place + _CENTRAL.size
        name = data[name_at : name_at + name_length].decode()
        place = name_at + name_length + extra + comment
        entries[name] = _content(data, header[16], size)
        total += size
    if len(entries) != count or total > len(data):
        raise NotStored("its entries repeat or overlap each other")
    return entries


def _content(data: bytes, place: int, size: int) -> bytes:
    header = _LOCAL.unpack_from(data, place)
    start = place + _LOCAL.size + header[9] + header[10]
    if header[0] != b"PK\x03\x04" or start + size > len(data):
        raise NotStored("it is cut short")
    return data[start : start + size]
