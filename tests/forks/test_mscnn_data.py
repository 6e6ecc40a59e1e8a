"""MS-CNN's ImageGtData: its pictures and truth maps against the fork's loops."""

import numpy as np
import pytest
from gradcheck import build
from losskit import close
from PIL import Image

import caffe
from caffe._caffe.errors import CaffeError

MAPS = "downsample_rate: 8 downsample_rate: 16 field_h: 20 field_w: 16 field_h: 40 field_w: 32"


@pytest.fixture
def pictures(tmp_path):
    random = np.random.default_rng(3)
    for name, size in (("a.png", (64, 96)), ("b.png", (40, 48))):
        Image.fromarray(random.integers(0, 256, (*size, 3), np.uint8)).save(tmp_path / name)
    return tmp_path


def write(folder, *entries):
    lines = []
    for i, (name, (height, width), boxes, regions) in enumerate(entries):
        lines += [f"# {i}", name, "3", str(height), str(width), str(len(boxes))]
        lines += [" ".join(map(str, b)) for b in boxes] + [str(len(regions))]
        lines += [" ".join(map(str, r)) for r in regions]
    (folder / "windows.txt").write_text("\n".join(lines))


def reader(folder, settings="", transform="", maps=MAPS, tops=4, batch=1):
    return build(
        f'type: "ImageGtData" transform_param {{ {transform} }} image_gt_data_param {{ {maps} '
        f'source: "{folder}/windows.txt" root_folder: "{folder}/" batch_size: {batch} '
        f"output_gt_boxes: true {settings} }}", tops=tops, phase=caffe.TRAIN,
    )  # fmt: skip


def iou(a, b, of_a=False):
    """Of boxes x, y, width, height."""
    if min(*a[2:], *b[2:]) <= 0:
        return 0
    w = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    h = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    both = max(w, 0) * max(h, 0)
    return both / (a[2] * a[3] if of_a else a[2] * a[3] + b[2] * b[3] - both)


