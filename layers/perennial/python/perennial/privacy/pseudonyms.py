"""Pseudonyms: keyed hashes that stand for the values of columns that identify persons.

Standard library only: the predict function makes them. A pseudonym is `psn_` and 40 hexadecimal
digits: 128 bits of HMAC-SHA-256 (RFC 2104) over column and value, and 32 bits over those, by
which a pseudonym of this key is known from a value that merely looks like one. So replacing may
be repeated: rows that bear pseudonyms already, as golden rows and gathered training data do,
stay as they are.
"""

from __future__ import annotations

from hmac import digest as mac

from perennial.labels import canonical

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    Secret = Callable[[], bytes]

MARK = "psn_"
_BODY, _CHECK = 16, 4  # bytes
_LENGTH = len(MARK) + 2 * (_BODY + _CHECK)
_MOST_KNOWN = 100_000  # values remembered; a million take 100 MB


class Pseudonyms:
    """Makes pseudonyms with one secret: the same for the same value of the same column."""

    __slots__ = ("_key", "_known", "_secret")

    def __init__(self, secret: Secret) -> None:
        """Args: secret: gives the key; it is asked when the first pseudonym is made."""
        self._secret = secret
        self._key: bytes | None = None
        self._known: dict[tuple[str, str], str] = {}

    def of(self, value: str, column: str) -> str:
        """The pseudonym of a value, however it is spelt; one of this key stays what it is.

        Raises:
            Unavailable: the key cannot be had.
        """
        found = self._known.get((column, value))
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[column, value] = (
                value if self.made(value) else self._new(canonical(value), column)
            )
        return found

    def made(self, text: str) -> bool:
        """Whether a text is a pseudonym made with this key.

        Raises:
            Unavailable: the key cannot be had.
        """
        if len(text) != _LENGTH or not text.startswith(MARK):
            return False
        body, check = text[len(MARK) : -2 * _CHECK], text[-2 * _CHECK :]
        return self._check(body) == check

    def trace(self, pseudonym: str) -> str:
        """What may be told of a person who was forgotten: the same for the same person.

        Whoever has the key can tell whether it is of somebody; nobody can tell of whom it is.

        Raises:
            Unavailable: the key cannot be had.
        """
        return mac(self.key, b"forgotten " + pseudonym.encode(), "sha256")[:_BODY].hex()

    def _new(self, value: str, column: str) -> str:
        # The length of the column's name parts it from the value, whatever either holds.
        named = column.encode("utf-8", "surrogatepass")
        message = b"value %d:" % len(named) + named + value.encode("utf-8", "surrogatepass")
        body = mac(self.key, message, "sha256")[:_BODY].hex()
        return MARK + body + self._check(body)

    def _check(self, body: str) -> str:
        message = b"check " + body.encode("utf-8", "surrogatepass")
        return mac(self.key, message, "sha256")[:_CHECK].hex()

    @property
    def key(self) -> bytes:
        """The secret, asked for once.

        Raises:
            Unavailable: it cannot be had.
        """
        if self._key is None:
            self._key = self._secret()
        return self._key
