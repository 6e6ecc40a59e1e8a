"""Scores: pixel accuracy, mean accuracy, mean IU, frequency-weighted IU (paper, section 5).

    python score.py voc-fcn8s [--weights W] [--save DIR] [--gpu N]
    python score.py --truth DIR --pred DIR --classes 21

The first scores an experiment over its own validation split (each head of it) and leaves
`runs/NAME/score.json`, unless other weights than its own are asked for; the second compares
folders of label PNGs of the same names. With n_ij the pixels of class i taken for class j, over
the whole data set (never a mean over pictures):

    pixel accuracy    sum_i n_ii / sum_ij n_ij
    accuracy of i     n_ii / sum_j n_ij                      mean accuracy: over the classes
    IU of i           n_ii / (sum_j n_ij + sum_j n_ji - n_ii)      mean IU: over the classes
    f.w. IU           sum_i (IU of i) (sum_j n_ij) / sum_ij n_ij

A class in neither truth nor prediction has no IU, one not in truth no accuracy: the means leave
them out and the report names them. Classes that an experiment's data set declares absent (SIFT
Flow's three) are left out even when they are predicted.
"""

import argparse
import sys
from datetime import datetime
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent
sys.path[:0] = [str(ROOT), str(ROOT / "layers")]

from data.files import DataError, replacing, write_json  # noqa: E402
from data.palette import save_label  # noqa: E402

NOT_A_NUMBER = 255  # what `predict` gives a pixel with no largest score


def fast_hist(a, b, n):
    """n x n counts of (truth, prediction) pairs; truth outside 0 to n - 1 is not counted."""
    a, b = np.asarray(a).ravel(), np.asarray(b).ravel()
    if a.size != b.size:
        raise ValueError(f"{a.size} labels against {b.size} predictions")
    if b.size and n < 256 and 0 <= a.min() and a.max() < 256 and 0 <= b.min() and b.max() < n:
        # Labels as they come fit into 16 bits with their void, and need not be sorted out first:
        # less than half of the time, which a GPU's or a small net's forward pass would notice.
        pairs = np.multiply(a.astype(np.uint8), n, dtype=np.uint16) + b.astype(np.uint8)
        return np.bincount(pairs, minlength=256 * n)[: n * n].reshape(n, n)
    counted = (a >= 0) & (a < n)
    a, b = a[counted].astype(np.intp), b[counted]
    if b.size and (b.min() < 0 or b.max() >= n):
        raise ValueError(f"predictions {b.min()} to {b.max()}: expected 0 to {n - 1}")
    return np.bincount(n * a + b, minlength=n * n).reshape(n, n)


def predict(scores):
    """argmax over the first axis of C x ... scores, as uint8; about twice as fast as NumPy's."""
    top = scores.max(axis=0)
    best = np.full(top.shape, NOT_A_NUMBER, np.uint8)
    for c in range(len(scores) - 1, -1, -1):  # downwards: the first of equal scores wins
        np.copyto(best, c, where=scores[c] == top)
    return best


def compute_hist(net, save_dir, dataset, layer="score", gt="label", loss="loss"):
    """Run `net` over the data set; returns (confusion matrix, mean loss).

    dataset: names, in the data layer's order, one per picture; with `save_dir` each prediction
    is saved there as NAME.png, a palette PNG.
    """
    return compute_hists(net, dataset, [(layer, gt, loss, save_dir)])[0]


def compute_hists(net, dataset, heads):
    """`compute_hist` for several (layer, gt, loss, save_dir) in one pass over the data."""
    sizes = [net.blobs[layer].data.shape[1] for layer, *_ in heads]
    hists = [np.zeros((n, n), np.int64) for n in sizes]
    losses = np.zeros(len(heads))
    done = 0
    while done < len(dataset):
        net.forward()
        # The last batch may run on into the next round of the pictures.
        batch = dataset[done : done + len(net.blobs[heads[0][0]].data)]
        for i, (layer, gt, loss, save_dir) in enumerate(heads):
            scores, labels = net.blobs[layer].data, net.blobs[gt].data
            for name, score, truth in zip(batch, scores, labels, strict=False):
                found = predict(score)
                if found.max() >= sizes[i]:
                    raise ValueError(f"{name}: NaN among the scores of {layer!r}")
                hists[i] += fast_hist(truth, found, sizes[i])
                if save_dir:
                    save_prediction(Path(save_dir) / f"{Path(name).name}.png", found)
            losses[i] += net.blobs[loss].data.flat[0] * len(batch)
        done += len(batch)
    return [(hist, float(loss / max(done, 1))) for hist, loss in zip(hists, losses, strict=True)]


