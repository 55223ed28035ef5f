"""The scripts of `sample_data/` import each other as scripts do: by their folder."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "sample_data"))
