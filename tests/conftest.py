"""The project root and layers/ on sys.path, as solve.py and the Makefile put them."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers")]
