"""What a run starts from: data, weights, and the surgery that fits them to the net."""

import subprocess
import sys
from pathlib import Path

import experiments
import runfolder
import surgery
from data.files import DataError, write_text
from data.settings import data_dir

CLASSIFIERS = {  # key of experiments.WEIGHTS: kind for surgery.convert, the published file
    "vgg16-fcn": ("vgg16", "VGG_ILSVRC_16_layers.caffemodel"),
    "alexnet-fcn": ("caffenet", "bvlc_reference_caffenet.caffemodel"),
    "googlenet-fcn": ("googlenet", "bvlc_googlenet.caffemodel"),
}


def source_file(source, published=False):
    """The caffemodel behind a row name, a key of experiments.WEIGHTS, or a path; it must exist."""
    if source in experiments.WEIGHTS:
        path = data_dir() / experiments.WEIGHTS[source]
        kind, model = CLASSIFIERS[source]
        hint = f"`python -m data fetch ilsvrc-weights`, `python surgery.py convert {kind} ...`"
    elif published and source in experiments.PUBLISHED:
        path = published_file(source)
        hint = f"`python -m data fetch published-fcn-weights --only {path.stem}`"
    elif Path(source).suffix in (".caffemodel", ".h5"):
        path, hint = Path(source), "the path was given with --init"
    else:
        experiments.find(source)
        return runfolder.weights_of(source)
    if not path.is_file():
        raise DataError(f"{path}: these weights are not there ({hint})")
    return path


def published_file(name):
    return data_dir() / "published-fcn-weights" / f"{experiments.PUBLISHED[name]}.caffemodel"


def load(net, row, init="", log=print):
    """Fill a new training net as its row says and make its upsampling bilinear.

    init: overrides the row: a caffemodel's path, a row's name, `none` (the fillers alone), or
    `published` (the authors' nets in the place of the rows it starts from).
    Returns the names of the layers that no source filled.
    """
    sources = row.init if isinstance(row.init, dict) else {None: row.init}
    if init and init != "published":
        only = "" if list(sources) == [""] else None  # still by transplanting, if the row does
        sources = {only: None if init == "none" else init}
    before = {name: blobs[0].data.flat[:64].copy() for name, blobs in net.params.items()}
    for suffix, source in sources.items():
        if source is None:
            log("starting from the fillers, with no trained weights")
            continue
        weights = source_file(source, published=init == "published")
        log(f"starting from {weights}")
        if suffix is None and not row.inflate:
            net.copy_from(str(weights))
        else:
            transplant(net, row, source, weights, suffix or "", log)
    now = {name: blobs[0].data.flat[:64] for name, blobs in net.params.items()}
    untouched = [name for name in now if (now[name] == before[name]).all()]
    ups = surgery.interp_layers(net)
    surgery.interp(net, ups)
    return [name for name in untouched if name not in ups]


def transplant(net, row, source, weights, suffix, log):
    """Fill from a net of another shape: the source's own, with its weights in it."""
    import caffe

    other = caffe.Net(str(donor(source, row)), str(weights), caffe.TEST)
    report = surgery.transplant(net, other, suffix, log=lambda line: None)
    copies = [line for line in report if line.startswith("copying")]
    log("\n".join([f"copying {len(copies)} blobs", *(k for k in report if k not in copies)]))
    if row.inflate:
        there, here = row.inflate
        log(surgery.inflate(net, here, other, there))


def donor(source, row):
    """A prototxt that the source's weights fit."""
    if source in experiments.WEIGHTS:
        from nets.ilsvrc import prototxt

        path = runfolder.folder(row.name) / "donor.prototxt"
        write_text(path, prototxt(CLASSIFIERS[source][0], convolutional=True))
        return path
    if Path(source).suffix in (".caffemodel", ".h5"):
        raise DataError(
            f"{source}: {row.name} transplants between nets of different shapes, so --init takes "
            "the name of an experiment, whose net is known"
        )
    other = experiments.find(source)
    return runfolder.trained_with(other, experiments.data_of(other))["deploy"]


def ensure(row, init="", log=print):
    """Fetch and convert what the row needs and does not have: data sets, classifier weights."""
    for name in experiments.data_of(row).fetch:
        if not present(name):
            for command in ("fetch", "prepare"):
                data_command(command, name, log=log)
    sources = row.init.values() if isinstance(row.init, dict) else [row.init]
    for source in sources if init in ("", "published") else []:
        if init == "published" and source in experiments.PUBLISHED:
            if not published_file(source).is_file():
                stem = experiments.PUBLISHED[source]
                data_command("fetch", "published-fcn-weights", "--only", stem, log=log)
        elif source in experiments.WEIGHTS:
            ensure_classifier(source, log)


def present(name):
    """True where the data set is fetched and prepared."""
    from data import sets

    made = sets.find(name, data_dir())
    return made.prepared(data_dir())


def ensure_classifier(source, log):
    """Convert the published classifier, fetching it first where it is not there."""
    path = data_dir() / experiments.WEIGHTS[source]
    if path.is_file():
        return
    kind, model = CLASSIFIERS[source]
    if not path.with_name(model).is_file():
        data_command("fetch", "ilsvrc-weights", "--only", model, log=log)
    surgery.convert(kind, path.with_name(model), path, log=log)


def data_command(*words, log=print):
    command = [sys.executable, "-m", "data", *words]
    log("$ " + " ".join(["python", *command[1:]]))
    if subprocess.run(command, cwd=runfolder.ROOT, check=False).returncode:
        raise DataError(f"`python {' '.join(command[1:])}` did not succeed; it says why above")
