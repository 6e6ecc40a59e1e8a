"""The sizes of pictures that nets drawn for one size can take."""

from data.errors import ProjectError


class SizeError(ProjectError, ValueError):
    """A size of picture that a net cannot take; the message has the nearest that fit."""


def map_sides(crop, stride, bins=1, aligned=True):
    """Return height and width of a net's last map; SizeError for pictures that it cannot take.

    Parameters
    ----------
    crop : int or (int, int)
        Height and width of the pictures.
    stride : int
        Pixels from one place of the map to the next.
    bins : int
        What the map's sides must be a multiple of.
    aligned : bool
        Corners lie on corners: m places for stride (m - 1) + 1 pixels, and not for stride m.
    """
    offset, least = (1 - stride, max(bins, 2)) if aligned else (0, bins)
    sides = (crop, crop) if isinstance(crop, int) else tuple(crop)
    for side in sides:
        places, rest = divmod(side - offset, stride)
        if rest or places % bins or places < least:
            step = stride * bins
            below = stride * max(places // bins * bins, least) + offset
            more = "+ 1" if bins == 1 else f"- {stride - 1}"
            form = f"{step} k {more}" if aligned else f"a multiple of {step}"
            raise SizeError(
                f"{side} pixels: expected {form} at output stride {stride}, such as {below} or "
                f"{below + step}"
            )
    return tuple((side - offset) // stride for side in sides)
