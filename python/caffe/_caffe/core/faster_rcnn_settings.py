"""Settings of published Python layers: py-faster-rcnn's fast_rcnn.config, and a param_str's."""

import ast
import re
import sys
from typing import Any

from ..errors import LayerError

_DEFAULTS: dict[str, dict[str, Any]] = {
    "TRAIN": {
        "RPN_PRE_NMS_TOP_N": 12000, "RPN_POST_NMS_TOP_N": 2000, "RPN_NMS_THRESH": 0.7,
        "RPN_MIN_SIZE": 16, "RPN_POSITIVE_OVERLAP": 0.7, "RPN_NEGATIVE_OVERLAP": 0.3,
        "RPN_CLOBBER_POSITIVES": False, "RPN_FG_FRACTION": 0.5, "RPN_BATCHSIZE": 256,
        "RPN_BBOX_INSIDE_WEIGHTS": (1.0,) * 4, "RPN_POSITIVE_WEIGHT": -1.0,
        "RPN_NORMALIZE_TARGETS": False, "RPN_NORMALIZE_MEANS": 0.0, "RPN_NORMALIZE_STDS": 1.0,
        "BATCH_SIZE": 128, "FG_FRACTION": 0.25, "FG_THRESH": 0.5, "BG_THRESH_HI": 0.5,
        "BG_THRESH_LO": 0.1, "BBOX_INSIDE_WEIGHTS": (1.0,) * 4, "AGNOSTIC": False,
        "BBOX_NORMALIZE_TARGETS_PRECOMPUTED": False, "BBOX_NORMALIZE_MEANS": (0.0,) * 4,
        "BBOX_NORMALIZE_STDS": (0.1, 0.1, 0.2, 0.2),
    },
    "TEST": {
        "RPN_PRE_NMS_TOP_N": 6000, "RPN_POST_NMS_TOP_N": 300, "RPN_NMS_THRESH": 0.7,
        "RPN_MIN_SIZE": 16,
    },
}  # fmt: skip
_BARE_KEY = re.compile(r"(?<![\w'\"])([A-Za-z_]\w*)(?=\s*:)")


def setting(phase: str, name: str):
    """Return cfg[phase][name] of fast_rcnn.config, its default where that was not imported."""
    config = getattr(sys.modules.get("fast_rcnn.config"), "cfg", {})
    return config.get(phase, {}).get(name, _DEFAULTS[phase][name])


def read_settings(text: str, known: tuple[str, ...], required: int = 1) -> dict:
    """Return the settings of a param_str: YAML, one `'name': value` a line or all in braces.

    Raises
    ------
    LayerError
        Where it is not, lacks one of the first `required` of the `known` names, or has another.
    """
    body = _BARE_KEY.sub(r"'\1'", text.replace("!!python/tuple", "")).strip()
    if not body.startswith("{"):
        body = "{" + ",".join(line for line in body.splitlines() if line.strip()) + "}"
    try:
        found = ast.literal_eval(body)
    except (ValueError, SyntaxError):
        raise LayerError(f"param_str {text!r} is not a list of 'name': value") from None
    takes, may_have = known[:required], known[required:]
    if not set(takes) <= set(found) <= set(known):
        ways = [f"takes {', '.join(takes)}"] if takes else []
        ways += [f"may have {', '.join(may_have)}"] if may_have else []
        raise LayerError(
            f"param_str has {', '.join(map(str, found)) or 'nothing'}; this Caffe's "
            f"own form of the layer {' and '.join(ways)}"
        )
    return found
