"""Pictures of the generated `shapes` data set: outlines, textures, light and camera.

Every picture is a pure function of its random state. An object is an outline (an implicit function,
positive inside) and a texture, both in the object's own coordinates u, v in about [-1, 1], so that
turning and stretching it turns and stretches what it is made of.
"""

import numpy as np
from PIL import Image
from scipy import ndimage

from ..settings import IGNORE_LABEL

CLASSES = ("background", "starfish", "leaf", "ladder", "wheel", "fish", "butterfly")
_SUPER = 2  # outlines are drawn at twice the size, so that edges blend as a lens blends them


def noise(rs, shape, coarsest, octaves=4, falloff=0.55):
    """Sum of smooth random fields from wavelength `coarsest` pixels down, in about [-1, 1]."""
    total = np.zeros(shape, np.float32)
    amplitude, weight = 1.0, 0.0
    for octave in range(octaves):
        step = max(coarsest / 2**octave, 1.0)
        cells = tuple(int(np.ceil(side / step)) + 3 for side in shape)
        grid = Image.fromarray(rs.uniform(-1, 1, cells).astype(np.float32))
        box = (1, 1, 1 + shape[1] / step, 1 + shape[0] / step)
        field = grid.resize(shape[::-1], Image.Resampling.BICUBIC, box=box)
        total += amplitude * np.asarray(field)
        weight += amplitude
        amplitude *= falloff
    return total / weight


def _colour(rs, rgb, spread=0.06):
    """Return a colour near `rgb`: brightness and each channel move a little."""
    shade = np.asarray(rgb, np.float32) * rs.uniform(0.85, 1.15)
    return np.clip(shade + rs.uniform(-spread, spread, 3), 0.02, 0.98).astype(np.float32)


def _mix(a, b, t):
    """Blend colours (or H x W x 3 pictures) a to b by the H x W map t in [0, 1]."""
    return a + (b - a) * np.clip(t, 0, 1)[..., None]


# Outlines: positive inside.


def _starfish(u, v):
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    return 0.30 + 0.70 * (0.5 + 0.5 * np.cos(5 * angle)) ** 1.5 - radius


def _leaf(u, v):
    lobes = 1 + 0.28 * np.cos(13 * u)
    blade = 0.52 * np.clip(1 - ((u - 0.15) / 0.82) ** 2, 0, None) ** 0.8 * lobes - np.abs(v)
    stalk = np.minimum(0.065 - np.abs(v), np.minimum(u + 1.0, 0.2 - u))
    return np.maximum(blade, stalk)


def _ladder(u, v):
    ends = 1 - np.abs(u)
    rails = np.minimum(0.115 - np.abs(np.abs(v) - 0.40), ends)
    phase = np.abs((u / 0.5) - np.round(u / 0.5)) * 0.5
    rungs = np.minimum(np.minimum(0.095 - phase, 0.45 - np.abs(v)), 0.9 - np.abs(u))
    return np.maximum(rails, rungs)


def _wheel(u, v):
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    tyre = 0.16 - np.abs(radius - 0.83)
    spread = np.abs(np.sin(2.5 * angle)) * radius
    spokes = np.minimum(0.085 - spread, 0.85 - radius)
    return np.maximum(np.maximum(tyre, 0.22 - radius), spokes)


def _fish(u, v):
    body = 1 - ((u - 0.22) / 0.74) ** 2 - (v / 0.40) ** 2
    reach = -u - 0.35
    tail = np.minimum(0.10 + 0.85 * reach - np.abs(v), np.minimum(reach, 0.62 - reach))
    tail = np.minimum(tail, np.abs(v) - 0.9 * (reach - 0.40))
    fin = np.minimum(0.70 - np.abs(v), 0.26 - np.abs(u - 0.15 + 0.55 * np.abs(v)))
    return np.maximum(np.maximum(body, tail), np.minimum(fin, 0.5 - np.abs(u - 0.2)))


