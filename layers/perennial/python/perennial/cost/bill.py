"""A bill: what was or will be used, and what that costs at the prices of the table."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from perennial.cost.prices import PRICES_OF


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that is paid for."""

    what: str
    quantity: float
    unit: str
    dollars: float


@dataclass(frozen=True, slots=True)
class Bill:
    """What is paid for, and the month of the prices."""

    lines: tuple[Line, ...]
    prices_of: str = field(default=PRICES_OF)

    @property
    def dollars(self) -> float:
        """The sum."""
        return sum(line.dollars for line in self.lines)

    def as_json(self) -> dict[str, object]:
        """The bill for programs; dollars to a millionth."""
        return {
            "dollars": round(self.dollars, 6),
            "prices_of": self.prices_of,
            "lines": [
                {
                    "what": line.what,
                    "quantity": line.quantity,
                    "unit": line.unit,
                    "dollars": round(line.dollars, 6),
                }
                for line in self.lines
            ],
        }


def line(what: str, quantity: float, unit: str, price: float) -> Line:
    """A quantity at its price."""
    return Line(what, quantity, unit, quantity * price)


def bill(lines: Iterable[Line]) -> Bill:
    """What is paid for at all: lines of nothing are left out."""
    return Bill(tuple(line for line in lines if line.quantity))


def dollars(amount: float) -> str:
    """An amount as people read it: `0.0042 $`, `12.30 $`; what is below a dollar adds up."""
    if not amount or abs(amount) >= 1:
        return f"{amount:,.2f} $"
    return f"{amount:.4f} $" if abs(amount) >= 5e-5 else "< 0.0001 $"
