"""How fast a data layer alone loads, by the number of its threads."""

import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from .config import Config

PICTURES, BATCH, BATCHES = 16, 8, 12
PAIRS = "pairs.txt"  # lists pictures with their label maps

_NET = """layer {{ name: "data" type: "ImageData" top: "data" top: "label"
  image_data_param {{ source: "{folder}/list.txt" root_folder: "{folder}/" batch_size: {batch} }}
  transform_param {{ mirror: true mean_value: 104 mean_value: 117 mean_value: 123 }} }}"""


def write_pictures(folder: str, config: Config) -> str:
    """Write JPEG pictures, PNG label maps, lists and a net that loads; return its path."""
    draws = np.random.default_rng(1337)
    lines, pairs = [], []
    for i in range(PICTURES):
        coarse = draws.integers(0, 256, (config.height // 8, config.width // 8, 3), np.uint8)
        picture = Image.fromarray(coarse).resize((config.width, config.height))
        picture.save(Path(folder, f"{i}.jpg"), quality=90)
        labels = draws.integers(0, 21, coarse.shape[:2], np.uint8)
        Image.fromarray(labels).resize(picture.size, Image.Resampling.NEAREST).save(
            Path(folder, f"{i}.png")
        )
        lines.append(f"{i}.jpg 0\n")
        pairs.append(f"{i}.jpg {i}.png\n")
    Path(folder, "list.txt").write_text("".join(lines))
    Path(folder, PAIRS).write_text("".join(pairs))
    path = Path(folder, "net.prototxt")
    path.write_text(_NET.format(folder=folder, batch=BATCH))
    return str(path)


def seconds_of_a_picture(config: Config, workers: int, rounds: int) -> float:
    """Return the best of `rounds` of `BATCHES`, after one that fills the queue."""
    import caffe

    caffe.set_data_workers(workers)
    found = []
    with tempfile.TemporaryDirectory() as folder:
        net = caffe.Net(write_pictures(folder, config), caffe.TRAIN)
        for _ in range(1 + rounds):
            begin = time.perf_counter()
            for _ in range(BATCHES):
                net.forward()
            found.append((time.perf_counter() - begin) / (BATCH * BATCHES))
        del net  # and its threads, before the pictures
    caffe.set_data_workers(1)
    return min(found[1:])
