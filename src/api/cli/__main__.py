"""`python -m api.cli`, where the installed command is not on the path."""

from api.cli import app

app()
