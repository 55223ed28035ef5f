"""Put `sample_data/` on the import path, because its scripts import each other from there."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "sample_data"))
