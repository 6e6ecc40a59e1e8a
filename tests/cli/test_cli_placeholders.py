"""What stands in for data layers whose data are absent, in `caffe check`."""

import pytest
from check_kit import SEGMENTER
from google.protobuf import text_format

from caffe.proto import caffe_pb2
from caffe_cli import placeholders
from caffe_cli.common import read_net


def test_labels_take_the_shape_that_their_readers_ask_for(tmp_path):
    import caffe

    (tmp_path / "net.prototxt").write_text(SEGMENTER)
    net = read_net(str(tmp_path / "net.prototxt"))
    assert placeholders.replace_sources(net, caffe.TRAIN)
    placeholders.build_replaced(net, caffe.TRAIN)
    (data,) = (layer for layer in net.layer if layer.name == "data")
    assert [list(shape.dim) for shape in data.input_param.shape] == [
        [2, 3, 20, 20],
        [2, 1, 18, 18],
    ]


def test_what_other_layers_than_losses_read_besides(tmp_path):
    """Weights of boxes, which BoxAnnotatorOHEM reads too; MatWrite's list is absent."""
    import caffe

    text = """
layer { name: "d" type: "Data" top: "x" top: "boxes" top: "weights" top: "labels"
  transform_param { crop_size: 2 } }
layer { name: "p" type: "InnerProduct" bottom: "x" top: "p" inner_product_param { num_output: 8 } }
layer { name: "q" type: "Reshape" bottom: "p" top: "q"
  reshape_param { shape { dim: 0 dim: 8 dim: 1 dim: 1 } } }
layer { name: "l" type: "SmoothL1LossOHEM" bottom: "q" bottom: "boxes" bottom: "weights"
  top: "l" top: "each" loss_weight: 0 loss_weight: 0 }
layer { name: "r" type: "DummyData" top: "rois"
  dummy_data_param { shape { dim: 1 dim: 5 } } }
layer { name: "h" type: "BoxAnnotatorOHEM" bottom: "rois" bottom: "each" bottom: "labels"
  bottom: "weights" top: "a" top: "b" box_annotator_ohem_param { roi_per_img: 1 } }
layer { name: "c" type: "Reduction" bottom: "boxes" top: "c" }
layer { name: "m" type: "MatWrite" bottom: "q" mat_write_param { prefix: "x" source: "absent" } }
"""
    net = text_format.Parse(text, caffe_pb2.NetParameter())
    assert placeholders.build(net, caffe.TRAIN)


@pytest.mark.parametrize(
    ("points", "shape"), [("slice_point: 3", [2, 8]), ("slice_point: 1", [2, 6]), ("", [2, 10])]
)
def test_a_label_is_as_wide_as_its_slices(points, shape):
    import caffe

    text = (
        'layer { name: "d" type: "Data" top: "x" top: "label" data_param { batch_size: 2 }'
        " transform_param { crop_size: 2 } }"
        'layer { name: "s" type: "Slice" bottom: "label" top: "a" top: "b" '
        f"slice_param {{ axis: 1 {points} }} }}"
    )
    widths = (int(points[-1]) if points else 5, 5)
    for name, width in zip("ab", widths, strict=True):
        text += (
            f'layer {{ name: "p{name}" type: "InnerProduct" bottom: "x" top: "p{name}" '
            f"inner_product_param {{ num_output: {width} }} }}"
            f'layer {{ name: "l{name}" type: "EuclideanLoss" bottom: "p{name}" bottom: "{name}" '
            f'top: "l{name}" }}'
        )
    net = text_format.Parse(text, caffe_pb2.NetParameter())
    assert placeholders.replace_sources(net, caffe.TRAIN)
    placeholders.build_replaced(net, caffe.TRAIN)
    assert list(net.layer[0].input_param.shape[1].dim) == shape


def shapes_of_sources(text, size=placeholders.SIZES[0]):
    """What replaces the data layers of a net with these layers, by top."""
    import caffe

    net = text_format.Parse(text, caffe_pb2.NetParameter())
    placeholders.replace_sources(net, caffe.TRAIN, size)
    return {
        top: tuple(shape.dim)
        for layer in net.layer
        for top, shape in zip(layer.top, layer.input_param.shape, strict=False)
    }


def test_shapes_of_replaced_sources():
    clip = (
        "layer { name: 'd' type: 'VideoData' top: 'd' top: 'label' video_data_param "
        "{ batch_size: 2 new_length: 8 new_height: 20 new_width: 30 } }"
        "layer { name: 'l' type: 'SoftmaxWithLoss' bottom: 'd' bottom: 'label' }"
    )
    assert shapes_of_sources(clip) == {"d": (2, 3, 8, 20, 30), "label": (2,)}
    ssd = (
        "layer { name: 'd' type: 'AnnotatedData' top: 'd' top: 'label' data_param { batch_size: 4 }"
        " transform_param { resize_param { height: 300 width: 200 } } }"
        "layer { name: 'l' type: '%s' bottom: 'a' bottom: '%s' bottom: 'c' bottom: 'label' }"
    )
    wanted = {"d": (4, 3, 300, 200), "label": (1, 1, 8, 8)}
    assert shapes_of_sources(ssd % ("MultiBoxLoss", "b")) == wanted
    wanted["label"] = (4, 1, 300, 5)
    assert shapes_of_sources(ssd % ("Yolov3", "label")) == wanted
    segments = clip.replace("new_length: 8", "new_length: 5 num_segments: 3 modality: %s")
    assert shapes_of_sources(segments % "FLOW") == {"d": (2, 3 * 5 * 2, 20, 30), "label": (2,)}
    assert shapes_of_sources(segments % "RGB")["d"] == (2, 3 * 5 * 3, 20, 30)
    volume = (
        "layer { name: 'd' type: 'HDF5Data' top: 'd' hdf5_data_param { batch_size: 3 } "
        "transform_param { crop_size_l: 4 crop_size_h: 5 crop_size_w: 6 } }"
    )
    assert shapes_of_sources(volume) == {"d": (3, 1, 4, 5, 6)}
    film = "layer { name: 'd' type: 'VideoData' top: 'd' video_data_param { video_type: VIDEO } }"
    assert shapes_of_sources(film) == {"d": (1, 3, 224, 224)}
    plain = "layer { name: 'd' type: 'Data' top: 'd' include { stage: 'x' } }"
    assert shapes_of_sources(plain) == {}
    plain = "layer { name: 'd' type: 'Data' top: 'd' exclude { phase: TEST } }"
    assert shapes_of_sources(plain, (28, 28, 1)) == {"d": (1, 1, 28, 28)}


def test_other_sizes_are_tried(tmp_path):
    import caffe

    data = "layer { name: 'd' type: 'Data' top: 'd' } "
    fixed = (
        "layer { name: 'r' type: 'Reshape' bottom: 'd' top: 'r' reshape_param { shape { %s } } }"
    )
    net = text_format.Parse(data + fixed % "dim: 0 dim: 784", caffe_pb2.NetParameter())
    assert placeholders.build(net, caffe.TRAIN) and net.layer[0].type == "Data"
    net = text_format.Parse(data + fixed % "dim: 0 dim: 7", caffe_pb2.NetParameter())
    with pytest.raises(caffe.LayerError, match="224, 224"):
        placeholders.build(net, caffe.TRAIN)
    net = text_format.Parse(data.replace("Data", "Input"), caffe_pb2.NetParameter())
    assert not placeholders.build(net, caffe.TRAIN)
