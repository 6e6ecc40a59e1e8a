"""What a net function says of its losses, where they are not one per head on full-size scores."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Loss:
    """A softmax loss that training adds: which scores against which labels."""

    score: str
    label: str = "label"
    name: str = "loss"
    weight: float = 1.0
