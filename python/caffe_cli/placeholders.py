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
    labels = {
        bottom
        for layer in net.layer
        for place, bottom in enumerate(layer.bottom)
        if _reads_labels(layer, place) or "label" in bottom
    }
    for layer in sources:
        shapes = [_shape(layer, i, top in labels) for i, top in enumerate(layer.top)]
        name, tops = layer.name, list(layer.top)
        layer.Clear()
        layer.name, layer.type = name, "Input"
        layer.top.extend(tops)
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
    return bool(sources)


def build(net, phase: int) -> None:
    """Build the net; where that fails, once more with labels as their readers ask for them.

    Raises whatever caffe raises where it cannot be built.
    """
    try:
        _make(net, phase)
    except Exception:
        labels = _labels(net)
        shapes = _shapes_without(net, set(labels), phase) if labels else {}
        if not _shape_labels(net, labels, shapes):
            raise
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


def _shape(layer, index, is_label):
    """A shape for top `index` of a data layer."""
    given: dict = dict(_numbers(layer))
    batch = max(given.get("batch_size", given.get("batch", 1)), 1)
    name = layer.top[index]
    if name in NAMED:
        return NAMED[name]
    if index and is_label:
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
    """The tops of Input layers that losses and scores alone read, with these readers."""
    labels = {top: [] for layer in net.layer if layer.type == "Input" for top in layer.top}
    for layer in net.layer:
        for place, bottom in enumerate(layer.bottom):
            if bottom in labels and _reads_labels(layer, place):
                labels[bottom].append(layer)
            else:
                labels.pop(bottom, None)
    return {top: readers for top, readers in labels.items() if readers and top not in NAMED}


def _reads_labels(layer, place):
    return place > 0 and (layer.type in CLASS_LABELS or layer.type.endswith("Loss"))


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
    """Give labels the shapes of what they are compared with; returns whether that changed any."""
    changed = False
    for layer in net.layer:
        for top, shape in zip(layer.top, layer.input_param.shape, strict=False):
            readers = [r for r in labels.get(top, ()) if r.bottom[0] in shapes]
            if layer.type != "Input" or not readers:
                continue
            wanted = list(shapes[readers[0].bottom[0]])
            if readers[0].type in CLASS_LABELS and len(wanted) > 1:
                wanted[1] = 1
            changed |= wanted != list(shape.dim)
            shape.dim[:] = wanted
    return changed
