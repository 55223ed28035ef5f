"""The events by which users reach the steps of a funnel.

Each event has the bits of the steps that it matches; step 1 has the highest bit. For the step k,
the relation `e<k>` has the columns `user_id`, `o` (the position among the user's events), `t`
(microseconds from the start of the range) and `gap` (microseconds since the previous step, NULL for
the first step).
"""

from collections.abc import Sequence
from itertools import combinations

from api.domain.insights import FunnelQuery, Step, alternatives
from api.lake.queries.filters import conjunction, group_key, matches, meets_all
from api.lake.queries.sql import Arguments, between, micros, width


def reached(arguments: Arguments, query: FunnelQuery) -> list[str]:
    """Return the common table expressions that end with `e1` to `e<number of steps>`."""
    build = {"ordered": _ordered, "strict": _strict, "any": _any_order}[query.order]
    return [f"s AS MATERIALIZED ({_steps(arguments, query)})", *build(arguments, query)]


def step_bit(query: FunnelQuery, index: int) -> int:
    return 1 << (len(query.steps) - 1 - index)


def _steps(arguments: Arguments, query: FunnelQuery) -> str:
    """Return the query for the events of the funnel, with the bits and the group key of each."""
    span = query.scope.span
    conditions = [matches(arguments, step) for step in query.steps]
    bits = [
        f"CASE WHEN {condition} THEN {step_bit(query, index)} ELSE 0 END"
        for index, condition in enumerate(conditions)
    ]
    columns = ["user_id", _since_start(arguments, query), f"{' + '.join(bits)} AS bits"]
    if query.breakdown:
        key = group_key(arguments, query.breakdown.attribute)
        first = conditions if query.order == "any" else conditions[:1]
        columns.append(f"CASE WHEN {' OR '.join(first)} THEN {key} END AS key")
    where = [
        between(arguments, span.start, span.end + query.window),
        meets_all(arguments, query.scope.filters),
        *([] if query.order == "strict" else [f"({' OR '.join(dict.fromkeys(conditions))})"]),
    ]
    return f"SELECT {', '.join(columns)} FROM events WHERE {conjunction(where)}"


def _since_start(arguments: Arguments, query: FunnelQuery) -> str:
    start = arguments.add(micros(query.scope.span.start))
    return f'epoch_us("timestamp") - {start} AS t'


def _key(query: FunnelQuery) -> str:
    return ", key" if query.breakdown else ""


def _limits(arguments: Arguments, query: FunnelQuery) -> tuple[str, str]:
    """Return the end of the range and the window, both in microseconds."""
    span = query.scope.span
    return arguments.add(width(span.end - span.start)), arguments.add(width(query.window))


def _ordered(arguments: Arguments, query: FunnelQuery) -> list[str]:
    """Find the events that reach each step, and keep the latest possible entry of each event.

    An *entry* is an event of the first step. Later events of a step never have an earlier entry, so
    the latest event of the previous step before an event has the latest entry. If the window since
    this entry has passed, it has also passed since every earlier entry.
    """
    end, window = _limits(arguments, query)
    bits = [step_bit(query, index) for index in range(len(query.steps))]
    entries = f"SELECT user_id, o, t, t AS entry, NULL::BIGINT AS gap{_key(query)} FROM p"
    expressions = [
        f"p AS MATERIALIZED (SELECT *, {_position(arguments, query)} AS o FROM s)",
        f"e1 AS MATERIALIZED ({entries} WHERE bits & {bits[0]} > 0 AND t < {end})",
    ]
    for k, bit in enumerate(bits[1:], 2):
        step = f"SELECT user_id, o, t FROM p WHERE bits & {bit} > 0"
        expressions.append(
            f"e{k} AS MATERIALIZED (SELECT b.user_id, b.o, b.t, a.entry, b.t - a.t AS gap "
            f"FROM ({step}) b ASOF JOIN e{k - 1} a ON a.user_id = b.user_id AND b.o > a.o "
            f"WHERE b.t - a.entry <= {window})"
        )
    return expressions


def _rank(arguments: Arguments, query: FunnelQuery) -> str:
    """Return the position of an event among events of the same time.

    The events are sorted by the list of steps that each matches: [1], then [1, 2], then [2]. An
    event that only matches step 1 therefore comes before one that can also be step 2. Events that
    match no step come last.
    """
    size = len(query.steps)

    def matched(bits: int) -> list[int]:
        return [index for index in range(size) if bits & step_bit(query, index)]

    order = sorted(range(1 << size), key=lambda bits: (bits == 0, matched(bits)))
    positions = sorted(range(len(order)), key=order.__getitem__)
    return f"list_extract({arguments.add(positions)}::INTEGER[], bits + 1)"


