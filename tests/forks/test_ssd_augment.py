"""What SSD's augmentations do to pictures and boxes."""

import lmdb
import numpy as np
import pytest
from annotkit import BOXES, annotated, database, net
from sourcekit import image, make_net

import caffe
from caffe._caffe.errors import CaffeError
from caffe._caffe.sources import annotations, distort, images, resample
from caffe._caffe.sources.augment import AugmentingTransformer
from caffe.proto import caffe_pb2

F = np.float32


@pytest.mark.parametrize(
    "mode, height, width, scale, start",
    [
        ("WARP", 20, 30, (30, 20), (0, 0)),
        ("FIT_SMALL_SIZE", 12, 12, (14, 12), (0, 0)),
        ("FIT_LARGE_SIZE_AND_PAD", 14, 14, (14, 12), (0, 1)),
    ],
)
def test_resizing(mode, height, width, scale, start, tmp_path):
    picture = image(3, height=6, width=7)
    run = net(
        tmp_path,
        database(tmp_path, annotated(picture, BOXES)),
        f"resize_param {{ resize_mode: {mode} height: {height} width: {width} pad_value: 9 }}",
    )
    run.forward()
    got = run.blobs["data"].data[0]
    inner = images.resize(picture, scale[1], scale[0]).transpose(2, 0, 1)
    size = got.shape[1:]
    (x, y), (w, h) = start, scale
    assert np.array_equal(got[:, y : y + h, x : x + w], inner)
    assert (np.delete(got, np.s_[y : y + h], 1) == 9).all()
    want = np.array([b[2] for b in BOXES]) * [w, h, w, h] + [x, y, x, y]
    want /= [size[1], size[0], size[1], size[0]]
    np.testing.assert_allclose(run.blobs["label"].data[0, 0, :, 3:7], want, atol=1e-5)


def test_plain_data_layers_are_resized_too(tmp_path):
    datum = annotated(image(3), []).datum
    path = database(tmp_path, datum)
    run = make_net(
        tmp_path,
        'type: "Data" top: "data" transform_param { resize_param { height: 12 width: 14 } } '
        f'data_param {{ source: "{path}" batch_size: 1 backend: LMDB }}',
    )
    run.forward()
    assert np.array_equal(
        run.blobs["data"].data[0], images.resize(image(3), 12, 14).transpose(2, 0, 1)
    )


def test_expansion_keeps_the_picture_and_its_boxes(tmp_path):
    picture = np.maximum(image(4, height=8, width=10), 1)
    run = net(
        tmp_path,
        database(tmp_path, annotated(picture, BOXES)),
        "expand_param { prob: 1 max_expand_ratio: 3 } resize_param { height: 30 width: 30 "
        "resize_mode: FIT_SMALL_SIZE interp_mode: NEAREST }",
    )
    run.layers[0].reader.transformer.resize = None  # as expanded, of any size
    for _ in range(5):
        run.forward()
        got, boxes = run.blobs["data"].data[0], run.blobs["label"].data[0, 0]
        height, width = got.shape[1:]
        y, x = (int(np.nonzero(got.max((0, axis)))[0][0]) for axis in (2, 1))
        assert np.array_equal(got[:, y : y + 8, x : x + 10], picture.transpose(2, 0, 1))
        want = np.array([b[2] for b in BOXES]) * [10, 8, 10, 8] + [x, y, x, y]
        want = want / np.array([width, height] * 2)
        np.testing.assert_allclose(boxes[:, 3:7], want, atol=1e-5)


def test_sampled_windows_meet_their_constraint():
    boxes = np.array([[0.2, 0.2, 0.6, 0.7], [0.5, 0.5, 0.9, 0.9]], F)
    param = caffe_pb2.BatchSampler(max_sample=5, max_trials=200)
    param.sampler.min_scale, param.sampler.max_scale = 0.3, 0.9
    param.sampler.min_aspect_ratio, param.sampler.max_aspect_ratio = 0.5, 2
    param.sample_constraint.min_jaccard_overlap = 0.4
    windows = annotations.sample(param, boxes, np.random.RandomState(0))
    assert 0 < len(windows) <= 5
    assert (windows >= 0).all() and (windows <= 1 + 1e-6).all()
    shared = annotations.intersections(windows, boxes)
    whole = annotations.areas(windows)[:, None] + annotations.areas(boxes)[None] - shared
    assert ((shared / whole).max(1) >= 0.4).all()
    param.sample_constraint.min_jaccard_overlap = 1.5
    assert not len(annotations.sample(param, boxes, np.random.RandomState(0)))
    param.use_original_image = False
    assert not len(annotations.sample(param, boxes, np.random.RandomState(0)))


def test_of_several_constraints_the_first_counts():
    window, box = np.array([[0, 0, 0.5, 0.5]], F), np.array([[0, 0, 0.4, 0.5]], F)
    constraint = caffe_pb2.SampleConstraint(min_jaccard_overlap=0.5, min_object_coverage=2)
    param = caffe_pb2.BatchSampler(max_trials=50, sample_constraint=constraint)
    param.sampler.min_scale = param.sampler.max_scale = 1
    whole = np.array([[0, 0, 1, 0.9]], F)
    assert len(annotations.sample(param, whole, np.random.RandomState(0)))
    assert annotations.intersections(window, box)[0, 0] == F(0.2)


