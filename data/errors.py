"""The project's own exceptions: what scripts print as one line, without a traceback."""


class ProjectError(Exception):
    """A request that cannot be met; the message says what was given and what was expected."""


class DataError(ProjectError):
    """Data, or a request for it, is wrong; the message names file, value and remedy."""


class NoRoom(DataError):
    """The disk has too little room; another mirror would not help."""
