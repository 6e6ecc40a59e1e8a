"""VideoData: clips of frames, cut and mirrored as one, against their pictures."""

import numpy as np
import pytest
from gradcheck import build
from losskit import close
from PIL import Image

import caffe
from caffe._caffe.errors import CaffeError


@pytest.fixture
def frames(tmp_path):
    """Two folders of ten even frames, whose colour tells folder and number, and their list."""
    for pattern in ("image_{:04}.jpg", "{:06}.jpg"):
        for k, folder in enumerate(("a", "b")):
            (tmp_path / folder).mkdir(exist_ok=True)
            for i in range(1, 11):
                picture = np.full((6, 8, 3), 100 * k + 10 * i, np.uint8)
                picture[:, 4:] += 5  # the right half is lighter
                Image.fromarray(picture).save(
                    tmp_path / folder / pattern.format(i), quality=100, subsampling=0
                )
    (tmp_path / "list.txt").write_text("a 3 1\nb 1 7\n")
    return tmp_path


def video(folder, settings="", transform="", phase=caffe.TEST, lines=None, **kwargs):
    settings += "" if "new_length" in settings else " new_length: 3"
    if lines:
        (folder / "list.txt").write_text(lines)
    return build(
        f'type: "VideoData" transform_param {{ {transform} }} video_data_param {{ '
        f'source: "{folder}/list.txt" root_folder: "{folder}/" {settings} }}',
        tops=2, phase=phase, **kwargs,
    )  # fmt: skip


def levels(clip):
    """The left half's grey of each frame."""
    return clip[:, 0, :, 0, 0].round()


def test_clips_and_labels(frames):
    run = video(frames, "batch_size: 3")
    data, label = run.forward()
    assert data.shape == (3, 3, 3, 6, 8)
    close(levels(data), [[30, 40, 50], [110, 120, 130], [30, 40, 50]], atol=1)
    close(data[0, :, :, :, 7], data[0, :, :, :, 0] + 5, atol=1)
    close(label, [1, 7, 1])
    close(run.forward()[1], [7, 1, 7])


def test_mean_values_scale_gray_and_size(frames):
    data, _ = video(
        frames, "batch_size: 2 new_height: 3 new_width: 4", "mean_value: [1, 2, 3] scale: 0.5"
    ).forward()
    assert data.shape == (2, 3, 3, 3, 4)
    close(data[0, :, :, 0, 0], (np.array([[30, 40, 50]]) - [[1], [2], [3]]) / 2, atol=0.5)
    gray, _ = video(frames, "batch_size: 2 is_color: false").forward()
    assert gray.shape == (2, 1, 3, 6, 8)


@pytest.mark.parametrize("axes", [4, 5])
def test_mean_files(frames, axes):
    shape = (1, 3, 6, 8) if axes == 4 else (1, 3, 4, 6, 8)
    mean = np.arange(np.prod(shape), dtype=np.float32).reshape(shape) / 8
    blob = caffe.proto.caffe_pb2.BlobProto(data=mean.ravel())
    blob.shape.dim.extend(shape)
    (frames / "mean.binaryproto").write_bytes(blob.SerializeToString())
    plain, _ = video(frames).forward()
    data, _ = video(frames, "", f'mean_file: "{frames}/mean.binaryproto" crop_size: 4').forward()
    want = plain - (mean[:, :, None] if axes == 4 else mean[:, :, :3])
    close(data, want[:, :, :, 1:5, 2:6], atol=1e-4)


def test_crop_and_mirror_are_drawn_once_a_clip(frames):
    run = video(frames, "batch_size: 20", "mirror: true crop_size: 5", caffe.TRAIN)
    data, _ = run.forward()
    assert data.shape == (20, 3, 3, 5, 5)
    columns = [(clip[0, 0, 0] > clip[0, 0, 0].mean()).tolist() for clip in data]
    assert len({tuple(c) for c in columns}) > 2  # clips differ
    for clip in data:  # and the frames of one do not
        shifted = clip - clip[:, :, :1, :1]
        close(shifted, np.broadcast_to(shifted[:, :1], shifted.shape), atol=2)


def test_c3ds_rates(frames):
    (data, label) = video(frames, "use_image: true sampling_rate: 4", lines="b 2 5").forward()
    close(levels(data), [[120, 160, 200]], atol=1)
    close(label, [5])


def test_c3ds_jitter(frames):
    settings = "use_image: true use_temporal_jitter: true batch_size: 40 max_sampling_rate: 3 "
    run = video(frames, settings + "use_sampling_rate_jitter: true", phase=caffe.TRAIN,
                lines="a 10 5")  # fmt: skip
    clips = (levels(run.forward()[0]) / 10).round().astype(int)
    steps = np.diff(clips, axis=1)
    assert (steps[:, 0] == steps[:, 1]).all() and set(steps[:, 0]) == {1, 2, 3}
    for rate in (1, 2, 3):
        starts = set(clips[steps[:, 0] == rate, 0])
        assert starts <= set(range(1, 10 - 3 * rate + 2))


def test_several_labels(frames):
    settings = "use_image: true use_multiple_label: true num_of_labels: 4 batch_size: 2"
    _, label = video(frames, settings, lines="a 1 0,3\nb 1 2").forward()
    close(label, [[1, 0, 0, 1], [0, 0, 1, 0]])


@pytest.mark.parametrize(
    ("settings", "lines", "message"),
    [
        ("new_height: 3", "a 1 0", "both be set"),
        ("new_length: 0", "a 1 0", "new_length > 0"),
        ("batch_size: 0", "a 1 0", "batch_size > 0"),
        ("sampling_rate: 2", "a 1 0", "no video files"),
        ("num_segments: 2", "a 1 0", "num_segments"),
        ("use_image: true use_multiple_label: true", "a 1 0", "num_of_labels"),
        ("use_image: true use_multiple_label: true num_of_labels: 2", "a 1 0,2", "go beyond"),
        ("use_image: true use_temporal_jitter: true sampling_rate: 4", "a 10 0", "needs 12"),
        ("", "a 1", "folder, frame and label"),
        ("", "a one 1", "folder, frame and label"),
        ("", "a 1 1,2", "folder, frame and label"),
        ("", "a 9 0", "image_0011.jpg"),
        ("", "list.txt 1 0", "no videos"),
        ("rand_skip: 40", "a 1 0", "rand_skip"),
    ],
)
def test_refusals(frames, settings, lines, message):
    with pytest.raises(CaffeError, match=message):
        video(frames, settings, lines=lines, seed=5)


def test_means_that_do_not_fit(frames):
    with pytest.raises(CaffeError, match="once per channel"):
        video(frames, "", "mean_value: [1, 2]")
    blob = caffe.proto.caffe_pb2.BlobProto(data=np.zeros(3 * 2 * 6 * 8))
    blob.shape.dim.extend((1, 3, 2, 6, 8))
    (frames / "mean.binaryproto").write_bytes(blob.SerializeToString())
    with pytest.raises(CaffeError, match="3 or more frames"):
        video(frames, "", f'mean_file: "{frames}/mean.binaryproto"')
