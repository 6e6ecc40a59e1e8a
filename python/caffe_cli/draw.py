"""caffe draw: a picture of a net."""

from .common import log_line, phase_of, read_net
from .options import CommandError


def draw(options):
    """Draw a net to a file whose extension chooses the format, through `caffe.draw`."""
    import caffe.draw

    definition = read_net(options.net)
    phase = phase_of(options, None)
    try:
        caffe.draw.draw_net_to_file(
            definition, options.picture, options.rankdir.upper(), phase, options.display_lrm
        )
    except ValueError as problem:
        raise CommandError(str(problem)) from None
    log_line(f"Drew {options.net} to {options.picture}", 1)