def _butterfly(u, v):
    side = np.abs(v)

    def wing(along, across, length, width, tilt):
        c, s = np.cos(tilt), np.sin(tilt)
        a, b = (along * c + across * s) - length, -along * s + across * c
        return 1 - (a / length) ** 2 - (b / width) ** 2

    upper = wing(u, side, 0.52, 0.30, 0.95)
    lower = wing(-u, side, 0.40, 0.26, 0.90)
    body = np.minimum(0.075 - side, 0.62 - np.abs(u))
    feelers = np.minimum(0.05 - np.abs(side - 0.45 * (u - 0.45)), np.minimum(u - 0.5, 1.0 - u))
    return np.maximum(np.maximum(upper, lower), np.maximum(body, feelers))


# Textures: H x W x 3 in [0, 1]; `grain` is a fractal field of the same size.


def _starfish_skin(rs, u, v, grain):
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    skin = _mix(_colour(rs, (0.80, 0.34, 0.14)), _colour(rs, (0.95, 0.62, 0.30)), 0.5 + 0.6 * grain)
    ridge = np.exp(-((np.sin(2.5 * angle) * radius / 0.07) ** 2))
    warts = (np.sin(21 * u) * np.sin(21 * v) > 0.55) * 0.8
    return _mix(skin, _colour(rs, (0.98, 0.86, 0.66)), np.maximum(0.6 * ridge, warts))


def _leaf_blade(rs, u, v, grain):
    blade = _mix(
        _colour(rs, (0.13, 0.36, 0.10)), _colour(rs, (0.42, 0.60, 0.16)), 0.5 + 0.7 * grain
    )
    side = np.abs(np.sin(9 * (u - 0.9 * np.abs(v))))
    veins = np.maximum(np.exp(-((v / 0.035) ** 2)), 0.8 * np.exp(-((side / 0.22) ** 2)))
    return _mix(blade, _colour(rs, (0.74, 0.80, 0.42)), 0.8 * veins)


def _wood(rs, u, v, grain):
    along = np.where(np.abs(np.abs(v) - 0.40) < 0.115, v, u)
    lines = 0.5 + 0.5 * np.sin(70 * along + 5 * grain)
    return _mix(
        _colour(rs, (0.42, 0.25, 0.12)), _colour(rs, (0.80, 0.58, 0.33)), lines + 0.3 * grain
    )


def _steel(rs, u, v, grain):
    radius, angle = np.hypot(u, v), np.arctan2(v, u)
    gleam = 0.5 + 0.5 * np.cos(2 * angle + 1.3) + 0.25 * grain
    metal = _mix(_colour(rs, (0.40, 0.42, 0.46)), _colour(rs, (0.88, 0.89, 0.92)), gleam)
    tread = 0.10 * (np.sin(40 * angle) > 0)
    rubber = _colour(rs, (0.10, 0.10, 0.11)) + (tread + 0.06 * grain)[..., None]
    return _mix(metal, rubber, (radius > 0.70).astype(np.float32))


def _scales(rs, u, v, grain):
    row = np.floor(v / 0.11)
    arc = np.hypot(np.mod(u / 0.13 + 0.5 * np.mod(row, 2), 1) - 0.5, np.mod(v / 0.11, 1) - 0.5)
    silver = _mix(_colour(rs, (0.16, 0.33, 0.56)), _colour(rs, (0.70, 0.84, 0.92)), 1.6 * arc)
    belly = _mix(silver, _colour(rs, (0.10, 0.20, 0.38)), 0.35 - 0.9 * v + 0.4 * grain)
    eye = np.hypot(u - 0.68, np.abs(v) - 0.08) < 0.085
    return _mix(belly, np.array([0.04, 0.04, 0.05], np.float32), eye.astype(np.float32))


