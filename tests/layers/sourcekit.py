"""Small data sets and nets for the tests of layers that load data."""

import io
from pathlib import Path

import lmdb
import numpy as np
from PIL import Image

import caffe
from caffe.proto import caffe_pb2

GOLDEN = Path(__file__).parent.parent / "golden"


def make_net(folder, layer, phase=caffe.TRAIN):
    """A net of one layer (prototxt text without name and braces)."""
    path = Path(folder) / "net.prototxt"
    path.write_text(f'layer {{ name: "source" {layer} }}')
    return caffe.Net(str(path), phase)


def batches(net, count):
    """Copies of the tops of the next `count` forwards."""
    out = []
    for _ in range(count):
        net.forward()
        out.append([blob.data.copy() for blob in net.blobs.values()])
    return out


def same(one, other):
    """Whether two lists of batches are equal."""
    return all(
        len(x) == len(y) and all(map(np.array_equal, x, y)) for x, y in zip(one, other, strict=True)
    )


def image(seed, height=6, width=7, channels=3):
    """Random pixels, height x width x channels."""
    return np.random.RandomState(seed).randint(0, 256, (height, width, channels)).astype(np.uint8)


def png(pixels):
    """Pixels (RGB or one channel) as the bytes of a PNG file."""
    buffer = io.BytesIO()
    Image.fromarray(pixels[:, :, 0] if pixels.shape[2] == 1 else pixels).save(buffer, "png")
    return buffer.getvalue()


def datum(pixels, label=0):
    """Raw pixels (height x width x channels, stored as they are) as a datum."""
    height, width, channels = pixels.shape
    return caffe_pb2.Datum(
        channels=channels,
        height=height,
        width=width,
        label=label,
        data=pixels.transpose(2, 0, 1).tobytes(),
    )


def write_lmdb(folder, values, key="{:08d}"):
    """An LMDB of datums or bytes, keyed by their number."""
    environment = lmdb.open(str(folder), map_size=1 << 26)
    with environment.begin(write=True) as transaction:
        for i, value in enumerate(values):
            content = value if isinstance(value, bytes) else value.SerializeToString()
            transaction.put(key.format(i).encode(), content)
    environment.close()
    return folder


def ramp_lmdb(folder, count, size=(2, 3)):
    """An LMDB of one-channel images whose every pixel is the entry's number, as is the label."""
    ones = np.ones((*size, 1), np.uint8)
    return write_lmdb(folder, [datum(ones * i, i) for i in range(count)])


RANDOM = "transform_param { crop_size: 4 mirror: true }"


def data_layer(folder, batch=2, extra="", tops=("data", "label")):
    named = " ".join(f'top: "{top}"' for top in tops)
    return f"""type: "Data" {named} {extra}
        data_param {{ source: "{folder}" backend: LMDB batch_size: {batch} }}"""


def list_file(tmp_path, count=5, **size):
    """`count` PNGs and a list file of them; returns their pixels."""
    pixels = [image(i, **size) for i in range(count)]
    for i, p in enumerate(pixels):
        (tmp_path / f"{i} x.png").write_bytes(png(p))
    (tmp_path / "list.txt").write_text("".join(f"{i} x.png {i * 10 - 20}\n" for i in range(count)))
    return pixels


def image_layer(tmp_path, param="", extra=""):
    return f"""type: "ImageData" top: "data" top: "label" {extra}
        image_data_param {{ source: "{tmp_path}/list.txt" root_folder: "{tmp_path}/" {param} }}"""


def bgr(pixels):
    """RGB pixels, height x width x 3, as Caffe has them: 3 x height x width in BGR order."""
    return pixels[:, :, ::-1].transpose(2, 0, 1).astype(np.float32)
