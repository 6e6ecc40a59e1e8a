"""WindowData: sampling, and crops of a brightness ramp against their closed form."""

import numpy as np
import pytest
from filekit import write_blobproto
from sourcekit import batches, image, make_net, png, same

import caffe
from caffe._caffe.errors import LayerError
from caffe._caffe.sources import images

HEIGHT, WIDTH, CROP = 40, 60, 16
NEAR = 0.75  # bytes round, and so does resize's fixed point before


def write_windows(tmp_path, *per_image):
    """Images (vertical and horizontal ramps in the channels) and the window file of `windows`."""
    down, across = np.mgrid[:HEIGHT, :WIDTH]
    ramp = np.stack([across * 4, down * 6, np.full_like(down, 50)], axis=2).astype(np.uint8)
    lines = []
    for i, windows in enumerate(per_image):
        (tmp_path / f"{i}.png").write_bytes(png(ramp if i == 0 else image(i, HEIGHT, WIDTH)))
        lines += [f"# {i}", f"{i}.png", "3", str(HEIGHT), str(WIDTH), str(len(windows))]
        lines += [" ".join(map(str, window)) for window in windows]
    (tmp_path / "windows.txt").write_text("\n".join(lines) + "\n")
    return ramp


def layer(tmp_path, param="", transform="", batch=4):
    return f"""type: "WindowData" top: "data" top: "label"
        transform_param {{ crop_size: {CROP} {transform} }}
        window_data_param {{ source: "{tmp_path}/windows.txt" root_folder: "{tmp_path}/"
        batch_size: {batch} fg_fraction: 0.25 {param} }}"""


BOX = (10, 5, 41, 28)  # x1 y1 x2 y2: 32 x 24 pixels
ONE_EACH = [(3, 0.9, *BOX), (0, 0.1, *BOX)]


def expected_ramp(box, size=CROP, flip=False):
    """Bilinear samples of the ramp: blue, green and red of a `box` warped to size x size."""
    x1, y1, x2, y2 = box
    place = (np.arange(size) + 0.5) / size
    across = np.clip(x1 + place * (x2 - x1 + 1) - 0.5, x1, x2) * 4
    down = np.clip(y1 + place * (y2 - y1 + 1) - 0.5, y1, y2) * 6
    across = across[::-1] if flip else across
    return np.stack([
        np.full((size, size), 50.0),
        np.repeat(down[:, None], size, 1),
        np.repeat(across[None, :], size, 0),
    ])  # fmt: skip


def test_a_window_is_cut_out_and_warped(tmp_path):
    write_windows(tmp_path, ONE_EACH)
    ((data, label),) = batches(make_net(tmp_path, layer(tmp_path)), 1)
    assert data.shape == (4, 3, CROP, CROP)
    assert list(label) == [0, 0, 0, 3]  # background first, then 4 * 0.25 foreground
    assert all(np.abs(item - expected_ramp(BOX)).max() <= NEAR for item in data)


def test_both_mirrorings_come_up(tmp_path):
    write_windows(tmp_path, ONE_EACH)
    got = batches(make_net(tmp_path, layer(tmp_path, "", "mirror: true", 30)), 1)[0][0]
    flipped = [np.abs(item - expected_ramp(BOX, flip=True)).max() <= NEAR for item in got]
    straight = [np.abs(item - expected_ramp(BOX)).max() <= NEAR for item in got]
    assert all(a != b for a, b in zip(flipped, straight, strict=True))
    assert 4 < sum(flipped) < 26


@pytest.mark.parametrize(
    "box, low, high, before, after",
    [
        # 16 - 2 * 4 = 8 of the crop's 16 pixels are the window: it grows to twice its size.
        ((20, 12, 27, 19), 16, 32, 0, 0),
        # At the left edge 4 of 17 pixels are missing: 16 * 4 / 17 = 3.8 pixels of padding.
        ((0, 12, 7, 19), 0, 12, 4, 0),
        ((52, 12, 59, 19), 48, 59, 0, 5),
    ],
)
@pytest.mark.parametrize("flip", [False, True])
def test_context_padding(tmp_path, box, low, high, before, after, flip):
    write_windows(tmp_path, [(1, 1.0, *box), (0, 0.0, *box)])
    text = layer(tmp_path, "context_pad: 4", "mirror: true" if flip else "", 24)
    ((data, _),) = batches(make_net(tmp_path, text), 1)
    size = round((high - low + 1) * CROP / 17)
    place = low + (np.arange(size) + 0.5) / size * (high - low + 1) - 0.5
    across = np.clip(place, low, high) * 4
    straight = np.zeros(CROP)
    room = CROP - before
    straight[before : before + size] = across[:room]
    mirrored = np.zeros(CROP)
    room = min(size, CROP - after)
    mirrored[after : after + room] = across[::-1][:room]
    wanted = [straight, mirrored] if flip else [straight]
    rows = data[:, 2, 8, :]
    hits = [[np.abs(row - want).max() <= NEAR for want in wanted] for row in rows]
    assert all(any(hit) for hit in hits)
    assert all(any(hit[i] for hit in hits) for i in range(len(wanted)))


