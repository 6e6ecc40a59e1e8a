"""Caffe models to fetch: the ILSVRC classifiers to start from, and what authors trained."""

from .. import fetch
from ..dataset import Archive, DataSet
from ..errors import DataError

_BVLC = "http://dl.caffe.berkeleyvision.org"  # offers no https
_HEAVY = 540_000_000  # bytes of a VGG16 FCN, about


def complaints(remotes, folder, data):
    """Return what is wrong with those of the files that are in the folder, a line each."""
    found = []
    for remote in remotes:
        try:
            if (folder / remote.name).exists():
                fetch.verify(remote, folder / remote.name, data)
        except DataError as error:
            found.append(str(error))
    return found


class Weights(DataSet):
    """Single files in one folder; checked by checksum, nothing to prepare."""

    def fetched(self, data):
        return all((data / self.folder / remote.name).exists() for remote in self.archives)

    def fetch(self, data, log=print, only=""):
        """Fetch each file, or only those with `only` in their names."""
        wanted = [remote for remote in self.archives if only in remote.name]
        if not wanted:
            names = ", ".join(remote.name for remote in self.archives)
            raise DataError(f"{self.name}: no file has {only!r} in its name; there are {names}")
        for remote in wanted:
            fetch.get(remote, data / self.folder, data, log)

    def problems(self, data):
        """Files that are not what was published; absent ones are no problem of those there."""
        return complaints(self.archives, data / self.folder, data)

    def require(self, data):
        if not any((data / self.folder / remote.name).exists() for remote in self.archives):
            super().require(data)


def _model(name, url, digest="", size=None, about=_HEAVY):
    urls = (url,) if isinstance(url, str) else url
    return Archive(name, urls, digest, size, about)


def _published(stem, digest=""):
    about = 230_000_000 if "alexnet" in stem else _HEAVY
    return _model(f"{stem}.caffemodel", f"{_BVLC}/{stem}.caffemodel", digest, about=about)


ILSVRC = Weights(
    name="ilsvrc-weights",
    title="ILSVRC classifiers: VGG16, CaffeNet and GoogLeNet",
    folder="ilsvrc-nets",
    archives=(
        _model(
            "VGG_ILSVRC_16_layers.caffemodel",
            "https://www.robots.ox.ac.uk/~vgg/software/very_deep/caffe/"
            "VGG_ILSVRC_16_layers.caffemodel",
            "sha1:9363e1f6d65f7dba68c4f27a1e62105cdf6c4e24",
            size=553_432_081,
        ),
        _model(
            "bvlc_reference_caffenet.caffemodel",
            f"{_BVLC}/bvlc_reference_caffenet.caffemodel",
            "sha1:4c8d77deb20ea792f84eb5e6d0a11ca0a8660a46",
            about=244_000_000,
        ),
        _model(
            "bvlc_googlenet.caffemodel",
            f"{_BVLC}/bvlc_googlenet.caffemodel",
            "sha1:405fc5acd08a3bb12de8ee5e23a96bec22f08204",
            about=53_500_000,
        ),
    ),
    homepage="https://github.com/BVLC/caffe/wiki/Model-Zoo",
    licence="VGG16: CC BY 4.0; BVLC models: unrestricted",
)

PUBLISHED = Weights(
    name="published-fcn-weights",
    title="The FCN authors' trained nets (14 files, 7 GB; --only NAME for one)",
    folder="published-fcn-weights",
    archives=(
        _published("fcn32s-heavy-pascal", "sha1:05eb922d7829c39448f57e5ab9d8cd75d6c0be6d"),
        _published("fcn16s-heavy-pascal"),
        _published("fcn8s-heavy-pascal", "sha1:c449ea74dd7d83751d1357d6a8c323fcf4038962"),
        _published("fcn8s-atonce-pascal"),
        _published("fcn-alexnet-pascal"),
        _published("nyud-fcn32s-color-heavy"),
        _published("nyud-fcn32s-hha-heavy"),
        _published("nyud-fcn32s-color-hha-heavy"),
        _published("siftflow-fcn32s-heavy"),
        _published("siftflow-fcn16s-heavy"),
        _published("siftflow-fcn8s-heavy"),
        _published("pascalcontext-fcn32s-heavy"),
        _published("pascalcontext-fcn16s-heavy"),
        _published("pascalcontext-fcn8s-heavy"),
    ),
    homepage="http://fcn.berkeleyvision.org",
    licence="unrestricted (the BVLC model licence)",
)


def _manual(name, page, about):
    """Return a file that no address gives by itself."""
    return Archive(name, (), about=about, page=page)


def _resnet(depth, about):
    """Return a ResNet as published for Caffe: convolutions, BatchNorm and Scale layers."""
    page = "https://github.com/KaimingHe/deep-residual-networks (its OneDrive link)"
    return Weights(
        name=f"resnet{depth}",
        title=f"ResNet-{depth} of ILSVRC, as published for Caffe (manual download)",
        folder="ilsvrc-nets",
        archives=(_manual(f"ResNet-{depth}-model.caffemodel", page, about),),
        homepage="https://github.com/KaimingHe/deep-residual-networks",
        licence="MIT",
    )


def _deep_resnet(depth, about):
    """Return what PSPNets start from: PSPNet's authors published none of theirs for Caffe."""
    page = "whoever trained one (layers and names: nets/resnet.py, the deep stem)"
    return Weights(
        name=f"resnet{depth}-deep",
        title=f"ResNet-{depth} of ILSVRC with PSPNet's first layers (manual download)",
        folder="ilsvrc-nets",
        archives=(_manual(f"resnet{depth}-deep.caffemodel", page, about),),
    )


RESNETS = (_resnet(50, 102_000_000), _resnet(101, 179_000_000))
DEEP_RESNETS = (_deep_resnet(50, 103_000_000), _deep_resnet(101, 180_000_000))

_DRIVE = "https://drive.google.com/open?id="
PSPNET = Weights(
    name="published-pspnet-weights",
    title="The PSPNet authors' trained nets (3 files, manual download)",
    folder="published-pspnet-weights",
    archives=(
        _manual("pspnet50_ADE20K.caffemodel", f"{_DRIVE}0BzaU285cX7TCN1R3QnUwQ0hoMTA", 188_000_000),
        _manual(
            "pspnet101_VOC2012.caffemodel", f"{_DRIVE}0BzaU285cX7TCNVhETE5vVUdMYk0", 264_000_000
        ),
        _manual(
            "pspnet101_cityscapes.caffemodel", f"{_DRIVE}0BzaU285cX7TCT1M3TmNfNjlUeEU", 264_000_000
        ),
    ),
    homepage="https://github.com/hszhao/PSPNet",
)
