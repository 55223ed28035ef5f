"""Read the change feed of `events` and update rollups and projections."""

from api.hosting import change_feed

function = change_feed("rollup_metrics")
