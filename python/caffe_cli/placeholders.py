"""Data layers replaced by Input layers, to build a net whose data sources are absent.

Shapes come from what the layer says (batch size, crop, new size); labels take the shape that the
loss or score which reads them asks for, found by building the net without its readers first.
"""

import os
import tempfile

SIZE = 224  # of pictures whose layer gives no size
SOURCELESS = {"Input", "DummyData", "Parameter"}
# Tops of detection data layers, by the names that they have everywhere: (rows, columns).
NAMED = {
    "im_info": (1, 3), "gt_boxes": (1, 5), "rois": (1, 5), "labels": (1,), "label_ind": (1,),
    "data_dim": (1, 1, 1, 2),
}  # fmt: skip
# Readers whose second bottom holds one number per position of the first, not one per value.
CLASS_LABELS = (
    "SoftmaxWithLoss", "Accuracy", "InfogainLoss", "HingeLoss", "MultinomialLogisticLoss",
    "SegAccuracy", "SoftmaxWithLossExpectation", "SoftmaxWithLossOHEM",
)  # fmt: skip


def replace_sources(net, phase: int) -> bool:
    """Replace each layer of `phase` that has no bottoms and reads data by an Input layer.

    Parameters
    ----------
    net : NetParameter
        In the current schema; changed in place. Only the layers of `phase` stay.
    phase : int
        caffe.TRAIN or caffe.TEST.

    Returns
    -------
    bool
        Whether there was one.
    """
    stay = [layer for layer in net.layer if _in_phase(layer, phase)]
    del net.layer[:]
    net.layer.extend(stay)
    sources = [layer for layer in net.layer if not layer.bottom and layer.type not in SOURCELESS]
    for layer in sources:
        shapes = [_shape(layer, index) for index in range(len(layer.top))]
        name, tops = layer.name, list(layer.top)
        layer.Clear()
        layer.name, layer.type = name, "Input"
        layer.top.extend(tops)
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
    return bool(sources)


def build(net, phase: int) -> None:
    """Build the net; labels first take the shapes that their readers ask for.

    Raises whatever caffe raises where it cannot be built.
    """
    labels = _labels(net)
    if labels:
        _shape_labels(net, labels, _shapes_without(net, set(labels), phase))
    _make(net, phase)


def _make(net, phase):
    import caffe

    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.prototxt")
        with open(path, "w", encoding="utf-8") as file:
            file.write(str(net))
        return caffe.Net(path, phase)


def _in_phase(layer, phase):
    if layer.include:
        return any(not rule.HasField("phase") or rule.phase == phase for rule in layer.include)
    return not any(rule.HasField("phase") and rule.phase == phase for rule in layer.exclude)


def _shape(layer, index):
    """A shape for top `index` of a data layer."""
    given = dict(_numbers(layer))
    batch = max(given.get("batch_size", given.get("batch", 1)), 1)
    name = layer.top[index]
    if name in NAMED:
        return NAMED[name]
    if index:
        return (batch,)
    height = given.get("crop_height") or given.get("new_height") or given.get("height")
    width = given.get("crop_width") or given.get("new_width") or given.get("width")
    size = given.get("crop_size")
    channels = given.get("channels") or (3 if given.get("is_color", 1) else 1)
    return (batch, channels, size or height or SIZE, size or width or SIZE)


def _numbers(message):
    """Names and values of the whole numbers in a message and the messages within."""
    for field, value in message.ListFields():
        if field.message_type and not hasattr(value, "extend"):
            yield from _numbers(value)
        elif isinstance(value, int):
            yield field.name, int(value)


def _labels(net):
    """The second and further tops of Input layers, with the layers that read each directly."""
    labels = {
        top: []
        for layer in net.layer
        if layer.type == "Input"
        for top in list(layer.top)[1:]
        if top not in NAMED
    }
    for layer in net.layer:
        for place, bottom in enumerate(layer.bottom):
            if bottom in labels and place:
                labels[bottom].append(layer)
    return labels


def _shapes_without(net, labels, phase):
    """Shapes of the blobs that can be computed without `labels`."""
    part = type(net)()
    part.CopyFrom(net)
    lacking, stay = set(labels), []
    for layer in part.layer:
        if layer.type == "Input" or not lacking & set(layer.bottom):
            lacking -= set(layer.top) - labels
            stay.append(layer)
        else:
            lacking |= set(layer.top)
    layers = list(stay)
    del part.layer[:]
    part.layer.extend(layers)
    return {name: tuple(blob.shape) for name, blob in _make(part, phase).blobs.items()}


def _shape_labels(net, labels, shapes):
    for layer in net.layer:
        for top, shape in zip(layer.top, layer.input_param.shape, strict=False):
            readers = [r for r in labels.get(top, ()) if r.bottom[0] in shapes]
            if layer.type != "Input" or not readers:
                continue
            scores = list(shapes[readers[0].bottom[0]])
            if readers[0].type in CLASS_LABELS and len(scores) > 1:
                scores[1] = 1
            shape.dim[:] = scores
