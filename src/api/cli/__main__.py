"""The entry point of `python -m api.cli`, which is the same as `analytics`."""

from api.cli.main import app

app(prog_name="analytics")
