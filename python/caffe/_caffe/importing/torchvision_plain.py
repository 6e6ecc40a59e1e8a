"""torchvision's models straight over their state dict, to prove an import by.

Nothing here knows Caffe: names, strides and order are torchvision's.
"""

import torch
from torch.nn import functional as F

RATES = (12, 24, 36)  # of DeepLabv3's branches
BATCH_NORM_EPS = 1e-5


class Plain:
    """The models as functions of their state dict."""

    def __init__(self, state: dict[str, torch.Tensor]):
        self.state = state

    def scores(self, kind: str, x: torch.Tensor) -> torch.Tensor:
        """Return the class scores of pictures (N, 3, H, W), before they are enlarged."""
        if kind == "vgg16":
            return self._vgg(x)
        x = F.relu(self._bn("backbone.bn1", self._conv("backbone.conv1", x, stride=2, padding=3)))
        x = F.max_pool2d(x, 3, 2, 1)
        for layer, (stride, first, dilation) in enumerate(
            ((1, 1, 1), (2, 1, 1), (1, 1, 2), (1, 2, 4)), 1
        ):
            i = 0
            while f"backbone.layer{layer}.{i}.conv1.weight" in self.state:
                rate = dilation if i else first
                x = self._bottleneck(f"backbone.layer{layer}.{i}", x, 1 if i else stride, rate)
                i += 1
        if kind.startswith("fcn"):
            x = F.relu(self._bn("classifier.1", self._conv("classifier.0", x, padding=1)))
        else:
            x = self._aspp("classifier.0", x)
            x = F.relu(self._bn("classifier.2", self._conv("classifier.1", x, padding=1)))
        return self._conv("classifier.4", x)

    def _conv(self, name, x, **how):
        return F.conv2d(x, self.state[name + ".weight"], self.state.get(name + ".bias"), **how)

    def _bn(self, name, x):
        parts = ("running_mean", "running_var", "weight", "bias")
        mean, variance, weight, bias = (self.state[f"{name}.{p}"] for p in parts)
        return F.batch_norm(x, mean, variance, weight, bias, eps=BATCH_NORM_EPS)

    def _bottleneck(self, at, x, stride, rate):
        y = F.relu(self._bn(at + ".bn1", self._conv(at + ".conv1", x)))
        y = self._conv(at + ".conv2", y, stride=stride, padding=rate, dilation=rate)
        y = self._bn(at + ".bn3", self._conv(at + ".conv3", F.relu(self._bn(at + ".bn2", y))))
        if at + ".downsample.0.weight" in self.state:
            x = self._bn(at + ".downsample.1", self._conv(at + ".downsample.0", x, stride=stride))
        return F.relu(x + y)

    def _aspp(self, at, x):
        found = [F.relu(self._bn(at + ".convs.0.1", self._conv(at + ".convs.0.0", x)))]
        for i, rate in enumerate(RATES, 1):
            y = self._conv(f"{at}.convs.{i}.0", x, padding=rate, dilation=rate)
            found.append(F.relu(self._bn(f"{at}.convs.{i}.1", y)))
        y = self._conv(at + ".convs.4.1", x.mean((2, 3), keepdim=True))
        y = F.relu(self._bn(at + ".convs.4.2", y))
        found.append(F.interpolate(y, x.shape[2:], mode="bilinear"))
        return F.relu(
            self._bn(at + ".project.1", self._conv(at + ".project.0", torch.cat(found, 1)))
        )

    def _vgg(self, x):
        for i in range(31):
            if f"features.{i}.weight" in self.state:
                x = F.relu(self._conv(f"features.{i}", x, padding=1))
            elif f"features.{i - 1}.weight" not in self.state:
                x = F.max_pool2d(x, 2)
        x = F.adaptive_avg_pool2d(x, 7).flatten(1)
        for i in (0, 3, 6):
            x = F.linear(
                x, self.state[f"classifier.{i}.weight"], self.state[f"classifier.{i}.bias"]
            )
            x = F.relu(x) if i < 6 else x
        return x
