"""Classify windows of images, as R-CNN does (Girshick et al., CVPR 2014).

The selective search mode needs the package `selective_search_ijcv_with_python`.
"""

import os

import numpy as np

from . import io
from .classifier import input_transformer
from .proto.caffe_pb2 import TEST
from .pycaffe import Net


class Detector(Net):
    """A Net in TEST phase that classifies windows of images.

    `context_pad` is the width in pixels of the border of the net's input that shows what lies
    around a window; the part of it beyond the image is filled with the mean. The other settings
    are those of `io.Transformer`.
    """

    def __init__(
        self,
        model_file,
        pretrained_file,
        mean=None,
        input_scale=None,
        raw_scale=None,
        channel_swap=None,
        context_pad=None,
    ):
        super().__init__(model_file, TEST, weights=pretrained_file)
        self.transformer = input_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.configure_crop(context_pad)

    def detect_windows(self, images_windows):
        """Classify windows; each is warped to the size of the net's input.

        Parameters
        ----------
        images_windows : iterable of (str, sequence)
            An image file and its windows, each (ymin, xmin, ymax, xmax) in pixels.

        Returns
        -------
        list of dict
            One per window, in order, with the keys `filename`, `window` and `prediction`.
        """
        detections, crops = [], []
        for filename, windows in images_windows:
            image = io.load_image(filename)
            for window in windows:
                detections.append({"window": window, "filename": filename})
                crops.append(self.crop(image, window))
        if not crops:
            return []
        name = self.inputs[0]
        batch = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.forward_all(**{name: batch})[self.outputs[0]]
        for detection, prediction in zip(detections, predictions, strict=True):
            detection["prediction"] = prediction
        return detections

    def detect_selective_search(self, image_fnames):
        """`detect_windows` over the windows that selective search proposes for each image."""
        import selective_search_ijcv_with_python as selective_search

        # MATLAB runs in a folder of its own.
        paths = [os.path.abspath(name) for name in image_fnames]
        windows = selective_search.get_windows(paths, cmd="selective_search_rcnn")
        return self.detect_windows(zip(paths, windows, strict=True))

    def crop(self, im, window):
        """Return the window (ymin, xmin, ymax, xmax) of `im`, with its context if configured."""
        window = np.asarray(window)
        if not self.context_pad:
            top, left, bottom, right = (int(v) for v in window)
            return im[top:bottom, left:right]
        box = self._context_box(window)
        side = self.crop_dims[1]
        scale = side / (box[2:] - box[:2] + 1)
        start = np.round(np.maximum(0, -box[:2]) * scale).astype(int)
        inside = np.clip(box, 0, np.tile(im.shape[:2], 2)).astype(int)
        extent = inside[2:] - inside[:2]
        if (extent <= 0).any():
            raise ValueError(f"window {window.tolist()} lies outside the image of {im.shape[:2]}")
        # BVLC counts both end pixels of the clipped box, one more than it then cuts out.
        size = np.minimum(np.round((extent + 1) * scale).astype(int), side - start)
        context = im[inside[0] : inside[2], inside[1] : inside[3]]
        crop = np.ones(self.crop_dims, dtype=np.float32) * self.crop_mean
        (y, x), (height, width) = start, size
        crop[y : y + height, x : x + width] = io.resize_image(context, (height, width))
        return crop

    def configure_crop(self, context_pad):
        """Set the crop's size and, where there is context, the mean that pads it.

        `crop_dims` is (H, W, K). `crop_mean` is the mean as an image: before raw scaling,
        channels in the image's order.
        """
        name = self.inputs[0]
        order = np.argsort(self.transformer.transpose[name])
        self.crop_dims = np.array(self.blobs[name].data.shape[1:])[order]
        self.context_pad = context_pad
        if not context_pad:
            return
        mean = self.transformer.mean.get(name)
        if mean is None:
            self.crop_mean = np.zeros(self.crop_dims, dtype=np.float32)
            return
        image = mean.reshape((-1,) + mean.shape[-2:]).transpose(order)
        if name in self.transformer.channel_swap:
            image = image[:, :, np.argsort(self.transformer.channel_swap[name])]
        self.crop_mean = image / self.transformer.raw_scale.get(name, 1)

    def _context_box(self, window):
        """Return the window grown about its centre so that it keeps the input less the border."""
        side = self.crop_dims[1]  # BVLC assumes a square input
        scale = side / (side - 2.0 * self.context_pad)
        half = (window[2:] - window[:2] + 1) / 2.0
        centre = window[:2] + half
        return np.round(np.concatenate([centre - scale * half, centre + scale * half]))
