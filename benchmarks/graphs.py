"""A forward pass called from Python, or replayed as a CUDA graph; pictures stay on the device."""

from collections.abc import Callable

import torch

from . import with_caffe, with_torch
from .config import Config

Model = Callable[[torch.Tensor], torch.Tensor]


def called(config: Config, name: str) -> Callable[[], float]:
    """Make the pass called from Python; `name` is a key of MODELS."""
    return _unit(*MODELS[name](config), config)


def replayed(config: Config, name: str) -> Callable[[], float]:
    """Make the pass replayed as a CUDA graph."""
    return _unit(*_captured(*MODELS[name](config)), config)


def _caffe(config: Config) -> tuple[Model, torch.Tensor]:
    import caffe

    module = caffe.torch_module(with_caffe.fcn8s_net(config))
    return (lambda image: module(image)["score"]), _image(config)


MODELS: dict[str, Callable[[Config], tuple[Model, torch.Tensor]]] = {
    "caffe": _caffe,
    "torch": lambda config: (with_torch.ready(config), _image(config)),
}


def _image(config: Config) -> torch.Tensor:
    image = torch.from_numpy(config.picture())
    return image.cuda() if config.gpu else image


def _captured(model: Model, image: torch.Tensor) -> tuple[Model, torch.Tensor]:
    """Return what replays `model(image)`, captured after three calls on a stream of its own."""
    beside = torch.cuda.Stream()
    beside.wait_stream(torch.cuda.current_stream())
    with torch.inference_mode(), torch.cuda.stream(beside):
        for _ in range(3):
            model(image)
    torch.cuda.current_stream().wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.inference_mode(), torch.cuda.graph(graph):
        score = model(image)

    def replay(_: torch.Tensor) -> torch.Tensor:
        graph.replay()
        return score

    return replay, image


def _unit(model: Model, image: torch.Tensor, config: Config) -> Callable[[], float]:
    def unit() -> float:
        with torch.inference_mode():
            for _ in range(config.steps):
                score = model(image)
            return float(score[0, 0, 0, 0])

    return unit
