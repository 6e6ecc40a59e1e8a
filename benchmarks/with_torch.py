"""The same nets and steps in plain PyTorch: the baseline.

In bf16 as PyTorch's manual has it: autocast, and weights and pictures channels last.

Modules stand in the order of the net's layers, so `parameters()` and `net.params` correspond.
"""

from collections.abc import Callable

import numpy as np
import torch
from torch import nn
from torch.nn import functional as F

from .config import FCN8S, LENET, LENET_SHAPE, Config, Hyper, batch, fill, fill_convolutions
from .torch_resnets import DeepLabv3, PSPNet

BF16 = "bf16"
RESNETS: dict[str, Callable[[int], nn.Module]] = {"pspnet50": PSPNet, "deeplabv3": DeepLabv3}


def _block(inputs: int, outputs: int, convs: int, pad: int = 1) -> list[nn.Module]:
    """3x3 convolutions with ReLU, then 2x2 pooling, as in VGG16; `pad` is the first one's."""
    layers: list[nn.Module] = []
    for i in range(convs):
        layers += [nn.Conv2d(outputs if i else inputs, outputs, 3, padding=1 if i else pad)]
        layers += [nn.ReLU(inplace=True)]
    return [*layers, nn.MaxPool2d(2, 2, ceil_mode=True)]


class FCN8s(nn.Module):
    """FCN-8s on VGG16: image (1, 3, H, W) -> scores (1, classes, H, W)."""

    def __init__(self, classes: int = 21, width: int = 4096, dropout: float = 0.5):
        super().__init__()
        self.to_pool3 = nn.Sequential(
            *_block(3, 64, 2, pad=100), *_block(64, 128, 2), *_block(128, 256, 3)
        )
        self.to_pool4 = nn.Sequential(*_block(256, 512, 3))
        self.to_score = nn.Sequential(
            *_block(512, 512, 3),
            nn.Conv2d(512, width, 7),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(width, width, 1),
            nn.ReLU(inplace=True),
            nn.Dropout(dropout),
            nn.Conv2d(width, classes, 1),
        )
        self.upscore2 = nn.ConvTranspose2d(classes, classes, 4, stride=2, bias=False)
        self.score_pool4 = nn.Conv2d(512, classes, 1)
        self.upscore_pool4 = nn.ConvTranspose2d(classes, classes, 4, stride=2, bias=False)
        self.score_pool3 = nn.Conv2d(256, classes, 1)
        self.upscore8 = nn.ConvTranspose2d(classes, classes, 16, stride=8, bias=False)
        for frozen in (self.upscore2, self.upscore_pool4, self.upscore8):
            frozen.weight.requires_grad_(False)

    def forward(self, image: torch.Tensor) -> torch.Tensor:
        pool3 = self.to_pool3(image)
        pool4 = self.to_pool4(pool3)
        score = self.upscore2(self.to_score(pool4))
        score = score + _crop(self.score_pool4(pool4), 5, score)
        score = self.upscore_pool4(score)
        score = score + _crop(self.score_pool3(pool3), 9, score)
        return _crop(self.upscore8(score), 31, image)

    @staticmethod
    def loss(score: torch.Tensor, label: torch.Tensor) -> torch.Tensor:
        """Sum of the pixels' losses; label 255 does not count."""
        return F.cross_entropy(score, label[:, 0], ignore_index=255, reduction="sum")


def _crop(x: torch.Tensor, offset: int, like: torch.Tensor) -> torch.Tensor:
    height, width = like.shape[2:]
    return x[:, :, offset : offset + height, offset : offset + width]


class LeNet(nn.Sequential):
    """Caffe's LeNet for MNIST: (N, 1, 28, 28) -> scores (N, 10)."""

    def __init__(self):
        super().__init__(
            nn.Conv2d(1, 20, 5),
            nn.MaxPool2d(2, 2),
            nn.Conv2d(20, 50, 5),
            nn.MaxPool2d(2, 2),
            nn.Flatten(),
            nn.Linear(800, 500),
            nn.ReLU(inplace=True),
            nn.Linear(500, 10),
        )

    loss = staticmethod(F.cross_entropy)


