"""What a net function refuses."""

from data.errors import ProjectError


class SizeError(ProjectError, ValueError):
    """A size of picture that a net cannot take; the message has the nearest that fit."""
