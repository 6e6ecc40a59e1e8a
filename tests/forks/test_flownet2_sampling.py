"""FlowNet2's Accum and DataAugmentation, beside slow NumPy; a net as its deploy nets are."""

import numpy as np
import pytest
from gradcheck import build, check_gradients
from losskit import normal
from netkit import input_layer, net_of

import caffe
from caffe._caffe.errors import LayerError

F = np.float32


def between(x, rows, columns):
    """Read the map x (H, W) at every row and column, bilinear."""
    y = np.zeros((len(rows), len(columns)))
    for i, row in enumerate(rows):
        for j, column in enumerate(columns):
            top, left = int(row), int(column)
            for r, c, weight in (
                (top, left, (1 - (row - top)) * (1 - (column - left))),
                (top, left + 1, (1 - (row - top)) * (column - left)),
                (top + 1, left, (row - top) * (1 - (column - left))),
                (top + 1, left + 1, (row - top) * (column - left)),
            ):
                y[i, j] += weight * x[r, c] if weight else 0
    return y


def between_corners(x, height, width):
    rows, columns = (
        np.arange(out) * (size - 1) / (out - 1)
        for out, size in zip((height, width), x.shape, strict=True)
    )
    return between(x, rows, columns)


@pytest.mark.parametrize(
    "settings, size",
    [
        ("have_reference: true", (7, 9)),
        ("", (4, 6)),
        ("top_height: 8 top_width: 11", (8, 11)),
        ("top_height: 8 top_width: 6", (4, 6)),  # no larger than the largest bottom in both
        ("size_divisible_by: 5", (5, 10)),
    ],
)
def test_accum(settings, size):
    given = [normal(2, 3, 4, 5), normal(2, 1, 3, 6)]
    like = [normal(2, 5, 7, 9)] if "reference" in settings else []
    run = build(f"type: 'Accum' accum_param {{ {settings} }}", *given, *like)
    (y,) = run.forward()
    want = [[between_corners(m, *size) for x in given for m in x[n]] for n in range(2)]
    np.testing.assert_allclose(y, want, rtol=1e-4, atol=1e-5)
    check_gradients(run, most=20)


def test_accum_refuses():
    for settings, shapes, message in (
        ("have_reference: true", [(1, 1, 2, 2)], "two bottoms"),
        ("", [(1, 1, 2, 2), (2, 1, 2, 2)], r"number of items: \[1, 2\]"),
        ("", [(1, 1, 1, 4)], "2 x 2 pixels"),
        ("", [(1, 4)], "N, C, H, W"),
        ("size_divisible_by: 0", [(1, 1, 2, 2)], "size_divisible_by > 0"),
    ):
        with pytest.raises(LayerError, match=message):
            build(f"type: 'Accum' accum_param {{ {settings} }}", *shapes)


def augmentation(settings, *bottom, **options):
    return build(
        f"type: 'DataAugmentation' augmentation_param {{ {settings} }}", *bottom, **options
    )


@pytest.mark.parametrize("by_pixel", [False, True])
@pytest.mark.parametrize("phase", [caffe.TRAIN, caffe.TEST])
def test_the_mean_of_all_batches_until_there_are_enough(by_pixel, phase):
    settings = f"recompute_mean: 2 mean_per_pixel: {str(by_pixel).lower()}"
    run = augmentation(settings, (2, 3, 4, 5), phase=phase)
    assert [b.shape for b in run.layer.blobs] == [(1, 1, 1, 1), (1, 3, 4, 5), (1, 3, 1, 1)]
    assert [p.lr_mult for p in run.layer.layer_param.param] == [0, 0, 0]
    seen = []
    for number in (1, 2, 3):
        x = normal(2, 3, 4, 5) + number
        run.bottom[0].data[...] = x
        seen = [*seen, x][:2]
        pixels = np.mean(seen, axis=(0, 1))
        mean = pixels if by_pixel else pixels.mean((1, 2), keepdims=True)
        np.testing.assert_allclose(run.forward()[0], x - mean, rtol=1e-4, atol=1e-5)
        assert run.layer.blobs[0].data.item() == number
        np.testing.assert_allclose(run.layer.blobs[1].data[0], pixels, rtol=1e-4, atol=1e-5)


