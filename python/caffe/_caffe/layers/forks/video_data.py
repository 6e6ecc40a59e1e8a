"""VideoData of video-caffe and of C3D v1.1: clips of frames that lie as JPEG files in folders."""

from pathlib import Path

import numpy as np

from ....proto import caffe_pb2
from ...core.layer import register
from ...errors import FormatError
from ...formats.snapshot import read_blobproto
from ...log import info
from ...sources import images
from ...sources.lists import ListReader, read_words
from ...sources.prefetch import PrefetchingLayer
from ...sources.transform import Transformer

C3DS = (
    "show_data use_image use_temporal_jitter sampling_rate max_sampling_rate "
    "use_sampling_rate_jitter use_multiple_label num_of_labels"
)
OTHERS = (
    "video_type device_id video_file skip_frames scale mean_file crop_size mirror num_segments "
    "modality name_pattern encoded grayscale length_first rand_step step"
)


@register("VideoData")
class VideoData(PrefetchingLayer):
    """Clips and labels from a list file (video_data_layer.cpp). Tops: (N, C, L, H, W), (N,).

    Each line of `source` is a folder (put after root_folder), the number of a clip's first frame,
    and a label. A clip is `new_length` frames of the folder: image_0001.jpg and so on or, with
    C3D's `use_image`, 000001.jpg, every sampling_rate-th. transform_param's crop and mirror are
    drawn once a clip; a mean file is one picture's, or holds as many frames as a clip (or more,
    of which the first ones count).

    C3D's fields: with use_temporal_jitter the line's number is that of the folder's frames, and a
    clip begins anywhere in TRAIN, at frame 0 in TEST; use_sampling_rate_jitter draws every clip's
    rate up to max_sampling_rate; use_multiple_label makes the second top (N, num_of_labels), 1
    where the line has the number ("1,4"). show_data shows nothing.

    Unlike the forks, it reads no video files; and a clip that cannot be read is an error in TRAIN,
    too, where C3D passes over it.
    """

    tops = (2, 2)

    def open(self):
        param = self.layer_param.video_data_param
        self.check_new_size(param)
        for name in OTHERS.split():
            self.check(not param.HasField(name), f"reads no video_data_param.{name}")
        self.check_positive(param, "batch_size", "new_length")
        if any(param.HasField(name) for name in C3DS.split()):
            self.check(
                param.use_image,
                "reads no video files: write their frames into folders, as 000001.jpg and so on, "
                "and set use_image: true",
            )
            self.check(param.HasField("new_length"), "needs new_length")
            self.check(
                not param.use_multiple_label or param.HasField("num_of_labels"),
                "needs num_of_labels with use_multiple_label",
            )
            self.check_positive(param, "sampling_rate", "max_sampling_rate")
        reader = ClipReader(param, self.layer_param.transform_param, self.phase)
        info(f"A total of {len(reader.lines)} video chunks.", src="video_data_layer.cpp:73")
        reader.size_up()
        return reader


class ClipReader(ListReader):
    """The clips of a list and their labels."""

    def __init__(self, param, transform, phase):
        self.param, self.train = param, phase == caffe_pb2.TRAIN
        channels = 3 if param.is_color or param.use_image else 1
        self.transformer = ClipTransformer(transform, phase, channels, param.new_length)
        jitter = param.use_temporal_jitter and self.train or param.use_sampling_rate_jitter
        lines = [self._parse(words) for words in read_words(param.source)]
        random = self.transformer.random or jitter
        super().__init__(lines, param.batch_size, param.shuffle, random, param.rand_skip)

    def _parse(self, words):
        try:
            folder, frame, label = words
            labels = [int(n) for n in label.split(",")]
            line = folder, int(frame), labels
        except ValueError:
            line = "", 0, []
        most = self.param.num_of_labels if self.param.use_multiple_label else 0
        if not line[0] or (not most and len(line[2]) > 1):
            raise FormatError(
                f"'{self.param.source}': expected lines of folder, frame and label, got "
                f"{' '.join(words)[:120]!r}"
            )
        if most and not all(0 <= n < most for n in line[2]):
            source = self.param.source
            raise FormatError(f"'{source}': labels {line[2]} go beyond num_of_labels {most}")
        return line

    def item(self, line, draws):
        """Return the clip (C, L, H, W), and its label () or labels (num_of_labels,)."""
        folder, start, labels = line
        param, folder = self.param, self.param.root_folder + folder
        rate, length = param.sampling_rate, param.new_length
        if param.use_sampling_rate_jitter:
            rate = int(draws.randint(param.max_sampling_rate)) + 1
        if param.use_temporal_jitter:
            spare = start - length * rate
            if spare < 0:
                raise FormatError(
                    f"'{folder}' has {start} frames by its list, a clip needs {length * rate}"
                )
            start = int(draws.randint(spare + 1)) + 1 if self.train else 0
        clip = [self._frame(folder, start + i * rate) for i in range(length)]
        if len({frame.shape for frame in clip}) > 1:
            raise FormatError(f"the frames of '{folder}' from {start} on are of several sizes")
        top = self.transformer.clip(np.stack(clip, 1), draws, f"clip '{folder}' from {start} on")
        if not param.use_multiple_label:
            return [top, np.float32(labels[0])]
        several = np.zeros(param.num_of_labels, np.float32)
        several[labels] = 1
        return [top, several]

    def _frame(self, folder, number):
        param = self.param
        if Path(folder).is_file():
            raise FormatError(f"'{folder}' is a file: only folders of frames are read, no videos")
        name = f"{number:06}.jpg" if param.use_image else f"image_{number:04}.jpg"
        color = images.COLOR if param.is_color or param.use_image else images.GRAY
        frame = images.read(f"{folder}/{name}", color)
        if param.new_height:
            frame = images.resize(frame, param.new_height, param.new_width)
        return frame.transpose(2, 0, 1)


class ClipTransformer(Transformer):
    """BVLC's transformer, which takes a clip as one picture of C L channels."""

    def __init__(self, param, phase, channels: int, length: int):
        plain = caffe_pb2.TransformationParameter()
        plain.CopyFrom(param)
        plain.ClearField("mean_file")
        super().__init__(plain, phase)
        if self.means.size not in (0, 1, channels):
            raise FormatError(
                f"frames have {channels} channels, but mean_value is given {self.means.size} "
                "times; give it once, or once per channel"
            )
        if self.means.size > 1:
            self.means = np.repeat(self.means, length)
        if not param.HasField("mean_file"):
            return
        if self.means.size:
            raise FormatError("transform_param gives both mean_file and mean_value; give one")
        mean = read_blobproto(param.mean_file)
        if mean.ndim == 4:
            mean = np.repeat(mean[:, :, None], length, axis=2)
        if mean.ndim != 5 or mean.shape[:2] != (1, channels) or mean.shape[2] < length:
            raise FormatError(
                f"mean file '{param.mean_file}' holds {mean.shape}; expected (1, {channels}, "
                f"{length} or more frames, height, width) or without frames"
            )
        self.mean_file = param.mean_file
        self.mean = mean[0, :, :length].reshape(channels * length, *mean.shape[3:])

    def clip(self, frames: np.ndarray, draws, name: str) -> np.ndarray:
        """Transform a clip (C, L, H, W); `name` names it in errors."""
        picture = frames.reshape(-1, *frames.shape[2:])
        out = np.empty(self.shape(picture.shape, name), np.float32)
        self.apply(picture, out, draws, name)
        return out.reshape(*frames.shape[:2], *out.shape[1:])
