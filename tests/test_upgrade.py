"""Old nets and solvers in their old words, and what they must become.

The expected forms follow Caffe's rules (util/upgrade_proto.cpp), written out by hand.
"""

import logging

import pytest
from upgradekit import V0_NET, V2_NET, net, same

from caffe._caffe.errors import FormatError
from caffe._caffe.formats.prototxt import parse_net
from caffe._caffe.formats.upgrade import upgrade_net, v1_type_name
from caffe._caffe.formats.upgrade_v0 import V0_TYPES
from caffe.proto import caffe_pb2 as pb


def test_v0_net():
    same(V0_NET, V2_NET)


def test_v0_steps_are_named():
    old = net(V0_NET)
    assert upgrade_net(old) == ["V0LayerParameter", "V1LayerParameter", "input fields"]


@pytest.mark.parametrize(
    "kind, type_name, param",
    [
        ("data", "Data", "data_param"),
        ("images", "ImageData", "image_data_param"),
        ("window_data", "WindowData", "window_data_param"),
    ],
)
def test_v0_data_layers(kind, type_name, param):
    same(
        f"""layers {{ top: "data" top: "label" layer {{
          name: "in" type: "{kind}" source: "list" batchsize: 5
          scale: 0.25 meanfile: "mean" cropsize: 17 mirror: true }} }}""",
        f"""layer {{ name: "in" type: "{type_name}" top: "data" top: "label"
          transform_param {{ scale: 0.25 mean_file: "mean" crop_size: 17 mirror: true }}
          {param} {{ source: "list" batch_size: 5 }} }}""",
    )


def test_v0_image_and_window_settings():
    same(
        """layers { top: "a" layer { name: "i" type: "images" source: "l" batchsize: 1 rand_skip: 3
             shuffle_images: true new_height: 8 new_width: 9 } }
           layers { top: "b" layer { name: "w" type: "window_data" source: "l" batchsize: 2
             det_fg_threshold: 0.6 det_bg_threshold: 0.4 det_fg_fraction: 0.3 det_context_pad: 16
             det_crop_mode: "square" } }
           layers { top: "c" layer { name: "h" type: "hdf5_data" source: "h" batchsize: 3 } }
           layers { bottom: "c" layer { name: "o" type: "hdf5_output"
             hdf5_output_param { file_name: "out" } } }
           layers { bottom: "a" bottom: "b" top: "l" layer { name: "g" type: "infogain_loss"
             source: "H" } }""",
        """layer { name: "i" type: "ImageData" top: "a" image_data_param { source: "l" batch_size: 1
             rand_skip: 3 shuffle: true new_height: 8 new_width: 9 } }
           layer { name: "w" type: "WindowData" top: "b" window_data_param { source: "l"
             batch_size: 2 fg_threshold: 0.6 bg_threshold: 0.4 fg_fraction: 0.3 context_pad: 16
             crop_mode: "square" } }
           layer { name: "h" type: "HDF5Data" top: "c" hdf5_data_param { source: "h"
             batch_size: 3 } }
           layer { name: "o" type: "HDF5Output" bottom: "c" hdf5_output_param {
             file_name: "out" } }
           layer { name: "g" type: "InfogainLoss" bottom: "a" bottom: "b" top: "l"
             infogain_loss_param { source: "H" } }""",
    )


def test_every_v0_type_reaches_a_layer_type():
    for old in V0_TYPES:
        text = f'layers {{ top: "t" layer {{ name: "x" type: "{old}" }} }}'
        number = pb.V1LayerParameter.LayerType.Value(V0_TYPES[old])
        assert parse_net(text).layer[0].type == v1_type_name(number)


def test_v0_blobs_come_along():
    upgraded = parse_net(
        """layers { bottom: "d" top: "c" layer { name: "c" type: "conv" num_output: 1
             blobs { num: 1 channels: 1 height: 1 width: 2 data: 0.5 data: -2 } } }
           input: "d" """
    )
    assert list(upgraded.layer[0].blobs[0].data) == [0.5, -2]


def test_v0_setting_of_another_type_is_dropped_with_a_word(caplog, monkeypatch):
    monkeypatch.setattr(logging.getLogger("caffe"), "propagate", True)
    upgraded = parse_net('layers { top: "p" layer { name: "p" type: "pool" group: 2 } }', "old.net")
    assert upgraded == net('layer { name: "p" type: "Pooling" top: "p" }')
    assert "old.net: layer 'p' (pool) cannot have 'group'" in caplog.text


@pytest.mark.parametrize(
    "text, complaint",
    [
        ('layers { layer { name: "c" type: "konv" } }', "type 'konv'; did you mean 'conv'?"),
        (
            'layers { layer { name: "a" type: "relu" } } layers { name: "b" type: RELU }',
            "layer b is not in the V0 form",
        ),
        (
            'layers { layer { name: "c" type: "conv" } bottom: "dat" } input: "data"',
            "reads 'dat', which no layer before it makes; did you mean 'data'?",
        ),
        (
            """input: "d" layers { layer { name: "p" type: "padding" pad: 1 } bottom: "d" top: "p" }
               layers { layer { name: "r" type: "relu" } bottom: "p" top: "r" }""",
            "padding layer 'p' read by 'r', a relu; only conv and pool can be padded",
        ),
        (
            """input: "d" layers { layer { name: "p" type: "padding" pad: 1 } bottom: "d" top: "p" }
               layers { layer { name: "c" type: "conv" } bottom: "p" bottom: "d" top: "c" }""",
            "has 2 bottoms; expected 1",
        ),
        (
            """input: "d"
               layers { layer { name: "p" type: "padding" } bottom: "d" top: "p" top: "q" }
               layers { layer { name: "c" type: "conv" } bottom: "p" top: "c" }""",
            "has 1 bottoms and 2 tops; expected 1 and 1",
        ),
    ],
)
def test_v0_refused(text, complaint):
    with pytest.raises(FormatError) as error:
        parse_net(text, "file")
    assert str(error.value).startswith("file: ") and complaint in str(error.value)