def _wings(rs, u, v, grain):
    side = np.abs(v)
    ground = _mix(
        _colour(rs, (0.46, 0.16, 0.50)), _colour(rs, (0.84, 0.40, 0.66)), 0.5 + 0.8 * grain
    )
    veins = np.exp(-((np.sin(7 * np.arctan2(u, side + 0.05)) / 0.25) ** 2))
    spots = np.exp(-(((np.hypot(np.abs(u) - 0.42, side - 0.55) - 0.10) / 0.05) ** 2))
    wing = _mix(
        _mix(ground, _colour(rs, (0.12, 0.05, 0.16)), 0.8 * veins),
        _colour(rs, (0.97, 0.90, 0.45)),
        spots,
    )
    return _mix(wing, _colour(rs, (0.14, 0.10, 0.10)), (side < 0.075).astype(np.float32))


_OBJECTS = {
    "starfish": (_starfish, _starfish_skin),
    "leaf": (_leaf, _leaf_blade),
    "ladder": (_ladder, _wood),
    "wheel": (_wheel, _steel),
    "fish": (_fish, _scales),
    "butterfly": (_butterfly, _wings),
}


def _ground(rs, shape):
    """One kind of ground: a pair of colours, a grain and its stretch."""
    kinds = (
        ((0.20, 0.30, 0.12), (0.45, 0.52, 0.22), 6, 3.0),  # grass
        ((0.66, 0.56, 0.40), (0.86, 0.78, 0.60), 10, 1.0),  # sand
        ((0.30, 0.46, 0.60), (0.68, 0.80, 0.90), 70, 0.3),  # sky or water
        ((0.30, 0.22, 0.17), (0.55, 0.44, 0.34), 18, 1.0),  # earth
        ((0.42, 0.42, 0.42), (0.72, 0.70, 0.68), 26, 1.0),  # stone
    )
    dark, light, wave, stretch = kinds[rs.randint(len(kinds))]
    tall = (max(int(shape[0] / stretch), 8), shape[1])
    field = Image.fromarray(noise(rs, tall, wave, 4, 0.7)).resize(
        shape[::-1], Image.Resampling.BICUBIC
    )
    return _mix(_colour(rs, dark), _colour(rs, light), 0.5 + 0.8 * np.asarray(field))


