"""HHA of rooms whose geometry is known."""

import numpy as np
import pytest

from data import hha
from data.errors import DataError

SHAPE = (425, 560)


def room(pitch, roll=0.0, height=1400.0, wall=4000.0, shape=SHAPE, camera=hha.CROPPED):
    """Depth in mm seen from `height` mm over a floor, before an upright wall `wall` mm away.

    Returns (depth, gravity in camera coordinates, True where the floor is seen).
    """
    cp, sp, cr, sr = np.cos(pitch), np.sin(pitch), np.cos(roll), np.sin(roll)
    # The camera's axes in world coordinates (y down): pitched down, then rolled.
    turn = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]]) @ np.array(
        [[cr, -sr, 0], [sr, cr, 0], [0, 0, 1]]
    )
    world = hha.rays(shape, camera) @ turn.T
    with np.errstate(divide="ignore"):
        to_floor = np.where(world[..., 1] > 0, height / world[..., 1], np.inf)
    to_wall = wall / world[..., 2]
    return np.minimum(to_floor, to_wall), turn[1], to_floor < to_wall


@pytest.mark.parametrize("pitch, roll", [(0.0, 0.0), (0.3, 0.0), (0.15, -0.1), (-0.05, 0.2)])
def test_gravity_and_the_three_channels(pitch, roll):
    depth, down, floor = room(pitch, roll)
    found = hha.gravity(hha.normals(depth / 10, hha.CROPPED, 10))
    assert np.degrees(np.arccos(min(1, found @ down))) < 0.5
    planes = hha.encode(depth)
    assert planes.shape == (*SHAPE, 3) and planes.dtype == np.uint8
    inner = np.zeros(SHAPE, bool)
    inner[12:-12, 12:-12] = True
    edge = np.zeros(SHAPE, bool)  # windows across floor and wall see neither
    for axis in (0, 1):
        for step in range(-8, 9):
            edge |= np.roll(floor, step, axis) != floor
    on_floor, on_wall = inner & floor & ~edge, inner & ~floor & ~edge
    assert on_floor.sum() > 2000 and on_wall.sum() > 5000
    disparity = 31000 / np.maximum(depth / 10, 100)
    assert np.abs(planes[..., 0] - disparity).max() <= 0.5 + 1e-9
    assert (planes[on_floor][:, 1] <= 1).all(), "the floor is at height 0"
    assert np.abs(planes[on_floor][:, 2].astype(int) - 38).max() <= 1, "its normal is along gravity"
    assert np.abs(planes[on_wall][:, 2].astype(int) - 128).max() <= 1, "the wall's is across it"
    point = (hha.rays(SHAPE, hha.CROPPED) * depth[..., None] / 10) @ down
    truth = np.clip(140 - point, 0, 255)
    assert np.abs(planes[..., 1][on_wall] - truth[on_wall]).max() <= 2.5


def test_without_a_floor_in_sight_the_ground_is_taken_130_below():
    depth = np.full(SHAPE, 2000.0)  # a wall straight ahead, from -80 to 80 cm
    planes = hha.encode(depth)
    centre = planes[int(hha.CROPPED[3]) - 1, int(hha.CROPPED[2])]
    assert abs(int(centre[1]) - 130) <= 1 and centre[0] == 155
    assert hha.encode(np.full(SHAPE, 500.0))[..., 0].max() == 255, "near: cut to the byte"


def test_a_table_top_and_a_ceiling_differ_by_the_side_they_show():
    depth, _, _ = room(0.4)
    from_below = depth[::-1, ::-1]  # the same planes, seen from under them
    camera = (*hha.CROPPED[:2], SHAPE[1] + 1 - hha.CROPPED[2], SHAPE[0] + 1 - hha.CROPPED[3])
    angles = hha.encode(from_below, camera)[40:120, 200:300, 2]
    assert np.abs(angles.astype(int) - (180 + 38)).max() <= 1


def test_normals_of_one_plane_are_exact():
    normal = np.array([0.2, -0.5, 0.84])
    normal /= np.linalg.norm(normal)
    depth = 250.0 / (hha.rays((60, 80), (70.0, 70.0, 40.5, 30.5)) @ normal)
    found = hha.normals(depth, (70.0, 70.0, 40.5, 30.5), 3)
    assert np.abs(found - normal).max() < 1e-8


def test_depth_of_unknown_cameras_or_without_values_is_refused():
    with pytest.raises(DataError, match="depth of 50x40: give its camera"):
        hha.encode(np.full((40, 50), 1000.0))
    with pytest.raises(DataError, match="everywhere above 0"):
        hha.encode(np.zeros(SHAPE))
    assert hha.encode(np.full((480, 640), 2000)).shape == (480, 640, 3)