def save_prediction(path, label):
    with replacing(path) as stream:
        save_label(stream, label)


def metrics(hist, names=None, absent=()):
    """The four scores of a confusion matrix, per class and in the mean, as a JSON-able dict."""
    hist = np.asarray(hist)
    names = list(names or map(str, range(len(hist))))
    hits, truth, found = np.diag(hist), hist.sum(1), hist.sum(0)
    with np.errstate(divide="ignore", invalid="ignore"):
        accuracy = hits / truth
        iu = hits / (truth + found - hits)
    counted = ~np.isin(np.arange(len(hist)), list(absent))
    total = max(int(hist.sum()), 1)

    def mean(values):
        kept = values[counted & ~np.isnan(values)]
        return float(kept.mean()) if kept.size else None

    def number(value):
        return None if np.isnan(value) else float(value)

    return dict(
        pixel_accuracy=float(hits.sum() / total),
        mean_accuracy=mean(accuracy),
        mean_iu=mean(iu),
        fw_iu=float(np.nansum(np.where(counted, truth * iu, 0)) / total),
        classes=[
            dict(
                name=names[i], pixels=int(truth[i]), accuracy=number(accuracy[i]), iu=number(iu[i])
            )
            for i in range(len(hist))
        ],
        left_out=[names[i] for i in range(len(hist)) if not counted[i] or np.isnan(iu[i])],
        confusion=hist.tolist(),
    )


def table(result):
    """A scored head as text: the four means, each class, and what was left out."""
    keys = ("pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu")
    lines = ["   ".join(f"{k.replace('_', ' ')} {percent(result[k])}" for k in keys)]
    width = max(len(c["name"]) for c in result["classes"])
    for c in result["classes"]:
        lines.append(
            f"  {c['name']:{width}}  IU {percent(c['iu'])}  accuracy {percent(c['accuracy'])}"
            f"  {c['pixels']:>12,} pixels"
        )
    if result["left_out"]:
        lines.append("left out of the mean IU: " + ", ".join(result["left_out"]))
    return "\n".join(lines)


def percent(value):
    return "    -" if value is None else f"{100 * value:5.1f}"


def seg_tests(solver, save_format, dataset, layer="score", gt="label"):
    """Score the solver's net over its first test net's data; returns the confusion matrix."""
    print(">>>", datetime.now(), "Begin seg tests")
    solver.test_nets[0].share_with(solver.net)
    return do_seg_tests(solver.test_nets[0], solver.iter, save_format, dataset, layer, gt)


def do_seg_tests(net, iter, save_format, dataset, layer="score", gt="label"):
    """Score `net` and print the reference's lines; `save_format` may hold {} for the iteration."""
    hist, loss = compute_hist(
        net, save_format.format(iter) if save_format else None, dataset, layer, gt
    )
    result = metrics(hist)
    for name, value in (
        ("loss", loss),
        ("overall accuracy", result["pixel_accuracy"]),
        ("mean accuracy", result["mean_accuracy"]),
        ("mean IU", result["mean_iu"]),
        ("fwavacc", result["fw_iu"]),
    ):
        print(">>>", datetime.now(), "Iteration", iter, name, value)
    return hist


def class_names(head):
    """The class names of a table's Head: its own list, or a file under data/ or the data folder."""
    from data.files import read_list
    from data.settings import data_dir

    if not isinstance(head.names, str):
        return list(head.names)
    for folder in (ROOT / "data", data_dir()):
        if head.names and (folder / head.names).is_file():
            names = read_list(folder / head.names)
            if len(names) != head.classes:
                raise DataError(f"{folder / head.names}: {len(names)} names, not {head.classes}")
            return names
    return [str(i) for i in range(head.classes)]


