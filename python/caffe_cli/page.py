"""caffe inspect -html: a page to look into a net, or two, that needs nothing but a browser."""

import html
import json
import os
from dataclasses import astuple
from pathlib import Path
from string import Template

from . import summary
from .common import log_line, make_net, phase_of, read_net, write_file
from .options import CommandError
from .summary import layer_rows, short

FOLDER = Path(__file__).parent
COSTS = ("params", "macs", "memory")


def inspect(options) -> None:
    """Write the page of NET, and of -diff's net beside it; without -html, print NET's table."""
    import caffe

    if not options.html:
        if options.diff:
            raise CommandError("-diff goes with -html FILE")
        summary.inspect(options)
        return
    phase = phase_of(options, caffe.TEST)
    nets = [describe(options, path, phase) for path in (options.net, options.diff) if path]
    write_file(options.html, page(nets).encode())
    log_line(f"Wrote {' and '.join(net['file'] for net in nets)} to {options.html}", 1)


def describe(options, path: str, phase) -> dict:
    """Return what the page shows of a net: its layers in order, and what they cost."""
    net, definition = make_net(options, path, phase), read_net(path)
    if not len(net.layer_dict):
        raise CommandError(f"{path} has no layers in this phase")
    written = {layer.name: layer for layer in definition.layer}
    origin: dict[str, str] = {}  # Caffe's own Splits are left out
    layers = []
    for row in layer_rows(net, definition):
        bottoms, tops = list(net.bottom_names[row.name]), list(net.top_names[row.name])
        if row.kind == "Split" and row.name not in written:
            origin.update(dict.fromkeys(tops, origin.get(bottoms[0], bottoms[0])))
            continue
        layers.append(
            {
                "name": row.name,
                "type": row.kind,
                "bottoms": [origin.get(b, b) for b in bottoms],
                "inputs": [list(net.blobs[b].shape) for b in bottoms],
                "tops": tops,
                "shapes": [list(shape) for shape in row.shapes],
                "view": row.view and [round(number, 3) for number in astuple(row.view)],
                "prototxt": str(written.get(row.name, "")).strip(),
                **{cost: getattr(row, cost) for cost in COSTS},
            }
        )
    return {
        "name": getattr(net, "name", "") or os.path.basename(path),
        "file": path,
        "layers": layers,
        "total": {cost: sum(layer[cost] for layer in layers) for cost in COSTS},
        "most": {cost: max(layer[cost] for layer in layers) for cost in COSTS},
    }


def page(nets: list[dict]) -> str:
    """Return the whole page: style, script and data within it."""
    summaries = [
        f"{len(net['layers'])} layers, {short(net['total']['params'])} parameters, "
        f"{short(net['total']['macs'])} multiply-adds, blobs {short(net['total']['memory'], 'B')}"
        for net in nets
    ]
    return Template((FOLDER / "page.html").read_text(encoding="utf-8")).substitute(
        title=html.escape(" and ".join(net["name"] for net in nets)),
        summary=html.escape(" · ".join(summaries)),
        style=(FOLDER / "page.css").read_text(encoding="utf-8"),
        script=(FOLDER / "page.js").read_text(encoding="utf-8"),
        # A net's names are its author's: none may end the script element.
        nets=json.dumps(nets, separators=(",", ":")).replace("<", "\\u003c"),
    )
