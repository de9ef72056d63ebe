"""Parts of an object's older version: MiniStack takes `Range` for the latest one only.

Without this, who reads a version piece by piece gets all of it each time.
"""

from typing import Any, Final

from emulator import seams

_S3: Final = "services.s3:"
Answer = tuple[int, dict[str, str], bytes]


def install() -> None:
    """Cut the answer to a GET that names a version."""

    def get(
        bucket_name: str,
        key: str,
        headers: dict[str, str],
        query_params: dict[str, Any] | None = None,
    ) -> Answer:
        answer: Answer = original(bucket_name, key, headers, query_params)
        wanted = headers.get("range", "")
        if answer[0] != 200 or not wanted or "versionId" not in (query_params or {}):
            return answer
        return _part(answer, wanted, bucket_name, key)

    original = seams.replace(_S3 + "_get_object", get)


def _part(answer: Answer, wanted: str, bucket: str, key: str) -> Answer:
    _, headers, body = answer
    found = seams.get(_S3 + "_parse_range")(wanted, len(body))
    if found is None:
        error = seams.get(_S3 + "_xml_body")(seams.get(_S3 + "_range_error_xml")(bucket, key))
        return 416, {"Content-Type": "application/xml"}, error
    start, end = found
    part = body[start : end + 1]
    # A checksum is that of the whole object.
    kept = {name: of for name, of in headers.items() if "-checksum-" not in name.lower()}
    told = {
        "Content-Length": str(len(part)),
        "Content-Range": f"bytes {start}-{end}/{len(body)}",
    }
    return 206, kept | told, part
