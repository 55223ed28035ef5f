"""One entry for each function, imported by its host; `manifest.json` lists what each one needs."""