def loops(boxes, regions, size, border, threshold=0.5):
    """The maps of boxes (x1, y1, x2, y2, label, ignore) in a picture; border: (y0, x0, h, w)."""
    maps, best, matched = [], {}, set()
    for nn, (rate, fh, fw) in enumerate(((8, 20, 16), (16, 40, 32))):
        rows, columns = size[0] // rate, size[1] // rate
        y0, x0, high, wide = (int(v / rate + 0.5) for v in border)
        top = np.zeros((6, rows, columns))
        for h in range(rows):
            for w in range(columns):
                field = ((w + 0.5) * rate - fw / 2, (h + 0.5) * rate - fh / 2, fw, fh)
                out = not (y0 <= h < y0 + high and x0 <= w < x0 + wide)
                rel = [(r[0], r[1], r[2] - r[0], r[3] - r[1]) for r in regions]
                if out or sum(iou(field, r, True) for r in rel) >= 0.4:
                    top[5, h, w] = 1
                    continue
                most, which = 0, None
                for i, b in enumerate(boxes):
                    o = iou((b[0], b[1], b[2] - b[0], b[3] - b[1]), field)
                    if o > most:
                        most, which = o, i
                    if o > best.get(i, (0, 0))[0]:
                        best[i] = o, nn
                if which is not None and most > threshold:
                    b = boxes[which]
                    top[0, h, w] = 0 if b[5] else b[4]
                    top[1:5, h, w] = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[2] - b[0], b[3] - b[1]
                    matched.add(which)
                top[5, h, w] = most
        maps.append(top)
    for i, b in enumerate(boxes):
        if b[5] or i in matched or best.get(i, (0, 0))[0] < 0.2:
            continue
        nn = best[i][1]
        rate, (_, rows, columns) = (8, 16)[nn], maps[nn].shape
        x, y = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
        h, w = min(max(int(y // rate), 0), rows - 1), min(max(int(x // rate), 0), columns - 1)
        if maps[nn][0, h, w] <= 0:
            maps[nn][:5, h, w] = b[4], x, y, b[2] - b[0], b[3] - b[1]
    return maps


BOXES = [(2, 0, 20, 20, 36, 42), (1, 0, 60, 10, 71, 21), (3, 1, 40, 30, 70, 63), (1, 0, 2, 2, 5, 4),
         (4, 0, 40, 2, 73, 42)]  # fmt: skip


def test_a_picture_of_the_right_size(pictures):
    write(pictures, ("a.png", (64, 96), BOXES, [(70, 40, 96, 64)]))
    data, *maps, boxes = reader(pictures, "scale: 0.5", "mean_value: [1, 2, 3]").forward()
    image = np.asarray(Image.open(pictures / "a.png"))[:, :, ::-1].transpose(2, 0, 1)
    close(data[0], (image - np.float32([[[1]], [[2]], [[3]]])) / 2)
    want = [(*b[2:], *b[:2]) for b in BOXES]
    close(boxes.reshape(-1, 7), [(0, *b) for b in want])
    for got, expected in zip(maps, loops(want, [(70, 40, 96, 64)], (64, 96), (0, 0, 64, 96)),
                             strict=True):  # fmt: skip
        assert expected[0].any() and (expected[5] == 1).any()
        close(got[0], expected, atol=1e-4)


@pytest.mark.parametrize("name", ["a.png", "b.png"])
def test_cut_or_padded_and_mirrored(pictures, name):
    size = {"a.png": (64, 96), "b.png": (40, 48)}[name]
    least = [(1, 0, 4, 4, 20, 24), (2, 0, 20, 8, 38, 36)]
    write(pictures, (name, size, least, [(0, 0, 9, 9)]))
    crop = "crop_height: 48 crop_width: 64 min_gt_height: 26 resize_height: {} resize_width: {}"
    resize = (64, 96) if name == "a.png" else (48, 64)
    run = reader(pictures, crop.format(*resize), "mirror: true", batch=24)
    data, *maps, boxes = run.forward()
    image = np.asarray(Image.open(pictures / name))[:, :, ::-1]
    fy, fx = resize[0] / size[0], resize[1] / size[1]
    if resize != size:
        image = caffe._caffe.sources.images.resize(np.ascontiguousarray(image), *resize)
    seen = set()
    for i in range(24):
        found = None
        for flip in (0, 1):
            whole = (image[:, ::-1] if flip else image).transpose(2, 0, 1)
            for y in range(resize[0] - 48 + 1):
                for x in range(resize[1] - 64 + 1):
                    if (whole[:, y : y + 48, x : x + 64] == data[i]).all():
                        found = flip, y, x
        if resize != size and found is None:
            continue  # resized after the mirror: equal only where the rounding is
        flip, y, x = found
        seen.add(found)
        want = []
        for label, _, x1, y1, x2, y2 in [*least, (0, 0, 0, 0, 9, 9)]:
            x1, x2 = (size[1] - x2, size[1] - x1) if flip else (x1, x2)
            b = [x1 * fx - x, y1 * fy - y, x2 * fx - x, y2 * fy - y]
            cx, cy = (b[0] + b[2]) / 2, (b[1] + b[3]) / 2
            out = not (0 <= cx < 64 and 0 <= cy < 48) or b[3] - b[1] + 1 < 26
            want.append((*b, label, int(out)))
        close(boxes.reshape(24, 2, 7)[i], [(i, *b) for b in want[:2]], atol=1e-4)
        expected = loops(want[:2], [want[2][:4]], (48, 64), (0, 0, 48, 64))
        for got, e in zip(maps, expected, strict=True):
            close(got[i], e, atol=1e-4)
    assert len(seen) > 3 if resize == size else seen


def test_a_smaller_picture_gets_a_border(pictures):
    boxes = [(1, 0, 4, 4, 20, 24)]
    write(pictures, ("b.png", (40, 48), boxes, []), ("a.png", (64, 96), [], []))
    data, *maps, found = reader(pictures, batch=2).forward()
    assert data.shape == (2, 3, 64, 96) and found.shape == (1, 7, 1, 1)
    image = np.asarray(Image.open(pictures / "b.png"))[:, :, ::-1].transpose(2, 0, 1)
    places = [(y, x) for y in range(25) for x in range(49)
              if (data[0, :, y : y + 40, x : x + 48] == image).all()]  # fmt: skip
    ((y, x),) = places
    assert 12 - 10 <= y < 12 + 10 and 24 - 10 <= x < 24 + 10
    want = (4 + x, 4 + y, 20 + x, 24 + y, 1, 0)
    close(found.ravel(), (0, *want))
    expected = loops([want], [], (64, 96), (y, x, 40, 48))
    for got, e in zip(maps, expected, strict=True):
        close(got[0], e, atol=1e-4)
    assert not maps[0][1, 5].any()


def test_sizes_are_drawn(pictures):
    write(pictures, ("a.png", (64, 96), [(1, 0, 30, 20, 50, 40)], []))
    scales = "do_multiple_scale: true min_scale: 10 max_scale: 80 fg_img_multiple: 3"
    *_, found = reader(pictures, scales, batch=60, tops=4).forward()
    rows = found.reshape(-1, 7)
    sizes = np.unique((rows[:, 3] - rows[:, 1]).round(3))
    close(sizes, 20 * 2 ** np.arange(-1, 2.1, 0.5), rtol=1e-3)
    aspects = scales + " min_whaspect: 0.5 max_whaspect: 1.5"
    *_, found = reader(pictures, aspects, batch=200, tops=4).forward()
    rows = found.reshape(-1, 7)
    shapes = ((rows[:, 3] - rows[:, 1]) / (rows[:, 4] - rows[:, 2])).round(2)
    assert len(set(shapes)) > 8 and 0.5 <= shapes.min() and shapes.max() <= 1.45
    close(shapes * 20, (shapes * 20).round(), atol=0.21)


def test_no_box_at_all(pictures):
    write(pictures, ("a.png", (64, 96), [], []))
    data, *maps, found = reader(pictures, "crop_height: 32 crop_width: 48").forward()
    assert data.shape == (1, 3, 32, 48) and not any(m.any() for m in maps)
    close(found.ravel(), (0, 1, 1, 2, 2, 1, 1))


@pytest.mark.parametrize(
    ("settings", "kwargs", "message"),
    [
        ("", {"tops": 3}, "has 4 tops"),
        ("coord_num: 5", {}, "coord_num"),
        ("", {"maps": "downsample_rate: 8", "tops": 3}, "as many field_h"),
        ("", {"maps": "downsample_rate: 10 field_h: 2 field_w: 2", "tops": 3}, "does not fit"),
        ("crop_height: 65 crop_width: 20", {}, "beyond"),
        ("do_multiple_scale: true min_scale: 9 max_scale: 8", {}, "above max_scale"),
        ("", {"transform": "mean_value: [1, 2]"}, "once per channel"),
    ],
)
def test_refusals(pictures, settings, kwargs, message):
    write(pictures, ("a.png", (64, 96), BOXES, []))
    with pytest.raises(CaffeError, match=message):
        reader(pictures, settings, **kwargs)


@pytest.mark.parametrize("text", ["", "# 0 a.png 3 64 96 1 0 0 1 1 2 2 0", "# 0 a.png 3 64 96 1",
                                  "0 a.png 3 64 96 0 0", "# 0 a.png 1 64 96 0 0"])  # fmt: skip
def test_files_that_are_none(pictures, text):
    (pictures / "windows.txt").write_text(text)
    with pytest.raises(CaffeError, match="window file"):
        reader(pictures)
