"""PSPNet50 and DeepLabv3 on ResNet-50 in plain PyTorch, in the order of the nets' layers."""

import torch
from torch import nn
from torch.nn import functional as F

UNITS = (3, 4, 6, 3)


def conv_bn(inputs: int, outputs: int, kernel: int = 1, stride: int = 1, rate: int = 1,
            relu: bool = True, bias: bool = False) -> nn.Sequential:  # fmt: skip
    """Convolution of its input's size, normalisation, rectifier."""
    pad = rate * (kernel // 2)
    layers: list[nn.Module] = [
        nn.Conv2d(inputs, outputs, kernel, stride, pad, rate, bias=bias),
        nn.BatchNorm2d(outputs),
    ]
    return nn.Sequential(*layers, *([nn.ReLU(inplace=True)] if relu else []))


class Bottleneck(nn.Module):
    """A residual unit; the first convolution strides."""

    def __init__(self, inputs: int, width: int, stride: int, rate: int, project: bool):
        super().__init__()
        self.body = nn.Sequential(
            conv_bn(inputs, width, 1, stride),
            conv_bn(width, width, 3, 1, rate),
            conv_bn(width, 4 * width, relu=False),
        )
        shortcut = conv_bn(inputs, 4 * width, 1, stride, relu=False)
        self.shortcut = shortcut if project else nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.relu_(self.body(x).add_(self.shortcut(x)))


def stages(inputs: int, width: int, multi_grid: tuple[int, int, int]) -> nn.Sequential:
    """Stages 2 to 5 at output stride 8."""
    units = []
    for stage, count in enumerate(UNITS):
        rate = (1, 1, 2, 4)[stage]
        for i in range(count):
            at = rate * multi_grid[i] if stage == 3 else rate
            stride = 2 if stage == 1 and i == 0 else 1
            units.append(Bottleneck(inputs, width * 2**stage, stride, at, i == 0))
            inputs = 4 * width * 2**stage
    return nn.Sequential(*units)


def resize(x: torch.Tensor, size) -> torch.Tensor:
    return F.interpolate(x, size, mode="bilinear", align_corners=True)


class PSPNet(nn.Module):
    """PSPNet50 for 150 classes; pictures of 48 k - 7 pixels."""

    def __init__(self, width: int = 64, classes: int = 150):
        super().__init__()
        self.trunk = nn.Sequential(
            conv_bn(3, width, 3, 2),
            conv_bn(width, width, 3),
            conv_bn(width, 2 * width, 3),
            nn.MaxPool2d(3, 2, 1),
            stages(2 * width, width, (1, 1, 1)),
        )
        self.branches = nn.ModuleList(conv_bn(32 * width, 8 * width) for _ in (1, 2, 3, 6))
        self.joint = conv_bn(64 * width, 8 * width, 3)
        self.score = nn.Conv2d(8 * width, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.trunk(image)
        pooled = []
        for bins, branch in zip((1, 2, 3, 6), self.branches, strict=True):
            cell = x.shape[-1] // bins
            pooled.append(resize(branch(F.avg_pool2d(x, cell, cell)), x.shape[2:]))
        x = self.joint(torch.cat([x, *reversed(pooled)], 1))
        return resize(self.score(x), image.shape[2:])


class DeepLabv3(nn.Module):
    """DeepLabv3 on ResNet-50 for 21 classes at output stride 8; pictures of 8 k + 1 pixels."""

    def __init__(self, width: int = 64, classes: int = 21):
        super().__init__()
        self.trunk = nn.Sequential(
            conv_bn(3, width, 7, 2, bias=True),
            nn.MaxPool2d(3, 2, 1),
            stages(width, width, (1, 2, 4)),
        )
        wide, thin = 32 * width, 4 * width
        self.pooled = conv_bn(wide, thin)
        self.branches = nn.ModuleList(
            [conv_bn(wide, thin), *(conv_bn(wide, thin, 3, 1, rate) for rate in (12, 24, 36))]
        )
        self.joint = conv_bn(5 * thin, thin)
        self.score = nn.Conv2d(thin, classes, 1)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        x = self.trunk(image)
        pooled = resize(self.pooled(F.adaptive_avg_pool2d(x, 1)), x.shape[2:])
        x = self.joint(torch.cat([pooled, *(branch(x) for branch in self.branches)], 1))
        return resize(self.score(x), image.shape[2:])
