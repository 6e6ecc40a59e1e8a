"""Which function draws which of ONNX's operators."""

from collections.abc import Callable

# (reader, node, attributes): draws the node's layers
TABLE: dict[str, Callable] = {}


def reads(*operators: str) -> Callable:
    """Enter a function as what draws these operators."""

    def enter(function):
        TABLE.update(dict.fromkeys(operators, function))
        return function

    return enter
