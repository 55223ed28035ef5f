"""The change feed of `events`: keeps every day's rollup and its projection current."""

from api.hosting import change_feed

function = change_feed()
