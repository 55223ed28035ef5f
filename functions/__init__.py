"""The entry points of the functions. `manifest.json` lists the needs of each function."""
