"""Data layers replaced by Input layers, to build a net whose data sources are absent.

Shapes come from what the layer says (batch size, crop, new size); labels take the shape that the
loss or score which reads them asks for, found by building the net without its readers first.
Where a layer gives no size, those of `SIZES` are tried.
"""

import copy

from .common import as_file

# Height, width and channels of pictures whose layer does not tell: ImageNet's, MNIST's, pairs of
# MNIST's, CIFAR's, SSD's, CamVid's, DeepLab's. Larger ones come last: a fully connected layer
# behind a picture has as many weights for each output.
SIZES = (
    (224, 224, 3), (28, 28, 1), (28, 28, 2), (32, 32, 3), (300, 300, 3), (360, 480, 3),
    (512, 512, 3), (513, 513, 3),
)  # fmt: skip
LENGTH = 16  # frames of a clip whose layer does not tell
SOURCELESS = {"Input", "DummyData", "Parameter"}
# Tops of detection data layers, by the names that they have everywhere: (rows, columns).
NAMED = {
    "im_info": (1, 3), "gt_boxes": (1, 5), "rois": (1, 5), "labels": (1,), "label_ind": (1,),
    "data_dim": (1, 1, 1, 2),
}  # fmt: skip
# What detection layers read as truth, by (type, bottom): a shape whose 0 is the batch size.
TRUTH = {
    ("MultiBoxLoss", 3): (1, 1, 8, 8), ("DetectionEvaluate", 1): (1, 1, 8, 8),
    ("RegionLoss", 1): (0, 1, 300, 5), ("Yolov3", 1): (0, 1, 300, 5),
    ("EvalDetection", 1): (1, 1, 30, 8), ("ProposalTarget", 1): (1, 7, 1, 1),
    ("CtcLoss", 1): (0, 8), ("LabelsequenceAccuracy", 1): (0, 8),
    ("BoxAnnotatorOHEM", 2): (1, 1, 1, 1),
}  # fmt: skip
# How many channels readers' second bottom has where the first has its own number of them; 0: as
# many as the first.
LABEL_CHANNELS = {
    "SoftmaxWithLoss": 1, "Accuracy": 1, "InfogainLoss": 1, "HingeLoss": 1, "SegAccuracy": 1,
    "MultinomialLogisticLoss": 1, "SoftmaxWithLossExpectation": 1, "SoftmaxWithLossOHEM": 1,
    "DetectionLoss": 6, "DetectionAccuracy": 6, "EltwiseAccuracy": 1, "VoxelSoftmaxLoss": 1,
    "YoloSeg": 0,
}  # fmt: skip


def build(net, phase: int) -> bool:
    """Build the net with its data sources replaced, by the first of `SIZES` that serves.

    False where it has none; where no size serves, what caffe raises at the first one.
    """
    first = None
    for size in SIZES:
        replaced = copy.deepcopy(net)
        if not replace_sources(replaced, phase, size):
            return False
        try:
            build_replaced(replaced, phase)
            return True
        except Exception as problem:
            if first and str(problem) == str(first):
                break  # sizes do not matter to it
            first = first or problem
    assert first is not None
    raise first


def replace_sources(net, phase: int, size: tuple[int, int, int] = SIZES[0]) -> bool:
    """Replace, in place, each layer that has no bottoms and reads data by an Input layer.

    Layers of the other phase go, and the list that names a MatWrite layer's files. `size` is the
    height, width and channels of pictures whose layer does not tell. False where no layer reads
    data.
    """
    stay = [layer for layer in net.layer if _in_phase(layer, phase)]
    del net.layer[:]
    net.layer.extend(stay)
    sources = [layer for layer in net.layer if not layer.bottom and layer.type not in SOURCELESS]
    labels, truth = set(), dict(NAMED)
    for layer in net.layer:
        if layer.type == "MatWrite":
            layer.mat_write_param.ClearField("source")
        for place, bottom in enumerate(layer.bottom):
            if _reads_labels(layer, place) or "label" in bottom:
                labels.add(bottom)
            if (layer.type, place) in TRUTH:
                truth[bottom] = TRUTH[layer.type, place]
    for layer in sources:
        shapes = [
            _shape(layer, truth.get(top), i > 0 and top in labels, size)
            for i, top in enumerate(layer.top)
        ]
        name, tops = layer.name, list(layer.top)
        layer.Clear()
        layer.name, layer.type = name, "Input"
        layer.top.extend(tops)
        for shape in shapes:
            layer.input_param.shape.add(dim=shape)
    return bool(sources)


def build_replaced(net, phase: int) -> None:
    """Build the net; where caffe refuses, once more with labels as their readers ask for them."""
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

    with as_file(net) as path:
        return caffe.Net(path, phase)


def _in_phase(layer, phase):
    if layer.include:
        return any(_meets(rule, phase) for rule in layer.include)
    return not any(_meets(rule, phase) for rule in layer.exclude)