def score_net(net, data, count=None, save=None):
    """Score every head of a net over its split, or `count` pictures of it: {top: metrics}."""
    names = net.layers[0].names(count)
    several = len(data.heads) > 1
    heads = [
        (h.score, h.label, h.loss, Path(save) / h.score if save and several else save)
        for h in data.heads
    ]
    return {
        head.score: metrics(hist, class_names(head), head.absent) | dict(loss=loss)
        for head, (hist, loss) in zip(data.heads, compute_hists(net, names, heads), strict=True)
    }


def score_experiment(name, weights=None, save=None, count=None):
    """Score an experiment's validation net with `weights` (default: the run's best, or last)."""
    import caffe
    import experiments
    import runfolder
    from surgery import untrained

    row = experiments.find(name)
    data = experiments.data_of(row)
    weights = Path(weights) if weights else runfolder.weights_of(name)
    files = runfolder.trained_with(row, data)
    net = caffe.Net(str(files["val"]), str(weights), caffe.TEST)
    if empty := untrained(net):
        raise DataError(f"{weights} holds no parameters for {', '.join(empty)} of {name}")
    print(f"scoring {name} with {weights}", flush=True)
    results = score_net(net, data, count, save)
    return dict(experiment=name, weights=str(weights), heads=results)


def score_folders(truth, pred, classes, names=None, void=255):
    """Compare label PNGs of the same names; the metrics of all of them together."""
    from layers.reading import check_size, label_png

    files = sorted(Path(pred).glob("*.png"))
    if not files:
        raise DataError(f"{pred}: no PNG files to score")
    hist = np.zeros((classes, classes), np.int64)
    for path in files:
        found, label = label_png(path), label_png(Path(truth) / path.name)
        check_size(path, found.shape, label.shape)
        if found.max() >= classes:
            raise DataError(f"{path}: prediction {found.max()}, expected 0 to {classes - 1}")
        hist += fast_hist(np.where(label == void, 255, label), found, classes)
    return metrics(hist, names)


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument(
        "name", nargs="?", help="an experiment (`python experiments.py` lists them)"
    )
    parser.add_argument("--weights", help="caffemodel (default: the run's best, else its last)")
    parser.add_argument("--save", metavar="DIR", help="save the predictions there as palette PNGs")
    parser.add_argument("--count", type=int, help="score only so many pictures")
    parser.add_argument("--gpu", type=int, help="CUDA device (default: the first, if there is one)")
    parser.add_argument("--truth", metavar="DIR", help="label PNGs to compare with")
    parser.add_argument("--pred", metavar="DIR", help="label PNGs to score")
    parser.add_argument("--classes", type=int, help="number of classes, for --truth and --pred")
    parser.add_argument("--names", metavar="FILE", help="class names, one per line")
    parser.add_argument("--json", metavar="FILE", help="write the scores there")
    args = parser.parse_args()
    if bool(args.name) == bool(args.truth and args.pred and args.classes):
        parser.error("give either an experiment, or --truth, --pred and --classes")
    try:
        results, out = score_arguments(args)
    except (DataError, KeyError, ValueError, RuntimeError) as e:
        sys.exit(f"score: {e.args[0] if e.args else e}")
    if out:
        write_json(Path(out), results)
        print(f"wrote {out}")


def score_arguments(args):
    """What the command line asks for: (results, file to write them to)."""
    from data.files import read_list

    if not args.name:
        names = read_list(Path(args.names)) if args.names else None
        results = score_folders(args.truth, args.pred, args.classes, names)
        print(table(results))
        return results, args.json
    import runfolder
    from device import use_device

    use_device(args.gpu)
    results = score_experiment(args.name, args.weights, args.save, args.count)
    for head, result in results["heads"].items():
        print(f"{head}: loss {result['loss']:.4g}   {table(result)}")
    its_own = not (args.weights or args.count)
    return results, args.json or (runfolder.folder(args.name) / "score.json" if its_own else None)


if __name__ == "__main__":
    main()
