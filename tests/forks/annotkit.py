"""Databases of annotated pictures and nets that read them."""

import lmdb
import numpy as np
from sourcekit import make_net, png

import caffe
from caffe.proto import caffe_pb2


def annotated(pixels, boxes, encoded=True, typed=True, label=0):
    """An AnnotatedDatum: boxes are (label, instance, box, difficult)."""
    datum = caffe_pb2.AnnotatedDatum()
    if typed:
        datum.type = caffe_pb2.AnnotatedDatum.BBOX
    height, width, channels = pixels.shape
    datum.datum.height, datum.datum.width, datum.datum.channels = height, width, channels
    datum.datum.label = label
    datum.datum.encoded = encoded
    bgr = np.ascontiguousarray(pixels[:, :, ::-1])
    datum.datum.data = png(bgr) if encoded else pixels.transpose(2, 0, 1).tobytes()
    for group, instance, box, difficult in boxes:
        one = datum.annotation_group.add(group_label=group).annotation.add(instance_id=instance)
        one.bbox.xmin, one.bbox.ymin, one.bbox.xmax, one.bbox.ymax = box
        one.bbox.difficult = difficult
    return datum


def database(folder, *datums):
    path = str(folder / "db")
    with lmdb.open(path, map_size=1 << 24) as env, env.begin(write=True) as out:
        for i, datum in enumerate(datums):
            out.put(b"%08d" % i, datum.SerializeToString())
    return path


def net(folder, path, transform="", own="", batch=1, phase=caffe.TRAIN, tops='top: "label"'):
    return make_net(
        folder,
        f'type: "AnnotatedData" top: "data" {tops} transform_param {{ {transform} }} data_param '
        f'{{ source: "{path}" batch_size: {batch} backend: LMDB }} '
        f"annotated_data_param {{ {own} }}",
        phase,
    )


BOXES = [(3, 0, (0.1, 0.2, 0.5, 0.6), False), (1, 2, (0.5, 0.5, 1.0, 1.0), True)]
