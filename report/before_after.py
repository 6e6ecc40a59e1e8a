"""What a dense CRF changes, before and after: `python -m report NAME --crf [PRESET]`."""

from pathlib import Path

import experiments
from data.errors import DataError
from data.palette import palette
from data.text import percent
from report import figure, run_data
from report.samples import Sample
from training import crf, run_dir
from training.comparison import System, measure

FILE = "crf.png"


def write(name: str, preset: str = "", count: int = 5) -> Path:
    """Score a trained experiment without and with a CRF, and draw both; return the figure's path.

    `preset` names the CRF's settings, "" those searched for this run (else the first preset's);
    `count` pictures are shown, the scores are of all.
    """
    data = experiments.data_of(experiments.find(name))
    if not data.segments:
        raise DataError(f"{name} does not segment: a CRF refines labels of pixels")
    run = run_data.read(name)
    systems = System(name, run.label), System(name, "with CRF", crf.named(preset, name))
    before, after = (measure(system, count) for system in systems)
    for result in (before, after):
        means = (percent(result.scores[key] or 0) for key in ("mean_iu", "boundary_iu"))
        print("{}: mean IU {}, boundary IU {}".format(result.system.title, *means))
    columns = {system.title: system.title for system in systems}
    samples = [
        Sample(a.name, a.picture, a.truth, dict(zip(columns, (a.found, b.found), strict=True)))
        for a, b in zip(before.examples, after.examples, strict=True)
    ]
    path = run_dir.folder(name) / FILE
    figure.draw(path, samples, columns, run_data.classes(data), palette(data.palette))
    return path
