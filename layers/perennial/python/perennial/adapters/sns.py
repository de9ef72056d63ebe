"""A topic of SNS that people listen to, by mail or in a chat."""

from __future__ import annotations

import json
from typing import Any

from perennial.adapters.aws import client, translated

_LONGEST = 100  # characters of a subject, all ASCII


class SnsTopic:
    """`perennial.automation.ports.Topic` on one topic."""

    def __init__(self, arn: str, sns: Any = None) -> None:
        """Args: arn: of the topic; sns: the client, where it is not the process's own."""
        self._arn = arn
        self._sns = sns if sns is not None else client("sns")

    def publish(self, subject: str, text: str) -> None:
        """Tell everybody; those in a chat get it in the form their client shows.

        https://docs.aws.amazon.com/chatbot/latest/adminguide/custom-notifs.html

        Raises:
            Unavailable: SNS did not answer.
        """
        chat = {
            "version": "1.0",
            "source": "custom",
            "content": {"textType": "client-markdown", "title": subject, "description": text},
        }
        message = json.dumps({"default": text, "https": json.dumps(chat)})
        with translated("SNS", "publishing a notice"):
            self._sns.publish(
                TopicArn=self._arn,
                Subject=_taken(subject),
                Message=message,
                MessageStructure="json",
            )


def _taken(subject: str) -> str:
    """A subject as SNS takes it: one that it refused would be tried again for ever.

    https://docs.aws.amazon.com/sns/latest/api/API_Publish.html
    """
    plain = "".join(sign if " " <= sign <= "~" else "?" for sign in subject)
    return plain.strip()[:_LONGEST] or "?"
