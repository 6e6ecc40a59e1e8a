"""HHA: depth as horizontal disparity, height above ground and angle with gravity.

The encoding of Gupta, Girshick, Arbelaez and Malik, "Learning rich features from RGB-D images for
object detection and segmentation", ECCV 2014, section 2.1, with the gravity estimate of Gupta,
Arbelaez and Malik, CVPR 2013, section 3: look for the direction to which most surfaces are parallel
or perpendicular. Window sizes, offsets and scales are those of their published encoding.

Camera coordinates: x to the right, y down, z forward; lengths in centimetres.
"""

import numpy as np
from scipy import ndimage

from .errors import DataError

Camera = tuple[float, float, float, float]

# Focal lengths and centre (fx, fy, cx, cy) in pixels of the NYUDv2 colour camera at 640 x 480. The
# data sets of Gupta et al. keep rows 46 to 470 and columns 41 to 600 of it.
CAMERA = (518.85790117450188, 519.46961112127485, 325.58244941119034, 253.73616633400465)
CROPPED = (CAMERA[0], CAMERA[1], CAMERA[2] - 40, CAMERA[3] - 45)

_NORMAL_RADIUS = 3  # pixels: windows of 7 x 7 for the angle channel
_GRAVITY_RADIUS = 10  # and of 21 x 21 for the gravity estimate
_GRAVITY_ROUNDS = ((45.0, 5), (15.0, 5))  # degrees within which a surface votes, times
_TIE = 1e-6  # eigenvalues per vote that are as good as equal
_LEAST_DEPTH = 100.0  # cm: nearer than this the disparity would leave the byte
_DISPARITY = 31000.0  # byte of disparity = this / depth in cm
_FLOOR = -90.0, -130.0  # cm: with nothing lower than the first seen, the ground is at the second


def rays(shape: tuple[int, int], camera: Camera) -> np.ndarray:
    """Return the point at depth 1 of each pixel, H x W x 3."""
    fx, fy, cx, cy = camera
    # The calibration counts pixels from 1, as MATLAB does.
    y, x = np.mgrid[1 : shape[0] + 1, 1 : shape[1] + 1].astype(np.float64)
    return np.stack([(x - cx) / fx, (y - cy) / fy, np.ones(shape)], axis=-1)


def normals(depth: np.ndarray, camera: Camera, radius: int) -> np.ndarray:
    """Return H x W x 3 unit normals of planes fitted around each pixel, away from the camera.

    A plane n.p = d seen along ray r at depth z is (n/d).r = 1/z: linear in n/d, so that a window's
    least squares needs only box sums of r r' and r/z.
    """
    ray = rays(depth.shape, camera)
    outer = ray[..., :, None] * ray[..., None, :]
    right = ray / depth[..., None]
    size = 2 * radius + 1
    # Windows end at the border of the picture; sums and means differ by a factor that cancels.
    mean = dict(size=(size, size), axes=(0, 1), mode="constant")
    matrix = ndimage.uniform_filter(outer.reshape(*depth.shape, 9), **mean)
    right = ndimage.uniform_filter(right, **mean)
    normal = np.linalg.solve(matrix.reshape(*depth.shape, 3, 3), right[..., None])[..., 0]
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    outward = (normal * ray).sum(-1, keepdims=True)
    return np.where(outward < 0, -normal, normal)


def gravity(normal: np.ndarray) -> np.ndarray:
    """Return the unit vector of gravity from a picture's H x W x 3 normals, starting straight down.

    Each round takes the surfaces within an angle of level (their normals along gravity) and of
    upright (their normals across it), and the direction g that has the least sum of (n.g)^2 over
    upright minus level ones: the eigenvector of the smallest eigenvalue. Where several are as good
    (a wall alone determines the side, not the bottom), the nearest to the g before.
    """
    flat = normal.reshape(-1, 3)
    down = np.array([0.0, 1.0, 0.0])
    for degrees, times in _GRAVITY_ROUNDS:
        angle = np.radians(degrees)
        for _ in range(times):
            along = np.abs(flat @ down)
            level, upright = flat[along > np.cos(angle)], flat[along < np.sin(angle)]
            values, vectors = np.linalg.eigh(upright.T @ upright - level.T @ level)
            best = vectors[:, values <= values[0] + _TIE * len(flat)]
            found = best @ (best.T @ down)
            if not found.any():
                found = vectors[:, 0]
            down = found / np.linalg.norm(found)
    return down


def _camera_of(shape: tuple[int, ...]) -> Camera:
    if shape == (425, 560):
        return CROPPED
    if shape == (480, 640):
        return CAMERA
    raise DataError(
        f"depth of {shape[1]}x{shape[0]}: give its camera (fx, fy, cx, cy); it is known only for "
        "NYUDv2's 640x480 and its crop of 560x425"
    )


def encode(depth: np.ndarray, camera: Camera | None = None) -> np.ndarray:
    """Encode depth as HHA.

    Parameters
    ----------
    depth
        H x W in millimetres, all above 0.
    camera
        (fx, fy, cx, cy) in pixels (default: NYUDv2's).

    Returns
    -------
    ndarray
        H x W x 3 uint8: disparity, height in cm, angle in degrees + 38, each cut to 0..255.

    Raises
    ------
    DataError
        Depth that is not above 0, or of another size than NYUDv2's without a camera.
    """
    depth = np.asarray(depth, np.float64) / 10
    if depth.ndim != 2 or not (depth > 0).all():
        raise DataError(f"depth of shape {depth.shape}: expected H x W, everywhere above 0")
    camera = camera or _camera_of(depth.shape)
    down = gravity(normals(depth, camera, _GRAVITY_RADIUS))
    angle = np.degrees(np.arccos(np.clip(normals(depth, camera, _NORMAL_RADIUS) @ down, -1, 1)))
    height = -(rays(depth.shape, camera) * depth[..., None]) @ down
    lowest = height.min()
    height -= lowest if lowest <= _FLOOR[0] else _FLOOR[1]
    disparity = _DISPARITY / np.maximum(depth, _LEAST_DEPTH)
    planes = np.stack([disparity, height, angle + 38], axis=-1)
    return np.clip(np.floor(planes + 0.5), 0, 255).astype(np.uint8)
