"""Where data lives: the one place that reads the setting.

The folder is `$FCN_DATA`, or `data/` of the project root when that is unset or empty;
`make ... DATA=folder` sets the variable. Standard library only, so that anything may import it.
"""

import os
from pathlib import Path

VARIABLE = "FCN_DATA"
DEFAULT = Path(__file__).resolve().parent


def data_dir():
    """The data folder as an absolute Path; it need not exist yet."""
    return Path(os.environ.get(VARIABLE) or DEFAULT).expanduser().resolve()
