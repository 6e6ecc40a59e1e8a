"""Curves and bars as SVG, in light and in dark; the one file that uses matplotlib."""

import importlib
import io
from itertools import cycle

LIGHT = dict(
    ink="#3a4048", grid="#d9dde2", nets=("#4269a5", "#d9822b", "#2e8b57", "#a3459a", "#7a6a58")
)
DARK = dict(
    ink="#c3c9d1", grid="#3a414b", nets=("#8fb3ee", "#f0a860", "#6fcf97", "#da8fd2", "#c5b49e")
)
SCHEMES = dict(light=LIGHT, dark=DARK)
WIDTH = 4.4  # inches: a phone's width at the size in which it is drawn
PLOTLESS = "plots need matplotlib: pip install matplotlib"


def available() -> bool:
    """Return whether matplotlib is installed."""
    return importable("matplotlib.figure")


def importable(module: str) -> bool:
    """Return whether an optional module can be imported."""
    try:
        importlib.import_module(module)
    except ImportError:
        return False
    return True


def both(draw, height, *what):
    """Return {scheme: SVG bytes} of what `draw(axes, scheme, *what)` draws."""
    return {name: svg(draw, height, scheme, *what) for name, scheme in SCHEMES.items()}


def svg(draw, height, scheme, *what):
    import matplotlib
    from matplotlib.figure import Figure

    style = {
        "font.size": 9.5,
        "font.family": "DejaVu Sans",
        "svg.hashsalt": "report",  # the same picture gives the same file
        **dict.fromkeys(
            ("text.color", "axes.labelcolor", "xtick.color", "ytick.color"), scheme["ink"]
        ),
        "axes.edgecolor": scheme["grid"],
        "grid.color": scheme["grid"],
        "axes.spines.top": False,
        "axes.spines.right": False,
        "lines.linewidth": 1.6,
    }
    with matplotlib.rc_context(style):
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        axes = figure.add_subplot()
        draw(axes, scheme, *what)
        out = io.BytesIO()
        figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    return out.getvalue()


def losses(runs):
    """Plot the loss per labelled pixel over the iterations of each net."""
    return both(draw_losses, 2.9, runs)


def draw_losses(axes, scheme, runs):
    from matplotlib.ticker import LogLocator

    for run, colour in zip(runs, cycle(scheme["nets"]), strict=False):
        points = [(e["iter"], e["pixel_loss"]) for e in run.of("train") if e.get("pixel_loss")]
        style = "o" if len(points) == 1 else "-"  # a line has no length then
        line(axes, run, points, style, colour)
    axes.set_yscale("log")
    axes.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter("")
    axes.set_xlim(left=0)
    finish(axes, "iteration", "loss per pixel")


def scores(runs):
    """Plot the mean IU of the validation split over the iterations of each net."""
    return both(draw_scores, 2.9, runs)


def draw_scores(axes, scheme, runs):
    for run, colour in zip(runs, cycle(scheme["nets"]), strict=False):
        top = run.data.heads[0].score
        points = [(e["iter"], e["heads"].get(top, {}).get("mean_iu")) for e in run.of("score")]
        line(axes, run, [(i, 100 * iu) for i, iu in points if iu is not None], "o-", colour)
    axes.set_xlim(left=0)
    finish(axes, "iteration", "mean IU, %")


def line(axes, run, points, style, colour):
    if points:
        axes.plot(*zip(*points, strict=True), style, ms=4, color=colour, label=run.label)


def bars(runs, names):
    """Plot the IU of each class by each net, from score.json."""
    return both(draw_bars, 0.7 + len(names) * (0.1 + 0.11 * len(runs)), runs, names)


def draw_bars(axes, scheme, runs, names):
    tall = 0.82 / len(runs)
    for i, (run, colour) in enumerate(zip(runs, cycle(scheme["nets"]), strict=False)):
        values = [c["iu"] for c in run.heads[run.data.heads[0].score]["classes"]]
        places = [k + (i + 0.5) * tall - 0.41 for k in range(len(values))]
        widths = [100 * (v or 0.0) for v in values]
        axes.barh(places, widths, tall * 0.9, color=colour, label=run.label)
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.set_xlim(0, 100)
    axes.tick_params(axis="y", length=0)
    finish(axes, "IU, %", "", axis="x")


def finish(axes, across, up, axis="both"):
    axes.set_xlabel(across)
    axes.locator_params(axis="x", nbins=6, integer=True)
    axes.set_ylabel(up)
    axes.grid(axis=axis, linewidth=0.6)
    axes.set_axisbelow(True)
    handles, _ = axes.get_legend_handles_labels()
    if handles:
        axes.legend(
            loc="lower center", bbox_to_anchor=(0.5, 1), ncols=4, frameon=False,
            handlelength=1.2, columnspacing=1.2,
        )  # fmt: skip
