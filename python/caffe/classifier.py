"""Classify images with a net whose first input takes an image."""

import numpy as np

from . import io
from .proto.caffe_pb2 import TEST
from .pycaffe import Net


def input_transformer(net, mean=None, input_scale=None, raw_scale=None, channel_swap=None):
    """Return an `io.Transformer` from H x W x K images to the first input of `net`."""
    name = net.inputs[0]
    transformer = io.Transformer({name: net.blobs[name].data.shape})
    transformer.set_transpose(name, (2, 0, 1))
    settings = {
        transformer.set_mean: mean,
        transformer.set_input_scale: input_scale,
        transformer.set_raw_scale: raw_scale,
        transformer.set_channel_swap: channel_swap,
    }
    for setter, value in settings.items():
        if value is not None:
            setter(name, value)
    return transformer


class Classifier(Net):
    """A Net in TEST phase that takes images and gives class probabilities.

    `image_dims` (height, width) is the size that images are brought to before crops of the
    input's size are taken; by default it is the input's size, so that the whole image is seen.
    The other settings are those of `io.Transformer`.
    """

    def __init__(
        self,
        model_file,
        pretrained_file,
        image_dims=None,
        mean=None,
        input_scale=None,
        raw_scale=None,
        channel_swap=None,
    ):
        super().__init__(model_file, TEST, weights=pretrained_file)
        self.transformer = input_transformer(self, mean, input_scale, raw_scale, channel_swap)
        self.crop_dims = np.array(self.blobs[self.inputs[0]].data.shape[2:])
        self.image_dims = self.crop_dims if image_dims is None else image_dims

    def predict(self, inputs, oversample=True):
        """Classify images.

        Parameters
        ----------
        inputs : iterable of ndarray
            N images H x W x K, which may differ in size.
        oversample : bool
            Average over the ten crops of `io.oversample`; otherwise the centre crop alone counts.

        Returns
        -------
        ndarray
            Probabilities, N x C.
        """
        images = np.stack([io.resize_image(image, self.image_dims) for image in inputs])
        if oversample:
            crops = io.oversample(images, self.crop_dims)
        else:
            crops = self._centre(images)
        name = self.inputs[0]
        batch = np.stack([self.transformer.preprocess(name, crop) for crop in crops])
        predictions = self.forward_all(**{name: batch})[self.outputs[0]]
        if oversample:
            predictions = predictions.reshape(len(images), len(crops) // len(images), -1).mean(1)
        return predictions

    def _centre(self, images):
        height, width = self.crop_dims
        if height > images.shape[1] or width > images.shape[2]:
            raise ValueError(
                f"cannot crop {height} x {width} from images of "
                f"{images.shape[1]} x {images.shape[2]}: image_dims must be at least the input size"
            )
        top, left = (images.shape[1] - height) // 2, (images.shape[2] - width) // 2
        return images[:, top : top + height, left : left + width]