def _position(arguments: Arguments, query: FunnelQuery) -> str:
    """Return a number that orders a user's events by time, then by the steps that they match.

    Equal numbers are sufficient if no event matches two steps, because then events with equal bits
    can't follow each other in a chain.
    """
    if len({step.event_type for step in query.steps} - {None}) == len(query.steps):
        return f"t * {1 << len(query.steps)} - bits"
    return f"row_number() OVER (PARTITION BY user_id ORDER BY t, {_rank(arguments, query)})"


def _strict(arguments: Arguments, query: FunnelQuery) -> list[str]:
    """Compare each event with the user's preceding events, which must match the previous steps."""
    end, window = _limits(arguments, query)
    size = len(query.steps)
    before = [
        f"lag(bits, {back}) OVER w AS bits{back}, lag(t, {back}) OVER w AS t{back}"
        for back in range(1, size)
    ]
    order = f"PARTITION BY user_id ORDER BY t, {_rank(arguments, query)}"
    columns = ["*, row_number() OVER w AS o, bits AS bits0, t AS t0", *before]
    expressions = [f"p AS MATERIALIZED (SELECT {', '.join(columns)} FROM s WINDOW w AS ({order}))"]
    for k in range(1, size + 1):
        conditions = [f"bits{back} & {step_bit(query, k - 1 - back)} > 0" for back in range(k)]
        conditions += [f"t{k - 1} < {end}", f"t - t{k - 1} <= {window}"]
        gap, key = ("t - t1", "") if k > 1 else ("NULL::BIGINT", _key(query))
        expressions.append(
            f"e{k} AS (SELECT user_id, o, t, {gap} AS gap{key} "
            f"FROM p WHERE {conjunction(conditions)})"
        )
    return expressions


def _any_order(arguments: Arguments, query: FunnelQuery) -> list[str]:
    """Count, for each event, the steps that the events of the window up to it can complete."""
    end, window = _limits(arguments, query)
    groups = alternatives(query.steps)
    bits = {repr(step): _bits_of(query, step) for group in groups for step in group}
    depths = [_filled([bits[repr(step)] for step in group]) for group in groups]
    latest = [
        _latest(bits[repr(step)], is_apart=len(group) == 1) for group in groups for step in group
    ]
    frame = f"PARTITION BY user_id ORDER BY t RANGE BETWEEN {window} PRECEDING AND CURRENT ROW"
    columns = [
        f"*, row_number() OVER (PARTITION BY user_id ORDER BY t, {_rank(arguments, query)}) AS o",
        f"min(t) OVER w AS entry, {' + '.join(depths)} AS depth",
        f"t - greatest({', '.join(latest)}, NULL) AS gap",
    ]
    windows = f"w AS ({frame}), x AS ({frame} EXCLUDE CURRENT ROW)"
    expressions = [f"p AS MATERIALIZED (SELECT {', '.join(columns)} FROM s WINDOW {windows})"]
    for k in range(1, len(query.steps) + 1):
        gap, key = ("gap", "") if k > 1 else ("NULL::BIGINT AS gap", _key(query))
        expressions.append(
            f"e{k} AS (SELECT user_id, o, t, {gap}{key} "
            f"FROM p WHERE depth >= {k} AND entry < {end})"
        )
    return expressions


def _bits_of(query: FunnelQuery, wanted: Step) -> int:
    """Return the bits of all steps that are equal to a step."""
    equal = [repr(step) == repr(wanted) for step in query.steps]
    return sum(step_bit(query, index) for index, is_equal in enumerate(equal) if is_equal)


def _filled(group: Sequence[int]) -> str:
    """Return how many steps of a group the window's events can complete, each with its own event.

    By Hall's theorem, the result is the minimum, over all subsets of the steps, of the number of
    events that match the subset plus the number of steps outside the subset.
    """
    total = sum(bits.bit_count() for bits in group)
    limits = [str(total)]
    for length in range(1, len(group) + 1):
        for selection in combinations(group, length):
            mask = sum(selection)
            rest = total - mask.bit_count()
            limits.append(f"count_if(bits & {mask} > 0) OVER w + {rest}")
    return f"least({', '.join(limits)})"


def _latest(bits: int, *, is_apart: bool) -> str:
    """Return the time of the latest other event that completes one of these equal steps.

    If only one event can complete the step, and the event itself does, the result is NULL.
    """
    latest = f"max(CASE WHEN bits & {bits} > 0 THEN t END) OVER x"
    if is_apart and bits.bit_count() == 1:
        return f"CASE WHEN bits & {bits} = 0 THEN {latest} END"
    return latest
