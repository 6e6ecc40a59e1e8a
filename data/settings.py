"""Where data lives: the one place that reads the setting.

The folder is `$FCN_DATA`, or `data/` of the project root when that is unset or empty;
`make ... DATA=folder` sets the variable. Standard library only, so that anything may import it.
"""

import os
from pathlib import Path

VARIABLE = "FCN_DATA"
BUNDLED = Path(__file__).resolve().parent  # the project's: its class lists and split files
IGNORE_LABEL = 255  # the label of pixels that no loss and no score counts (void)


def data_dir() -> Path:
    """Return the data folder as an absolute path; it need not exist yet."""
    return Path(os.environ.get(VARIABLE) or BUNDLED).expanduser().resolve()


def locate(path: str | Path) -> Path:
    """Return a path of a prototxt as an absolute path.

    `pascal/VOC2011` lies in the data folder, so that the setting applies to a committed prototxt;
    `./x`, `../x` and absolute paths are relative to the current folder, as in the authors'
    prototxts.
    """
    text = str(path)
    if os.path.isabs(text) or text.split("/")[0] in (".", ".."):
        return Path(text).resolve()
    return data_dir() / text
