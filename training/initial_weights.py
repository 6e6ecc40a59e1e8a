"""What a run starts from: data, weights, and the surgery that fits them to the net."""

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import caffe
import experiments
from data import sets
from data.errors import DataError
from data.settings import data_dir
from experiments import FETCHED, PUBLISHED, WEIGHTS, Experiment, Init
from nets import surgery
from nets.convert import convert
from nets.ilsvrc import prototxt
from nets.load import net_of_text
from training import run_dir


def source_file(source: str, published: bool = False) -> Path:
    """Return the caffemodel that a row may start from.

    Parameters
    ----------
    source
        A row, a key of WEIGHTS or FETCHED, or a path.
    published
        Whether a row's is the authors'.

    Raises
    ------
    DataError
        It is not there; the message has the command that gets it.
    """
    if source in WEIGHTS:
        path = data_dir() / WEIGHTS[source].converted
        kind = WEIGHTS[source].kind
        hint = f"`python -m data fetch ilsvrc-weights`, `python surgery.py convert {kind} ...`"
    elif source in FETCHED:
        name, file = FETCHED[source]
        path, hint = data_dir() / file, f"`python -m data fetch {name}`"
    elif published and source in PUBLISHED:
        path = published_file(source)
        hint = f"`python -m data fetch {PUBLISHED[source][0]} --only {path.stem}`"
    elif is_file_name(source):
        path, hint = Path(source), "the path was given with --init"
    else:
        experiments.find(source)
        return run_dir.best_weights(source)
    if not path.is_file():
        raise DataError(f"{path}: no such caffemodel ({hint})")
    return path


def is_file_name(source: str) -> bool:
    """Return whether --init names a file."""
    return Path(source).suffix in (".caffemodel", ".h5")


def published_file(name: str) -> Path:
    """Return where the authors' weights of a row are."""
    folder, stem = PUBLISHED[name]
    return data_dir() / folder / f"{stem}.caffemodel"


def sources_of(row: Experiment, init: str) -> tuple[Init, ...]:
    """Return the weights that `row` starts from with --init `init` ("": the flag is not given)."""
    if init == "none":
        return ()
    if not init or init == "published":
        return row.init
    # Still by transplanting, if the row transplants one net.
    whole = row.init[0] if len(row.init) == 1 and row.init[0].suffix == "" else Init("")
    return (replace(whole, source=init),)


def load(net: caffe.Net, row: Experiment, init: str = "") -> list[str]:
    """Fill a new training net as its row says and make its upsampling bilinear.

    Parameters
    ----------
    init
        Overrides the row: a caffemodel's path, a row's name, `none` (the fillers alone), or
        `published` (the authors' nets in the place of the rows it starts from).

    Returns
    -------
    list of str
        The layers that no source filled.
    """
    before = {name: blobs[0].data.flat[:64].copy() for name, blobs in net.params.items()}
    sources = sources_of(row, init)
    if not sources:
        print("starting from the fillers, with no trained weights")
    for each in sources:
        weights = source_file(each.source, published=init == "published")
        print(f"starting from {weights}")
        if each.suffix is None and not (each.thin or row.inflate):
            net.copy_from(str(weights))
            continue
        other = net_of_text(donor(each.source, row), weights)
        if each.thin:
            thin(net, other, each)
        else:
            transplant(net, other, each, row.inflate)
    now = {name: blobs[0].data.flat[:64] for name, blobs in net.params.items()}
    untouched = [name for name in now if (now[name] == before[name]).all()]
    upsampling = surgery.interp_layers(net)
    surgery.interp(net, upsampling)
    return [name for name in untouched if name not in upsampling]


def transplant(net: caffe.Net, other: caffe.Net, init: Init, inflate: tuple[str, ...]) -> None:
    """Fill from a net of another shape: the source's own, with its weights in it."""
    report = surgery.transplant(net, other, init.suffix or "", log=lambda line: None)
    copies = [line for line in report if line.startswith("copying")]
    print("\n".join([f"copying {len(copies)} blobs", *(k for k in report if k not in copies)]))
    if inflate:
        there, here = inflate
        print(surgery.inflate(net, here, other, there))


def thin(net: caffe.Net, other: caffe.Net, init: Init) -> None:
    """Fill from a larger net: its convolutions of `init.thin` thinned, what else fits copied."""
    for there, here in init.thin:
        print(surgery.thin(net, here, other, there))
    done = {here for _, here in init.thin}
    for name, blobs in net.params.items():
        if name in done or name not in other.params:
            continue
        for new, old in zip(blobs, other.params[name], strict=True):
            if new.data.shape == old.data.shape:
                new.data[...] = old.data


def donor(source: str, row: Experiment) -> str:
    """Return a prototxt that the source's weights fit."""
    if source in WEIGHTS:
        return prototxt(WEIGHTS[source].kind, convolutional=True)
    if is_file_name(source):
        raise DataError(
            f"{source}: {row.name} transplants between nets of different shapes, so --init takes "
            "the name of an experiment, whose net is known"
        )
    other = experiments.find(source)
    return run_dir.net_text(other, experiments.data_of(other), "deploy")


def fetch_prerequisites(row: Experiment, init: str = "") -> None:
    """Fetch and convert what the row needs and does not have: data sets, classifier weights."""
    for name in experiments.data_of(row).fetch:
        if not is_prepared(name):
            for command in ("fetch", "prepare"):
                data_command(command, name)
    for source in row.sources if init in ("", "published") else []:
        if init == "published" and source in PUBLISHED:
            if not published_file(source).is_file():
                name, stem = PUBLISHED[source]
                data_command("fetch", name, "--only", stem)
        elif source in FETCHED:
            name, file = FETCHED[source]
            if not (data_dir() / file).is_file():
                data_command("fetch", name)
        elif source in WEIGHTS:
            convert_classifier(source)


def is_prepared(name: str) -> bool:
    """Return whether a data set is fetched and prepared."""
    return sets.find(name, data_dir()).prepared(data_dir())


def convert_classifier(source: str) -> None:
    """Convert the published classifier, fetching it first where it is missing."""
    classifier = WEIGHTS[source]
    path = data_dir() / classifier.converted
    if path.is_file():
        return
    published = path.with_name(classifier.published)
    if not published.is_file():
        data_command("fetch", "ilsvrc-weights", "--only", classifier.published)
    convert(classifier.kind, published, path)


def data_command(*words: str) -> None:
    """Run `python -m data WORDS`; DataError where it fails, having printed why."""
    command = [sys.executable, "-m", "data", *words]
    print("$ " + " ".join(["python", *command[1:]]), flush=True)  # before what the command says
    if subprocess.run(command, cwd=run_dir.ROOT, check=False).returncode:
        raise DataError(f"`python {' '.join(command[1:])}` failed; the reason is above")