def test_square_mode_takes_the_tightest_square(tmp_path):
    box = (20, 16, 35, 19)  # 16 x 4: becomes 16 high as well, rows 10 to 26
    write_windows(tmp_path, [(1, 1.0, *box), (0, 0.0, *box)])
    ((data, _),) = batches(make_net(tmp_path, layer(tmp_path, "crop_mode: 'square'")), 1)
    assert np.abs(data - expected_ramp((20, 10, 36, 26))).max() <= NEAR


def test_scale_stands_in_window_data_param_and_means_in_transform_param(tmp_path):
    write_windows(tmp_path, ONE_EACH)
    plain = batches(make_net(tmp_path, layer(tmp_path)), 1)[0][0]
    text = layer(tmp_path, "scale: 0.5", "scale: 7 mean_value: 1 mean_value: 2 mean_value: 3")
    got = batches(make_net(tmp_path, text), 1)[0][0]
    assert np.array_equal(got, (plain - np.array([1, 2, 3])[:, None, None]) * 0.5)


def test_mean_file_is_cropped_at_the_centre_and_padding_stays_zero(tmp_path):
    mean = np.random.RandomState(0).rand(1, 3, 20, 21).astype(np.float32)
    write_blobproto(tmp_path / "mean.binaryproto", mean)
    edge = (0, 12, 7, 19)
    write_windows(tmp_path, [(1, 1.0, *edge), (0, 0.0, *edge)])
    plain = batches(make_net(tmp_path, layer(tmp_path, "context_pad: 4")), 1)[0][0]
    file = f"mean_file: '{tmp_path}/mean.binaryproto'"
    got = batches(make_net(tmp_path, layer(tmp_path, "context_pad: 4", file)), 1)[0][0]
    # window_data_layer.cpp: the offset (21 - 16) / 2 = 2 of the width serves both axes.
    want = plain - mean[0, :, 2:18, 2:18]
    want[..., :4] = 0
    assert np.array_equal(got, want)


def test_overlaps_sort_the_windows(tmp_path):
    windows = [(i + 1, overlap, *BOX) for i, overlap in enumerate((0.1, 0.3, 0.5, 0.7, 0.9))]
    write_windows(tmp_path, windows[:2], windows[2:])
    text = layer(tmp_path, "fg_threshold: 0.7 bg_threshold: 0.3", "", 40)
    net = make_net(tmp_path, text)
    labels = np.concatenate([b[1] for b in batches(net, 3)])
    assert set(labels) == {0, 4, 5}
    assert (labels == 0).sum() == 90
    assert [w.label for w in net.layers[0].reader.windows[0]] == [0]


def test_cached_images_are_the_same(tmp_path):
    write_windows(tmp_path, ONE_EACH, ONE_EACH)
    runs = []
    for cache in ("false", "true"):
        caffe.set_random_seed(5)
        net = make_net(tmp_path, layer(tmp_path, f"cache_images: {cache}"))
        if cache == "true":
            (tmp_path / "0.png").unlink()
        runs.append(batches(net, 3))
    assert same(*runs)


def test_state_continues_with_the_very_next_batch(tmp_path):
    write_windows(tmp_path, ONE_EACH, ONE_EACH, ONE_EACH)
    text = layer(tmp_path, "", "mirror: true")
    net, resumed = make_net(tmp_path, text), make_net(tmp_path, text)
    batches(net, 3)
    resumed.set_state(net.get_state())
    assert same(batches(net, 5), batches(resumed, 5))


@pytest.mark.parametrize(
    "param, transform, message",
    [
        ("crop_mode: 'wrap'", "", "unknown crop_mode 'wrap'; expected 'warp' or 'square'"),
        ("context_pad: 8", "", "context_pad 8 on both sides leaves nothing of crop_size 16"),
        ("", "mean_value: 1 mean_value: 2", "mean_value is given 2 times"),
        ("fg_threshold: 0.95", "", "has no foreground window"),
        ("bg_threshold: 0.05", "", "has no background window"),
        ("fg_threshold: 0.05", "", "no background window"),
    ],
)
def test_bad_settings(tmp_path, param, transform, message):
    write_windows(tmp_path, ONE_EACH)
    with pytest.raises(LayerError, match=r"layer 'source' \(WindowData\): .*" + message):
        make_net(tmp_path, layer(tmp_path, param, transform))


