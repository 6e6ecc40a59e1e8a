"""The deploy nets that authors published, as the net functions here draw them.

`python -m nets.published` lists them; `python -m nets.published NAME` prints one. Their inputs are
declared at net level (`generate.with_net_inputs`), as in the authors' files.
"""

import argparse
from dataclasses import dataclass, field
from typing import Any

from google.protobuf import text_format

import caffe
from caffe import layers as L
from caffe.proto import caffe_pb2
from experiments import Head
from nets.generate import net_function, with_net_inputs


@dataclass(frozen=True)
class Published:
    """One published net: the function under `nets/` that draws it, and for what it was made."""

    net: str  # module.function
    classes: int
    size: tuple[int, int]  # height, width
    source: str  # repository and file; {} is the net's name
    options: dict[str, Any] = field(default_factory=dict)


def _pspnet(classes: int, crop: int, depth: int) -> Published:
    source = "hszhao/PSPNet evaluation/prototxt/{}.prototxt"
    return Published("pspnet.pspnet", classes, (crop, crop), source, dict(crop=crop, depth=depth))


def _dilation(classes: int, size: tuple[int, int], **options: Any) -> Published:
    source = "fyu/dilation models/{}_deploy.prototxt"
    return Published("dilation.dilation", classes, size, source, options)


def _deeplab(name: str, **options: Any) -> Published:
    source = f"TheLegendAli/DeepLab-Context config/{name}/test.prototxt"
    return Published("deeplab.largefov", 21, (513, 513), source, options)


_CRFRNN = "torrvision/crfasrnn python-scripts/TVG_CRFRNN_new_deploy.prototxt"
_DILATIONS10 = (1, 1, 2, 4, 8, 16, 32, 64, 1)

PUBLISHED = {
    "pspnet101_VOC2012_473": _pspnet(21, 473, 101),
    "pspnet101_cityscapes_713": _pspnet(19, 713, 101),
    "pspnet50_ADE20K_473": _pspnet(150, 473, 50),
    "dilation8_pascal_voc": _dilation(21, (900, 900), large=True),
    "dilation10_cityscapes": _dilation(19, (1396, 1396), dilations=_DILATIONS10, upsampled=True),
    "dilation7_kitti": _dilation(11, (852, 1640), dilations=(1, 1, 2, 4, 8, 1)),
    "dilation8_camvid": _dilation(11, (900, 1100)),
    "hed": Published("hed.hed", 1, (500, 500), "s9xie/hed examples/hed/deploy.prototxt"),
    "crfrnn": Published("crfrnn.released", 21, (500, 500), _CRFRNN),
    "deeplab-largefov": _deeplab("DeepLab-LargeFOV"),
    "deeplab-msc-largefov": _deeplab("DeepLab-MSc-LargeFOV", multiscale=True),
}


def net(name: str) -> caffe_pb2.NetParameter:
    """Return a net of PUBLISHED."""
    made = PUBLISHED[name]
    n = caffe.NetSpec()
    n.data = L.Input(shape=[dict(dim=[1, 3, *made.size])])
    net_function(made.net)(n, [Head(made.classes)], **made.options)
    proto = with_net_inputs(n.to_proto())
    proto.name = name
    return proto


def main() -> None:
    """Print the nets' names, or one net."""
    parser = argparse.ArgumentParser(prog="python -m nets.published", description=__doc__)
    parser.add_argument("name", nargs="?", choices=PUBLISHED, metavar="NAME")
    name = parser.parse_args().name
    if name:
        print(text_format.MessageToString(net(name)), end="")
        return
    for name, made in PUBLISHED.items():
        print(f"{name:26} {made.source.format(name)}")


if __name__ == "__main__":
    main()
