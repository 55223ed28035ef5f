"""Read the change feed of `events` and write new events into the event lake."""

from api.hosting import change_feed

function = change_feed("archive_events")