def background(rs, shape):
    """H x W x 3 in [0, 1]: two grounds meeting at a wavy horizon, soft stones, slanting light."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    horizon = shape[0] * rs.uniform(0.1, 0.9) + 0.12 * shape[0] * noise(rs, shape, 60, 2)
    scene = _mix(
        _ground(rs, shape), _ground(rs, shape), (y - horizon + x * rs.uniform(-0.3, 0.3)) / 3
    )
    stones = noise(rs, shape, 34, 3)
    hue = _colour(rs, rs.uniform(0.3, 0.7) + rs.uniform(-0.12, 0.12, 3), 0.05)
    scene = _mix(scene, hue * (0.8 + 0.5 * stones)[..., None], (stones - rs.uniform(0.3, 0.6)) * 14)
    angle = rs.uniform(0, 2 * np.pi)
    slant = (x / shape[1] - 0.5) * np.cos(angle) + (y / shape[0] - 0.5) * np.sin(angle)
    return scene * (1 + rs.uniform(0.1, 0.5) * slant)[..., None]


def draw_object(rs, name, radius):
    """Return (colour S x S x 3, coverage S x S, both in [0, 1]) of an object of so many pixels."""
    outline, texture = _OBJECTS[name]
    side = 2 * int(np.ceil(1.25 * radius))
    fine = side * _SUPER
    axis = (np.arange(fine, dtype=np.float32) + 0.5) / _SUPER - side / 2
    x, y = np.meshgrid(axis / radius, axis / radius)
    bend = 0.10 * rs.uniform(0.3, 1)
    x = x + bend * noise(rs, (fine, fine), 1.2 * fine / 2, 2)
    y = y + bend * noise(rs, (fine, fine), 1.2 * fine / 2, 2)
    theta, squash = rs.uniform(0, 2 * np.pi), rs.uniform(0.85, 1.12)
    u = x * np.cos(theta) + y * np.sin(theta)
    v = (-x * np.sin(theta) + y * np.cos(theta)) / squash
    inside = np.clip(outline(u, v) * radius * _SUPER + 0.5, 0, 1)
    inside, x, y, u, v = (
        plane.reshape(side, _SUPER, side, _SUPER).mean((1, 3)) for plane in (inside, x, y, u, v)
    )
    colour = texture(rs, u, v, noise(rs, (side, side), 12, 4, 0.7))
    slant = np.cos(rs.uniform(0, 2 * np.pi)) * x + np.sin(rs.uniform(0, 2 * np.pi)) * y
    return colour * (1 + rs.uniform(0.1, 0.35) * slant)[..., None], inside


def _paste(scene, label, patch, index, centre, rs):
    """Lay an object over scene and label (index + void rim), with a soft shadow under it."""
    colour, cover = patch
    side, (height, width) = cover.shape[0], label.shape
    top, left = (int(c - side / 2) for c in centre)
    y0, x0, y1, x1 = max(top, 0), max(left, 0), min(top + side, height), min(left + side, width)
    here = (slice(y0, y1), slice(x0, x1))
    part = (slice(y0 - top, y1 - top), slice(x0 - left, x1 - left))
    shift = rs.uniform(1, 4, 2)
    shadow = ndimage.shift(ndimage.uniform_filter(cover, 5), shift, order=1, mode="constant")[part]
    alpha = cover[part]
    scene[here] *= (1 - 0.45 * shadow)[..., None]
    scene[here] = _mix(scene[here], colour[part], alpha)
    solid = np.zeros(label.shape, bool)
    solid[here] = alpha > 0.5
    label[ndimage.binary_dilation(solid)] = IGNORE_LABEL
    label[solid] = index
    label[solid & ~ndimage.binary_erosion(solid, border_value=1)] = IGNORE_LABEL


def _camera(rs, scene):
    """Exposure, a slight blur and sensor noise; float scene in, uint8 RGB out."""
    scene = ndimage.gaussian_filter(scene, (0.45, 0.45, 0)) * rs.uniform(0.85, 1.1)
    scene = scene + rs.normal(0, rs.uniform(0.008, 0.025), scene.shape)
    return (np.clip(scene, 0, 1) * 255).round().astype(np.uint8)


def scene(rs, height, width, classes):
    """Return (RGB uint8 H x W x 3, label uint8 H x W) of the classes' objects, later ones in front.

    Label 0 is background, i is CLASSES[i], 255 a rim of about two pixels around every object.
    """
    picture = background(rs, (height, width))
    label = np.zeros((height, width), np.uint8)
    taken: list = []
    for index in classes:
        radius = min(height, width) * rs.uniform(0.26, 0.40)
        spots = rs.uniform(0.2, 0.8, (12, 2)) * (height, width)
        # The spot furthest from what is there already: objects overlap, but rarely hide each other.
        gaps = [min((np.hypot(*(spot - other)) for other in taken), default=0) for spot in spots]
        centre = spots[int(np.argmax(gaps))]
        taken.append(centre)
        patch = draw_object(rs, CLASSES[index], radius)
        _paste(picture, label, patch, index, centre, rs)
    return _camera(rs, picture), label


def single(rs, side, index):
    """RGB uint8 side x side x 3: one object of class `index`, filling most of the picture."""
    picture = background(rs, (side, side))
    centre = side / 2 + rs.uniform(-0.1, 0.1, 2) * side
    radius = side * rs.uniform(0.36, 0.56)
    patch = draw_object(rs, CLASSES[index], radius)
    _paste(picture, np.zeros((side, side), np.uint8), patch, index, centre, rs)
    return _camera(rs, picture)