def test_the_sampled_window_is_cut_out(tmp_path):
    picture = image(5, height=21, width=21)
    caffe.set_random_seed(4)
    run = net(
        tmp_path,
        database(tmp_path, annotated(picture, [(1, 0, (0.25, 0.25, 0.75, 0.75), False)])),
        "resize_param { height: 10 width: 10 }",
        "batch_sampler { sampler { min_scale: 0.5 max_scale: 0.5 } max_sample: 1 "
        "sample_constraint { min_object_coverage: 0.2 } }",
    )
    for _ in range(5):
        run.forward()
        got, box = run.blobs["data"].data[0], run.blobs["label"].data[0, 0, 0, 3:7]
        places = [
            (y, x)
            for y, x in np.ndindex(12, 12)
            if np.array_equal(got, picture[y : y + 10, x : x + 10].transpose(2, 0, 1))
        ]
        ((y, x),) = places
        want = np.clip((np.array([5.25, 5.25, 15.75, 15.75]) - [x, y, x, y]) / 10.5, 0, 1)
        np.testing.assert_allclose(box, want, atol=0.1)  # the window begins within the pixel


def test_the_same_seed_gives_the_same_batches(tmp_path):
    path = database(tmp_path, *(annotated(image(i, 16, 16), BOXES) for i in range(3)))
    text = (
        "mirror: true resize_param { height: 8 width: 8 interp_mode: LINEAR interp_mode: AREA "
        "interp_mode: NEAREST interp_mode: CUBIC interp_mode: LANCZOS4 } distort_param { "
        "brightness_prob: 0.5 brightness_delta: 32 contrast_prob: 0.5 contrast_lower: 0.5 "
        "contrast_upper: 1.5 hue_prob: 0.5 hue_delta: 18 saturation_prob: 0.5 saturation_lower: "
        "0.5 saturation_upper: 1.5 random_order_prob: 0.5 } expand_param { prob: 0.5 "
        "max_expand_ratio: 4 }"
    )
    own = "batch_sampler { sampler { min_scale: 0.3 } max_sample: 1 }"
    found = []
    for _ in range(2):
        caffe.set_random_seed(8)
        run = net(tmp_path, path, text, own, batch=2)
        blobs = []
        for _ in range(4):
            run.forward()
            blobs.append([b.data.copy() for b in run.blobs.values()])
        found.append(blobs)
    for one, other in zip(*found, strict=True):
        assert all(map(np.array_equal, one, other))
    assert not np.array_equal(found[0][0][0], found[0][3][0])


def test_colours_go_to_hsv_and_back():
    colours = np.array(
        [[0, 0, 255], [0, 255, 0], [255, 0, 0], [255, 255, 255], [0, 0, 0]], np.uint8
    )
    hsv = distort.to_hsv(colours[None])[0]
    assert hsv.tolist() == [[0, 255, 255], [60, 255, 255], [120, 255, 255], [0, 0, 255], [0, 0, 0]]
    assert np.array_equal(distort.from_hsv(hsv[None])[0], colours)
    picture = image(6, 30, 30)
    back = distort.from_hsv(distort.to_hsv(picture))
    assert np.abs(back.astype(int) - picture).max() <= 6  # hue has 180 steps


def test_distortions_do_what_they_say():
    picture, rng = image(7, 10, 10), np.random.RandomState(1)
    param = caffe_pb2.DistortionParameter(brightness_prob=1, brightness_delta=40)
    shift = distort.distort(picture, param, rng).astype(int) - picture
    inside = (picture > 41) & (picture < 214)
    assert len(np.unique(shift[inside])) == 1 and 0 < abs(shift[inside][0]) <= 40
    param = caffe_pb2.DistortionParameter(random_order_prob=1)
    got = distort.distort(picture, param, rng)
    assert np.array_equal(np.sort(got, 2), np.sort(picture, 2))
    param = caffe_pb2.DistortionParameter(saturation_prob=1, saturation_lower=0, saturation_upper=0)
    got = distort.distort(picture, param, rng)
    assert np.array_equal(got, np.repeat(picture.max(2, keepdims=True), 3, 2))
    param = caffe_pb2.DistortionParameter(contrast_prob=1, contrast_lower=0, contrast_upper=0)
    assert not distort.distort(picture, param, rng).any()