def make_sgd(model: nn.Module, lr: float, momentum: float, decay: float) -> torch.optim.SGD:
    """Return SGD in which biases learn at twice the rate without decay, as in the prototxts."""
    learnt = [p for p in model.parameters() if p.requires_grad]
    weights = {"params": [p for p in learnt if p.ndim > 1], "weight_decay": decay}
    biases = {"params": [p for p in learnt if p.ndim == 1], "lr": 2 * lr}
    return torch.optim.SGD([weights, biases], lr=lr, momentum=momentum, foreach=True)


def train(
    model, optimizer, data: torch.Tensor, label: torch.Tensor, steps: int, precision
) -> float:
    """Take some steps on one batch, forward in the context `precision`; return the last loss."""
    for _ in range(steps):
        optimizer.zero_grad(set_to_none=True)
        with precision:
            loss = model.loss(model(data).float(), label)
        loss.backward()
        optimizer.step()
    return loss.item()


# -- the units that are timed, as in with_caffe.py


def _ready(model: nn.Module, config: Config) -> nn.Module:
    fill(p.detach().numpy() for p in model.parameters())
    torch.manual_seed(1337)
    return _placed(model, config)


def _placed(model: nn.Module, config: Config) -> nn.Module:
    """Return the model on its device, in the order of axes that its precision is fastest in."""
    torch.backends.cudnn.allow_tf32 = False  # float32 is float32, on both sides
    model = model.cuda() if config.gpu else model
    return channels_last(model) if config.precision == BF16 else model


def channels_last(model: nn.Module) -> nn.Module:
    """Order the filters' axes so that channels come last in memory; in place."""
    for param in model.parameters():
        if param.dim() == 4:
            param.data = param.contiguous(memory_format=torch.channels_last)
    return model


def autocast(config: Config) -> torch.autocast:
    """Return the context in which filters multiply in the precision asked for."""
    where = "cuda" if config.gpu else "cpu"
    return torch.autocast(where, torch.bfloat16, enabled=config.precision == BF16)


def _picture(data: np.ndarray, config: Config) -> torch.Tensor:
    """Return a batch on its device, ordered as `_placed` orders filters."""
    image = torch.from_numpy(data)
    image = image.cuda() if config.gpu else image
    if config.precision == BF16:
        image = image.contiguous(memory_format=torch.channels_last)
    return image


def _step(model: nn.Module, config: Config, hyper: Hyper, feed) -> Callable[[], float]:
    model = _ready(model, config)
    optimizer = make_sgd(model, *hyper)
    data, label = _picture(feed[0], config), torch.from_numpy(feed[1]).long()
    if config.gpu:
        label = label.cuda()
    return lambda: train(model, optimizer, data, label, config.steps, autocast(config))


def fcn8s(config: Config) -> FCN8s:
    return FCN8s(width=config.fc, dropout=0.5 if config.dropout else 0.0)


def fcn8s_step(config: Config) -> Callable[[], float]:
    feed = batch(config.image_shape, (1, 1, *config.image_shape[2:]), 21)
    return _step(fcn8s(config), config, FCN8S, feed)


def lenet_step(config: Config) -> Callable[[], float]:
    return _step(LeNet(), config, LENET, batch(LENET_SHAPE, LENET_SHAPE[:1], 10))


def ready(config: Config) -> nn.Module:
    """Return the net that `config.net` names, with its weights, for inference."""
    if config.net == "fcn8s":
        model = _ready(fcn8s(config), config)
    else:
        model = _resnet(RESNETS[config.net](config.trunk), config)
    return model.train(False)


def _resnet(model: nn.Module, config: Config) -> nn.Module:
    for module in model.modules():
        if isinstance(module, nn.Conv2d) and module.bias is not None:
            nn.init.zeros_(module.bias)  # as Caffe's
    fill_convolutions(p.detach().numpy() for p in model.parameters())
    return _placed(model, config)


def forward(config: Config) -> Callable[[], float]:
    model, data = ready(config), config.picture()

    def unit() -> float:
        with torch.inference_mode(), autocast(config):
            for _ in range(config.steps):
                score = model(_picture(data, config)).float().cpu()
        return float(score[0, 0, 0, 0])

    return unit


inference, fcn8s_optimized_step = forward, fcn8s_step  # the same baselines
