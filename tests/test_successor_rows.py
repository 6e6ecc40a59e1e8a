"""Every row of FCN's successors, thin and on small crops: a step of training, and scores."""

from dataclasses import replace

import numpy as np
import pytest
import tiny

import experiments
from data.errors import ProjectError
from nets import generate
from nets.sizes import map_sides
from training.evaluation import score_windows
from training.run import Run
from training.run_dir import Log
from training.scoring import load_net
from training.segment import Segmenter

SYSTEMS = ("pspnet.pspnet", "deeplabv3.deeplabv3", "small_successors.")
ROWS = [row for row in experiments.EXPERIMENTS.values() if row.net.startswith(SYSTEMS)]
SIDES = {"pspnet.pspnet": 41, "deeplabv3.deeplabv3": 33}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("rows")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("FCN_DATA", str(folder / "data"))
        patch.setenv("FCN_RUNS", str(folder / "runs"))
        tiny.everything(folder / "data")
        yield folder


def thin(row):
    """The row on the smallest crops that it takes, with few channels."""
    side = SIDES.get(row.net, 48)
    crop = side if row.net in SIDES else (side, side)
    few = dict(widths=(4,) * 5, depths=(1,) * 5, dense=8)
    narrow = dict(width=2, depth=50) if row.net in SIDES else few
    train = {**row.train_options}
    if "crop" in train:
        train["crop"] = crop
    return replace(
        row,
        name=f"thin-{row.name}",
        options={**row.options, **narrow, "crop": crop},
        train_options=train,
        train_data={**row.train_data, "batch": 2, "crop": (side, side)},
        val_data={**row.val_data, "crop": (side, side)},
        init=(),
        base=40 if row.base else 0,
    )


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_step_and_its_scores(row, data, monkeypatch):
    row = thin(row)
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    run = Run(row, steps=1)
    run.begin()
    for name, layer in run.solver.net.layer_dict.items():
        if layer.type == "BatchNorm":  # frozen statistics come with trained weights
            for blob in run.solver.net.params[name][1:]:
                blob.data[...] = 1
    before = {k: blobs[0].data.copy() for k, blobs in run.solver.net.params.items()}
    assert run.train()
    net = run.solver.net
    still = [k for k, v in before.items() if np.array_equal(v, net.params[k][0].data)]
    assert [k for k in still if net.layer_dict[k].type == "Convolution"] == []
    (entry,) = [e for e in Log(row.name).read() if e["kind"] == "train"]
    assert 0 < entry["loss"] < 100
    segmenter = Segmenter(row.name)
    confusion = score_windows(segmenter)[row.scores].hist
    assert 0 < confusion.sum() <= 2 * 32 * 32
    pixels = np.random.RandomState(0).randint(0, 256, (50, 37, 3)).astype(np.uint8)
    found = segmenter.segment(pixels)[row.scores]
    assert found.shape == (50, 37) and found.max() < len(confusion)


def test_windows_of_other_sizes_are_drawn_or_refused(data, monkeypatch):
    row = thin(experiments.find("voc-pspnet101"))
    monkeypatch.setitem(experiments.EXPERIMENTS, row.name, row)
    if not (data / "runs" / row.name / "last.caffemodel").is_file():
        run = Run(row, steps=1)
        run.begin()
        run.train()
    net, _ = load_net(row.name, "deploy", None, (41, 89))
    assert net.blobs["data"].data.shape[2:] == (41, 89) == net.forward()["conv6_interp"].shape[2:]
    with pytest.raises(ProjectError, match="64 pixels: expected 48 k - 7 .*such as 41 or 89"):
        load_net(row.name, "deploy", None, (64, 64))


def test_what_the_rows_train_on():
    def layer(name, phase):
        row = experiments.find(name)
        return generate.net(row, experiments.data_of(row), phase).layer[0].python_param.param_str

    train = layer("voc-pspnet101", "train")
    for part in ("'batch': 16", "'crop': (473, 473)", "'scale': (0.5, 2.0)", "'mirror': True",
                 "'rotate': (-10, 10)", "'blur': (0.0, 1.1)", "'split': 'trainaug'"):  # fmt: skip
        assert part in train
    assert "rotate" not in layer("cityscapes-pspnet101", "train")
    assert "'crop': (713, 713)" in layer("cityscapes-pspnet101", "train")
    assert "'crop': (769, 769)" in layer("cityscapes-deeplabv3-resnet101", "train")
    assert "'crop': (1025, 2049)" in layer("cityscapes-deeplabv3-resnet101", "val")
    second = layer("voc-deeplabv3-resnet101-trainval", "train")
    assert "'split': 'trainval_hard'" in second and "'labels': 'SegmentationClass'" in second
    assert "scale" not in layer("voc-pspnet101", "val")


def test_deeplabv3_learns_its_normalisation_in_the_first_phase_alone():
    nets = {}
    for name in ("voc-deeplabv3-resnet50", "voc-deeplabv3-resnet50-trainval"):
        row = experiments.find(name)
        nets[name] = generate.net(row, experiments.data_of(row), "train")
    first, second = nets.values()
    frozen = [[k.batch_norm_param.use_global_stats for k in net.layer if k.type == "BatchNorm"]
              for net in (first, second)]  # fmt: skip
    assert not any(frozen[0]) and all(frozen[1])
    assert [k.interp_param.zoom_factor for k in (first.layer[-2], second.layer[-2])] == [16, 8]


@pytest.mark.parametrize(
    "arguments, near", [((50, 8), "48 or 56"), ((48, 16, 6), "96 or 192"), ((5, 8), "8 or 16")]
)
def test_small_nets_name_the_sizes_that_fit(arguments, near):
    with pytest.raises(ProjectError, match=f"expected a multiple of .*, such as {near}"):
        map_sides(*arguments, aligned=False)
    assert map_sides((96, 192), 16, 6, aligned=False) == (6, 12)
