"""Pictures of the validation split with their truth and with each net's prediction."""

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from nets.load import forward, net_of_text
from report.run_data import Run
from training import run_dir
from training.comparison import even, visible
from training.scoring import argmax_labels, load_net


@dataclass
class Sample:
    """H x W x 3 uint8 RGB picture, H x W uint8 truth (255 void), {run name: H x W uint8}."""

    name: str
    picture: np.ndarray
    truth: np.ndarray
    found: dict[str, np.ndarray] = field(default_factory=dict)


def take(runs: Sequence[Run], count: int) -> list[Sample]:
    """Return `count` Samples at even distances through the split (fewer if it is smaller)."""
    samples: dict[int, Sample] = {}
    for run in runs:
        data = run.data
        reader = net_of_text(run_dir.net_text(run.row, data, "val")).layers[0]
        net, _ = load_net(run.name, "deploy")
        for index in even(len(reader.items), count):
            item = reader.items[index]
            arrays = reader.sample(item, 0)
            if index not in samples:
                truth = arrays[len(data.inputs)][0].astype(np.uint8)
                picture = visible(data.inputs[0], arrays[0])
                samples[index] = Sample(reader.name_of(item), picture, truth)
            tops = [each.top for each in data.inputs]
            forward(net, dict(zip(tops, arrays, strict=False)))
            scores = net.blobs[data.heads[0].score].data[0]
            samples[index].found[run.name] = argmax_labels(scores)
    return list(samples.values())
