"""One entry for each function: its host imports it alone. `extras.json` says what it uses."""
