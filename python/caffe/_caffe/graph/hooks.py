"""Hooks: a user's functions around each layer of a pass."""

from collections.abc import Callable

Hook = Callable[[int], None]


class Hooked:
    """What has hooks, by the moment at which they are called."""

    def __init__(self):
        self.hooks: dict[str, list[Hook]] = {
            when: [] for when in ("before_fwd", "after_fwd", "before_bwd", "after_bwd")
        }

    def before_forward(self, hook: Hook) -> None:
        """Call `hook(layer index)` before each layer's forward."""
        self.hooks["before_fwd"].append(hook)

    def after_forward(self, hook: Hook) -> None:
        """Call `hook(layer index)` after each layer's forward."""
        self.hooks["after_fwd"].append(hook)

    def before_backward(self, hook: Hook) -> None:
        """Call `hook(layer index)` before each layer's backward."""
        self.hooks["before_bwd"].append(hook)

    def after_backward(self, hook: Hook) -> None:
        """Call `hook(layer index)` after each layer's backward."""
        self.hooks["after_bwd"].append(hook)

    def _call(self, when: str, i: int) -> None:
        for hook in self.hooks[when]:
            hook(i)