def test_a_constant_mean_and_none():
    x = normal(2, 3, 4, 5)
    run = augmentation("mean: 1 mean: 2 mean: 3 mean_per_pixel: false", x)
    np.testing.assert_array_equal(run.forward()[0], x - F([1, 2, 3]).reshape(3, 1, 1))
    assert len(run.layer.blobs) == 1
    for settings in ("mean: 1 mean: 2 mean: 3", "mean: 1 mean_per_pixel: false"):
        np.testing.assert_array_equal(augmentation(settings, x).forward()[0], x)


@pytest.mark.parametrize("size", [(6, 8), (4, 6), (3, 5), (1, 1)])
def test_the_middle(size):
    """No place is beyond 1.05 from the end, so even a whole picture's last row changes."""
    x = normal(2, 3, 6, 8)
    (y,) = augmentation(f"crop_height: {size[0]} crop_width: {size[1]}", x).forward()
    places = (
        np.clip(np.arange(c) + (n - c) / 2, 0, n - 1.05)
        for n, c in zip(x.shape[2:], size, strict=True)
    )
    rows, columns = places
    want = [[between(m, rows, columns) for m in item] for item in x]
    np.testing.assert_allclose(y, want, rtol=1e-4, atol=1e-5)


def test_draws_nothing_at_random():
    drawing, cut = "mirror { prob: 0.5 } noise { spread: 0.1 }", "crop_height: 2 crop_width: 2"
    for phase, more in ((caffe.TRAIN, ""), (caffe.TEST, "augment_during_test: true")):
        with pytest.raises(LayerError, match="at random, which nothing here does: mirror, noise"):
            augmentation(f"{drawing} {cut} {more}", (1, 3, 4, 4), phase=phase)
    augmentation(f"{drawing} {cut}", (1, 3, 4, 4), phase=caffe.TEST)
    augmentation(drawing, (1, 3, 4, 4))  # drawn only where it cuts


def test_augmentation_refuses():
    for settings, shape, message in (
        ("crop_height: 5 crop_width: 2", (1, 3, 4, 4), r"cannot cut \(5, 2\)"),
        ("mean: 1 mean: 2 mean: 3 mean_per_pixel: false", (1, 1, 4, 4), "3 values"),
        ("recompute_mean: 2", (1, 3), "N, C, H, W"),
    ):
        with pytest.raises(LayerError, match=message):
            augmentation(settings, shape)
    run = augmentation("recompute_mean: 2", (1, 3, 4, 4))
    run.forward()
    run.bottom[0].reshape(1, 3, 4, 5)
    with pytest.raises(LayerError, match=r"pixels of \(4, 4\), given \(4, 5\)"):
        run.forward()
    run.bottom[0].reshape(1, 3, 4, 4)
    with pytest.raises(LayerError, match="no gradient"):
        run.backward(np.ones((1, 3, 4, 4)), propagate=[True])
    assert run.backward(np.ones((1, 3, 4, 4)), propagate=[False]) == [None]


# The types of FlowNet2's deploy nets, in their order.
DEPLOY = """
    layer {{ name: "s{0}" type: "Eltwise" bottom: "img{0}" top: "s{0}"
            eltwise_param {{ operation: SUM coeff: 0.00392156862745098 }} }}
    layer {{ name: "aug{0}" type: "DataAugmentation" bottom: "s{0}" top: "n{0}"
            augmentation_param {{ augment_during_test: true recompute_mean: 1000
                                  mean_per_pixel: false }} }}
    layer {{ name: "r{0}" type: "Resample" bottom: "n{0}" top: "x{0}"
            resample_param {{ width: 8 height: 8 type: LINEAR }} }}"""
BEHIND = """
    layer { name: "corr" type: "Correlation" bottom: "x0" bottom: "x1" top: "corr"
            correlation_param { pad: 1 kernel_size: 1 max_displacement: 1 stride_1: 2 } }
    layer { name: "flow" type: "Convolution" bottom: "corr" top: "flow" convolution_param {
            num_output: 2 kernel_size: 1 weight_filler { type: "constant" value: 3 } } }
    layer { name: "accum" type: "Accum" bottom: "flow" bottom: "x0" top: "up"
            accum_param { have_reference: true } }
    layer { name: "warp" type: "FlowWarp" bottom: "x1" bottom: "up" top: "warped" }
    layer { name: "diff" type: "Eltwise" bottom: "x0" bottom: "warped" top: "diff"
            eltwise_param { operation: SUM coeff: 1 coeff: -1 } }
    layer { name: "norm" type: "ChannelNorm" bottom: "diff" top: "norm" }"""
MEANS = F([[0.25, 0.5, 0.75], [0.5, 0.25, 0.125]])