@pytest.mark.parametrize(
    "text, check",
    [
        ("inverse: true", lambda p, q: np.array_equal(q, 255 - p)),
        ("decolorize: true", lambda p, q: (q == q[:, :, :1]).all()),
        ("posterize: true", lambda p, q: set(np.unique(q)) <= {32, 96, 160, 224}),
        ("erode: true", lambda p, q: (q <= p).all() and (q < p).any()),
        ("gauss_blur: true", lambda p, q: q.std() < p.std()),
        ("hist_eq: true", lambda p, q: q.max() == 255),
        ("jpeg: 90", lambda p, q: 0 < np.abs(q.astype(int) - p).mean() < 60),
        ("convert_to_hsv: true", lambda p, q: np.array_equal(q, distort.to_hsv(p))),
        ("saltpepper: true saltpepper_param { fraction: 0.25 value: 77 }",
         lambda p, q: 0 < (q == 77).all(2).mean() <= 0.25),
    ],
)  # fmt: skip
def test_noise(text, check, tmp_path):
    picture = image(8, 16, 16) // 2
    run = net(tmp_path, database(tmp_path, annotated(picture, [])), f"noise_param {{ {text} }}")
    run.forward()
    assert check(picture, run.blobs["data"].data[0].transpose(1, 2, 0).astype(np.uint8))


MODES = caffe_pb2.ResizeParameter


@pytest.mark.parametrize("mode", [MODES.AREA, MODES.NEAREST, MODES.CUBIC, MODES.LANCZOS4])
@pytest.mark.parametrize("size", [(5, 6), (24, 30), (9, 40)])
def test_interpolations_keep_flat_and_ramp(mode, size):
    flat = np.full((12, 12, 3), 77, np.uint8)
    assert (resample.resample(flat, *size, mode) == 77).all()
    ramp = np.repeat(np.arange(0, 240, 10, np.uint8)[None, :, None], 12, 0)
    got = resample.resample(ramp, size[0], 48, mode)[0, :, 0].astype(int)
    middle = (np.arange(48) + 0.5) / 2 - 0.5
    assert np.abs(got - 10 * middle)[8:-8].max() <= (5.1 if mode == MODES.NEAREST else 2.6)
    assert (np.diff(got[8:-8]) >= 0).all()


def test_area_is_the_mean():
    picture = image(9, 12, 18)
    got = resample.resample(picture, 4, 6, MODES.AREA)
    want = picture.reshape(4, 3, 6, 3, 3).mean((1, 3))
    assert np.array_equal(got, np.rint(want))


@pytest.mark.parametrize(
    "transform, own, message",
    [
        ("resize_param { height: 8 }", "", "needs height and width, given 8 and 0"),
        ("resize_param { height: 8 width: 8 max_angle: 3 }", "", "max_angle is not SSD's"),
        ("noise_param { clahe: true }", "", "CLAHE is not offered"),
        ("noise_param { gaussian_std: 2 }", "", "gaussian_std is not SSD's"),
        ("distort_param { hue_prob: 1 hue_delta: -1 }", "", "hue_delta must not be negative"),
        (
            "distort_param { contrast_prob: 1 contrast_lower: 2 contrast_upper: 1 }",
            "",
            "contrast_upper 1 is",
        ),
        ("distort_param { all_effects: true }", "", "all_effects is not SSD's"),
        ("", "batch_sampler { sampler { min_scale: 0 } }", "0 < min_scale"),
        ("", "batch_sampler { sampler { min_aspect_ratio: 3 } }", "min_aspect_ratio"),
        ("", "anno_type: LANE", "type BBOX only"),
        ("resize_param { height: 8 width: 8 resize_mode: FIT_SMALL_SIZE }", "", "batch_size is 2"),
    ],
)
def test_refusals(transform, own, message, tmp_path):
    path = database(tmp_path, annotated(image(0), BOXES))
    with pytest.raises(CaffeError, match=message):
        net(tmp_path, path, transform, own, batch=2)


def test_a_datum_of_another_kind_is_named(tmp_path):
    path = str(tmp_path / "db")
    with lmdb.open(path, map_size=1 << 20) as env, env.begin(write=True) as out:
        out.put(b"first", b"\xff\xff\xff")
    with pytest.raises(CaffeError, match="key 'first' of .* is no AnnotatedDatum message"):
        net(tmp_path, path)


def test_boxes_extrapolate_only_when_asked():
    param = caffe_pb2.ResizeParameter(
        height=20, width=20, height_scale=10, width_scale=10, resize_mode=MODES.FIT_SMALL_SIZE
    )
    boxes = np.array([[0.25, 0.25, 0.5, 0.5]], F)
    got = annotations.extrapolated(boxes, param, 30, 30, annotations.UNIT)
    assert got.tolist() == [[0.5, 0.5, 1.0, 1.0]]
    param.resize_mode = MODES.WARP
    assert annotations.extrapolated(boxes, param, 30, 30, annotations.UNIT) is boxes


def test_padding_can_mirror_or_repeat():
    for mode, left in ((MODES.MIRRORED, [2, 1]), (MODES.REPEAT_NEAREST, [0, 0])):
        param = caffe_pb2.TransformationParameter()
        param.resize_param.add(
            height=4, width=8, resize_mode=MODES.FIT_LARGE_SIZE_AND_PAD, pad_mode=mode
        )
        picture = np.tile(np.arange(4, dtype=np.uint8), (1, 4, 1))
        got = AugmentingTransformer(param, caffe.TEST).prepare(picture, None)
        assert got.shape == (1, 4, 8) and got[0, 0, :2].tolist() == left
