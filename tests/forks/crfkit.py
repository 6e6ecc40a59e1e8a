"""What the tests of dense CRFs share: pictures, features, and one thread for tiny ones."""

import numpy as np
import pytest
import torch

from caffe._caffe.core.permutohedral import grid_features

RANDOM = np.random.default_rng(5)


def picture(height, width, noise=4):
    """Two areas of colour, N(0, noise^2) around: what a bilateral filter is for."""
    image = RANDOM.normal(0, noise, (3, height, width))
    image[:, :, width // 2 :] += np.array([40, -30, 20])[:, None, None]
    return image.astype(np.float32)


def features(height, width, sigmas, image=None):
    sigmas = torch.tensor(sigmas, dtype=torch.float32)
    return grid_features(height, width, sigmas, None if image is None else torch.from_numpy(image))


@pytest.fixture(autouse=True)
def one_thread():
    """Tiny pictures gain nothing by threads, and wait for each other on a busy machine."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)
