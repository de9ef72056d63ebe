"""What the test image does, by its first argument."""

import json
import os
import signal
import sys
import time


def say(text: str) -> None:
    """One line of the log, at once."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def main() -> int:  # noqa: C901 - one case for each action
    """Run the action named by the first argument; its result is the exit code."""
    action, *rest = sys.argv[1:]
    match action:
        case "hello":
            say(f"hello {os.environ['GREETING']}")
        case "environment":
            say(json.dumps(dict(os.environ)))
        case "say":
            say(" ".join(rest))
        case "exit":
            return int(rest[0])
        case "fail-until":
            return 0 if int(os.environ["AWS_BATCH_JOB_ATTEMPT"]) >= int(rest[0]) else 3
        case "sleep":
            say("sleeping")
            time.sleep(float(rest[0]))
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            say("sleeping")
            time.sleep(600)
        case "eat":
            eaten: list[bytearray] = []
            while True:
                eaten.append(bytearray(os.urandom(1024) * 1024 * 16))
        case "put":
            import boto3

            boto3.client("s3").put_object(Bucket=rest[0], Key=rest[1], Body=b"from a job")
        case "child":
            return 1 if os.environ["AWS_BATCH_JOB_ARRAY_INDEX"] in rest else 0
        case "metric":
            say(json.dumps(json.loads(rest[0]), separators=(",", ":")))
    return 0


if __name__ == "__main__":
    sys.exit(main())
