"""Handle the routes that answer questions about events: insights, properties and users."""

from api.hosting import endpoint

function = endpoint("query_insights")
