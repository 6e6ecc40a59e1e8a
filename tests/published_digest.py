"""Digests of published nets, layer by layer in the file's order, without what may differ.

`published.json` holds, of each published file, the layers that compute something (data layers and
losses left out), digested after what `ignored` names was taken away: a field of a layer's own
message (`engine`) or of the layer (`param`).
"""

import hashlib
import json

from net_digest import canonical


def rows(net, ignored=(), types=()):
    """Return [[layer name, digest]] of a net, but for layers of `types`."""
    return [[k.name, _digest(k, ignored)] for k in net.layer if k.type not in types]


def _digest(layer, ignored):
    content = canonical(layer)
    content.pop("phase", None)
    for name in ignored:
        content.pop(name, None)
        for value in content.values():
            if isinstance(value, dict):
                value.pop(name, None)
    content = {k: v for k, v in content.items() if v not in ({}, [])}
    if "param" in content:
        multipliers = ("lr_mult", "decay_mult")
        content["param"] = [{k: p[k] for k in multipliers if k in p} for p in content["param"]]
        if not any(content["param"]):
            content.pop("param")
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