def test_crop_size_and_batch_size_are_needed(tmp_path):
    write_windows(tmp_path, ONE_EACH)
    with pytest.raises(LayerError, match="needs transform_param.crop_size"):
        make_net(tmp_path, layer(tmp_path).replace(f"crop_size: {CROP}", ""))
    with pytest.raises(LayerError, match="batch_size is 0"):
        make_net(tmp_path, layer(tmp_path, batch=0))


def test_mean_smaller_than_the_crop(tmp_path):
    write_windows(tmp_path, ONE_EACH)
    write_blobproto(tmp_path / "m", np.zeros((1, 3, 15, 20), np.float32))
    with pytest.raises(LayerError, match="mean file '.*' is 3 x 15 x 20; expected .* 16 x 16"):
        make_net(tmp_path, layer(tmp_path, "", f"mean_file: '{tmp_path}/m'"))


HEAD = "# 0\n0.png\n3 40 60\n"


@pytest.mark.parametrize(
    "text, message",
    [
        ("", "window file '.*' is empty"),
        ("0\n0.png", "line 1: expected '# 0', got '0'"),
        ("# 1\n0.png", r"line 1: expected image index 0 \(they count from 0\), got '1'"),
        ("# 0\n0.png\n1 40 60 0", "line 3: expected 3 channels, got '1'"),
        (HEAD + "1\n1 0.5 1 2 3", "ends where y2 was expected"),
        (HEAD + "1\n1 half 1 2 3 4", "line 5: expected an overlap, got 'half'"),
        (HEAD + "1\n1.5 0.5 1 2 3 4", "line 5: expected a class, got '1.5'"),
        (HEAD + "2\n0 0.9 1 2 3 4\n0 0.1 1 2 3 4", "has label 0, expected 1 or more"),
    ],
)
def test_malformed_window_files(tmp_path, text, message):
    write_windows(tmp_path, ONE_EACH)
    (tmp_path / "windows.txt").write_text(text)
    with pytest.raises(LayerError, match=message):
        make_net(tmp_path, layer(tmp_path))


@pytest.mark.parametrize(
    "box", [(50, 5, 60, 9), (-1, 5, 9, 9), (9, 9, 8, 9), (3, 39, 5, 40), (3, 9, 5, 8)]
)
def test_windows_outside_their_image(tmp_path, box):
    write_windows(tmp_path, [(1, 1.0, *box), (0, 0.0, *box)])
    net = make_net(tmp_path, layer(tmp_path))
    with pytest.raises(LayerError, match=f"window x1 {box[0]} .*does not lie in image .*0.png"):
        net.forward()


def test_with_context_only_windows_wholly_outside_are_refused(tmp_path):
    partly, wholly = (50, 5, 65, 9), (100, 5, 120, 9)
    for box, fits in ((partly, True), (wholly, False)):
        write_windows(tmp_path, [(1, 1.0, *box), (0, 0.0, *box)])
        net = make_net(tmp_path, layer(tmp_path, "context_pad: 1"))
        if fits:
            net.forward()
            assert net.blobs["data"].data[:, :, 8, 0].all()
            assert not net.blobs["data"].data[:, :, :, -2:].any()
        else:
            with pytest.raises(LayerError, match="window x1 100 .*does not lie in image"):
                net.forward()


def test_missing_files(tmp_path):
    write_windows(tmp_path, ONE_EACH)
    net = make_net(tmp_path, layer(tmp_path))
    (tmp_path / "0.png").unlink()
    with pytest.raises(LayerError, match="image '.*0.png' cannot be read"):
        net.forward()
    with pytest.raises(LayerError, match="0.png' cannot be read"):
        make_net(tmp_path, layer(tmp_path, "cache_images: true"))
    (tmp_path / "windows.txt").unlink()
    with pytest.raises(LayerError, match="window file '.*' cannot be read"):
        make_net(tmp_path, layer(tmp_path))


def test_resize_is_what_crops_use(tmp_path):
    ramp = write_windows(tmp_path, ONE_EACH)
    ((data, _),) = batches(make_net(tmp_path, layer(tmp_path)), 1)
    cut = ramp[BOX[1] : BOX[3] + 1, BOX[0] : BOX[2] + 1, ::-1]
    assert np.array_equal(data[0], images.resize(cut, CROP, CROP).transpose(2, 0, 1))
