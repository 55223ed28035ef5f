"""The reader of the change feed of `events`, which keeps rollups and projections current."""

from api.hosting import change_feed

function = change_feed()
