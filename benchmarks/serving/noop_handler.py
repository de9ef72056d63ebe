"""A handler that does nothing: what the runtime client alone costs."""


def handler(_event: object, _context: object) -> dict[str, object]:
    return {"statusCode": 200, "body": "{}"}
