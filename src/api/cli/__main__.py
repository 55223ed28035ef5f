"""`python -m api.cli`: the same as `analytics`."""

from api.cli.main import app

app(prog_name="analytics")
