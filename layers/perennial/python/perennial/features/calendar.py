"""The Gregorian calendar in whole numbers, the same for one moment and for an array of them.

Days to dates as in Hinnant (2021), "chrono-compatible low-level date algorithms", civil_from_days.
"""

from __future__ import annotations

import math

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

DAY = 86_400  # seconds
YEAR, MONTH, DAY_OF_MONTH, WEEKDAY, HOUR = "year", "month", "day", "weekday", "hour"
IS_WEEKEND, DAYS_SINCE = "is_weekend", "days_since"
PARTS = (YEAR, MONTH, DAY_OF_MONTH, WEEKDAY, HOUR)
# How many values a part has before it begins again, and the first of them.
CYCLES = {MONTH: (12, 1), DAY_OF_MONTH: (31, 1), WEEKDAY: (7, 0), HOUR: (24, 0)}


def parts_of(seconds: Any) -> tuple[Any, Any, Any, Any, Any]:
    """Year, month, day, weekday and hour in UTC, in the order of `PARTS`.

    Args:
        seconds: whole seconds since 1970, an int or an array of int64.

    Returns:
        Months and days count from 1, weekdays from 0, which is a Monday.
    """
    days = seconds // DAY
    hour = (seconds - days * DAY) // 3600
    shifted = days + 719_468
    era = shifted // 146_097
    day_of_era = shifted - era * 146_097
    year_of_era = (
        day_of_era - day_of_era // 1460 + day_of_era // 36_524 - day_of_era // 146_096
    ) // 365
    day_of_year = day_of_era - (365 * year_of_era + year_of_era // 4 - year_of_era // 100)
    month_from_march = (5 * day_of_year + 2) // 153
    day = day_of_year - (153 * month_from_march + 2) // 5 + 1
    month = month_from_march + 3 - 12 * (month_from_march >= 10)
    year = year_of_era + era * 400 + (month <= 2)
    return year, month, day, (days + 3) % 7, hour


def circle(part: str) -> tuple[list[float], list[float]]:
    """Sine and cosine of each value of a part that comes round, from its first on."""
    period = CYCLES[part][0]
    angles = [2 * math.pi * place / period for place in range(period)]
    return [math.sin(angle) for angle in angles], [math.cos(angle) for angle in angles]
