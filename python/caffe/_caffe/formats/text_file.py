"""Text files that name other files: lists of images, of windows, of detections."""

from ..errors import FormatError, placed, reason


def read_text(source: str, what: str = "list file") -> str:
    """Return a file's text, with bytes that are not UTF-8 as Python writes them back.

    FormatError where it cannot be read; it is called `what`.
    """
    try:
        with open(source, encoding="utf-8", errors="surrogateescape") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise FormatError(f"{what} {placed(source)} cannot be read: {reason(error)}") from error
