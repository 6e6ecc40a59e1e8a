"""From a row of the table to its nets."""

from dataclasses import replace

import pytest

import experiments
from nets import generate


def pspnet_row():
    row = experiments.Experiment(
        "tiny-pspnet", "voc", "pspnet.pspnet", dict(crop=89, depth=50),
        train_options=dict(auxiliary=True, frozen=False), scores="conv6_interp", net_inputs=True,
        normalize=True,
    )  # fmt: skip
    return row, replace(experiments.data_of(row), deploy_size=(89, 89))


def test_training_differs_by_its_options_alone():
    train, val, deploy = (generate.net(*pspnet_row(), phase) for phase in generate.PHASES)
    losses = {
        phase: {k.name: (list(k.bottom), list(k.loss_weight)) for k in net.layer
                if k.type == "SoftmaxWithLoss"}
        for phase, net in (("train", train), ("val", val), ("deploy", deploy))
    }  # fmt: skip
    main = (["conv6_interp", "label"], [])
    second = (["conv6_aux_interp", "label"], [pytest.approx(0.4)])
    assert losses == dict(train={"loss": main, "loss_aux": second}, val={"loss": main}, deploy={})
    frozen = [{k.bn_param.frozen for k in net.layer if k.type == "BN"} for net in (train, val)]
    assert frozen == [{False}, {True}]
    assert list(deploy.input) == ["data"] and [list(s.dim) for s in deploy.input_shape] == [
        [1, 3, 89, 89]
    ]
    assert deploy.layer[0].name == "conv1_1_3x3_s2"


def test_heads_are_named_as_the_row_s_nets_name_them():
    _, data = pspnet_row()
    assert [head.score for head in data.heads] == ["conv6_interp"]
    assert [h.score for h in experiments.data_of(experiments.find("siftflow-fcn8s")).heads] == [
        "score_sem",
        "score_geo",
    ]