def deploy_net(height, width):
    text = "".join(input_layer(f"img{i}", 1, 3, height, width) for i in (0, 1))
    return net_of(text + DEPLOY.format(0) + DEPLOY.format(1) + BEHIND, caffe.TEST)


@pytest.fixture(scope="module", params=["binary", "hdf5"])
def weights(request, tmp_path_factory):
    """A trained net's file, whose means are of pictures of another size."""
    net = deploy_net(4, 6)
    for i in (0, 1):
        number, _, channels = net.params[f"aug{i}"]
        number.data[...], channels.data[...] = 5000, MEANS[i].reshape(1, 3, 1, 1)
    path = tmp_path_factory.mktemp("weights") / f"net.{request.param}"
    if request.param == "hdf5":
        net.save_hdf5(str(path))
        return path
    net.save(str(path))
    file = caffe.proto.caffe_pb2.NetParameter.FromString(path.read_bytes())
    for layer in file.layer:
        if layer.type == "DataAugmentation":
            layer.ClearField("augmentation_param")
            layer.MergeFromString(b"\xaa\x09\x02\x28\x07")  # FlowNet2's own number of the field
    path.write_bytes(file.SerializeToString())
    return path


def test_a_deploy_net_takes_the_files_means(weights):
    net = deploy_net(8, 8)
    net.copy_from(str(weights))
    random = np.random.default_rng(3)
    images = random.integers(0, 256, (2, 1, 3, 8, 8)).astype(F)
    for i in (0, 1):
        net.blobs[f"img{i}"].data[...] = images[i]
    net.forward()
    a, b = (images / 255 - MEANS.reshape(2, 1, 3, 1, 1)).astype(np.float64)
    for i, x in enumerate((a, b)):  # of their own size: Resample changes nothing
        np.testing.assert_allclose(net.blobs[f"x{i}"].data, x, atol=1e-6)
        assert net.params[f"aug{i}"][0].data.item() == 5001
    padded = np.pad(b[0], ((0, 0), (1, 1), (1, 1)))
    products = [
        (a[0] * padded[:, r : r + 8, c : c + 8])[:, ::2, ::2].mean(0)
        for r in range(3)
        for c in range(3)
    ]
    flow = between_corners(3 * np.sum(products, 0), 8, 8)
    warped = np.zeros((3, 8, 8))
    for i in range(8):
        for j in range(8):
            row, column = i + flow[i, j], j + flow[i, j]
            if 0 <= row < 8 and 0 <= column < 8:
                around = np.pad(b[0], ((0, 0), (0, 1), (0, 1)), mode="edge")
                warped[:, i, j] = [between(m, [row], [column])[0, 0] for m in around]
    assert 20 < np.count_nonzero(warped[0]) < 64
    want = np.sqrt(np.square(a[0] - warped).sum(0))
    np.testing.assert_allclose(net.blobs["norm"].data[0, 0], want, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("by_pixel", ["false", "true"])
def test_means_of_other_pictures(by_pixel, tmp_path):
    text = 'layer {{ name: "a" type: "DataAugmentation" bottom: "x" top: "y" augmentation_param {{ '
    text += "recompute_mean: {} mean_per_pixel: " + by_pixel + " }} }}"

    def net(channels, height, limit=9):
        return net_of(input_layer("x", 1, channels, height, 4) + text.format(limit))

    source, path = net(3, 2), str(tmp_path / "a.caffemodel")
    for blob, value in zip(source.params["a"], (9, normal(1, 3, 2, 4), 2), strict=True):
        blob.data[...] = value
    source.save(path)
    pixels = source.params["a"][1].data
    for height, same in ((2, pixels), (5, pixels.mean((2, 3), keepdims=True))):
        made = net(3, height)
        made.copy_from(path)
        number, mean, channels = (blob.data for blob in made.params["a"])
        assert number.item() == 9
        if by_pixel == "true":
            np.testing.assert_allclose(mean, np.broadcast_to(same, mean.shape), rtol=1e-6)
            np.testing.assert_allclose(channels, pixels.mean((2, 3), keepdims=True), rtol=1e-6)
        else:
            assert not mean.any() and (channels == 2).all()
    fixed = net(3, 2, limit=0)
    fixed.copy_from(path)  # nothing is asked of the file
    assert fixed.params["a"][0].data.item() == 0
    with pytest.raises(LayerError, match="mean of 1 channels"):
        net(1, 2).copy_from(path)
