"""The values an alarm compares with its threshold, period by period."""

from emulator.alarms import expressions, statistics
from emulator.alarms.definition import Definition, Query
from emulator.alarms.states import EXTRA_PERIODS
from emulator.metrics import store


def look(definition: Definition, end: float, scale: float) -> expressions.Series:
    """The series of the returned query over the evaluation range that ends at `end`."""
    length = definition.rule.periods + EXTRA_PERIODS
    seconds = definition.period / scale
    known: dict[str, expressions.Series] = {}
    for query in definition.queries:
        if not query.expression:
            known[query.id] = _metric(query, end, seconds, length)
    waiting = [query for query in definition.queries if query.expression]
    while waiting:
        ready = [query for query in waiting if _answerable(query, waiting)]
        for query in ready or waiting:
            known[query.id] = expressions.evaluate(
                query.expression, known, period=definition.period
            )
        waiting = [query for query in waiting if query.id not in known]
    return known[next(query.id for query in definition.queries if query.returned)]


def _answerable(query: Query, waiting: list[Query]) -> bool:
    names = set(expressions.names(query.expression))
    return not names & {other.id for other in waiting if other is not query}


def _metric(query: Query, end: float, seconds: float, length: int) -> expressions.Series:
    begin = end - seconds * length
    periods: list[list[store.Datum]] = [[] for _ in range(length)]
    for datum in store.read(query.namespace, query.metric, query.dimensions, begin):
        if datum.time < end and query.unit in (None, datum.unit):
            periods[min(length - 1, int((datum.time - begin) / seconds))].append(datum)
    return tuple(statistics.value(query.statistic, period) for period in periods)
