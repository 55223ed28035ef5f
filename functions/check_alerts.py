"""Check alerts on saved views every five minutes, and deliver their messages."""

from api.hosting import timer

function = timer("check_alerts")