def _meets(rule, phase):
    """Tell whether a rule holds in `phase`, at level 0, with no stage (StateMeetsRule)."""
    wrong_phase = rule.HasField("phase") and rule.phase != phase
    return not (wrong_phase or rule.stage or rule.min_level > 0 or rule.max_level < 0)


def _shape(layer, truth, is_label, size):
    """Return a shape for a top of a data layer; `truth` is what its reader says, if it does."""
    given: dict = dict(_numbers(layer))
    batch = max(given.get("batch_size", given.get("batch", 1)), 1)
    if truth:
        return tuple(size or batch for size in truth)
    if is_label:
        return (batch,)
    height = given.get("crop_height") or given.get("new_height") or given.get("height")
    width = given.get("crop_width") or given.get("new_width") or given.get("width")
    crop = given.get("crop_size")
    channels = given.get("channels") or (size[2] if given.get("is_color", 1) else 1)
    frames: tuple[int, ...] = ()
    if "crop_size_l" in given:  # 3D-Caffe's volumes
        sides = (given["crop_size_l"], given.get("crop_size_h", 1), given.get("crop_size_w", 1))
        return (batch, given.get("channels", 1), *sides)
    video = layer.video_data_param
    if video.HasField("num_segments") or video.HasField("modality"):
        # yjxiong's: the frames of all segments are channels (his util/io.cpp).
        each = 2 if video.modality == video.FLOW else 1 if video.grayscale else 3
        channels = video.num_segments * video.new_length * each
        return (batch, channels, crop or height or size[0], crop or width or size[1])
    clips = layer.type.startswith(("Video", "Volume"))
    if "new_length" in given or (clips and "video_type" not in given):  # SSD's VideoData has none
        frames = (given.get("new_length") or LENGTH,)
    return (batch, channels, *frames, crop or height or size[0], crop or width or size[1])


def _numbers(message):
    """Names and values of the whole numbers in a message and the messages within."""
    for field, value in message.ListFields():
        if field.message_type:
            for part in value if hasattr(value, "extend") else [value]:
                yield from _numbers(part)
        elif isinstance(value, int):
            yield field.name, int(value)


def _labels(net):
    """Return what losses and scores alone read of Input layers' tops, or of slices of them.

    By blob: the readers of a slice or of a whole top, or the Slice layer of a top. Whether a
    Reduction counts them, too, is no matter.
    """
    labels: dict = {top: [] for layer in net.layer if layer.type == "Input" for top in layer.top}
    for layer in net.layer:
        if layer.type == "Slice" and labels.get(layer.bottom[0]) == [] and _slices_channels(layer):
            labels[layer.bottom[0]] = layer
            labels.update({top: [] for top in layer.top})
            continue
        for place, bottom in enumerate(layer.bottom):
            if layer.type == "Reduction":
                continue
            if isinstance(labels.get(bottom), list) and _reads_labels(layer, place):
                labels[bottom].append(layer)
            else:
                labels.pop(bottom, None)
    return {top: readers for top, readers in labels.items() if readers and top not in NAMED}


def _slices_channels(layer):
    param = layer.slice_param
    return (param.slice_dim if param.HasField("slice_dim") else param.axis) == 1


def _reads_labels(layer, place):
    if place == 0 or (layer.type, place) in TRUTH:
        return False
    return layer.type in LABEL_CHANNELS or layer.type.endswith(("Loss", "OHEM"))


def _shapes_without(net, labels, phase):
    """Shapes of the blobs that can be computed without `labels`."""
    part = copy.deepcopy(net)
    lacking, stay = set(labels), []
    for layer in part.layer:
        if layer.type == "Input" or not lacking & set(layer.bottom):
            lacking -= set(layer.top) - labels
            stay.append(layer)
        else:
            lacking |= set(layer.top)
    del part.layer[:]
    part.layer.extend(stay)
    return {name: tuple(blob.shape) for name, blob in _make(part, phase).blobs.items()}


def _shape_labels(net, labels, shapes):
    """Give labels the shapes of what they are compared with; returns whether that changed any."""
    changed = False
    for layer in net.layer:
        for top, shape in zip(layer.top, layer.input_param.shape, strict=False):
            wanted = _wanted(labels, top, shapes) if layer.type == "Input" else None
            if wanted:
                changed |= wanted != list(shape.dim)
                shape.dim[:] = wanted
    return changed


def _wanted(labels, top, shapes):
    """Return the shape that the readers of a label ask for, None where nothing tells."""
    readers = labels.get(top, ())
    if not isinstance(readers, list | tuple):  # the Slice
        parts = [_wanted(labels, part, shapes) for part in readers.top]
        if not all(part and len(part) > 1 for part in parts):
            return None
        points = readers.slice_param.slice_point
        channels = points[-1] + parts[-1][1] if points else len(parts) * parts[-1][1]
        return [parts[0][0], channels, *parts[0][2:]]
    reader = next((r for r in readers if r.bottom[0] in shapes), None)
    if reader is None:
        return None
    wanted = list(shapes[reader.bottom[0]])
    if len(wanted) > 1:
        wanted[1] = LABEL_CHANNELS.get(reader.type) or wanted[1]
    return wanted
