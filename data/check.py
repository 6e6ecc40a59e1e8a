"""Validate a data set: every pair is opened, every problem reported with the file's name."""

from collections import Counter
from dataclasses import replace

from . import images, labels, parallel
from .errors import DataError

_SHOWN = 200  # problems printed one by one


def _check_pair(task):
    """Return the problems of one (pair, reader of its label map, number of classes), as lines."""
    pair, reader, classes = task
    found, size = [], None
    try:
        size = images.read_image(pair.image).shape[:2]
    except DataError as error:
        found.append(str(error))
    try:
        label, wrong = reader.read(pair.label)
    except DataError as error:
        return [*found, str(error)]
    found += wrong + labels.complaints(pair.label, label, classes)
    if size is not None and size != label.shape:
        found.append(
            f"{pair.label}: {label.shape[1]}x{label.shape[0]} pixels, "
            f"but its picture {pair.image} has {size[1]}x{size[0]}"
        )
    return found


def _split_problems(splits, official):
    """Find wrong counts, names listed twice, splits that overlap, unions that are not."""
    found, by_name = [], {split.name: {p.name for p in split.pairs} for split in splits}
    for split in splits:
        names = [pair.name for pair in split.pairs]
        twice = sorted(name for name, times in Counter(names).items() if times > 1)
        found += [f"split {split.name}: {name} is listed twice" for name in twice]
        if official and split.count not in (None, len(names)):
            found.append(f"split {split.name}: {len(names):,} entries, expected {split.count:,}")
        for other in split.apart:
            both = set(names) & by_name[other]
            found += [f"{name}: in split {split.name} and in {other}" for name in sorted(both)]
        if split.within:
            alone = set(names) - by_name[split.within]
            found += [f"{name}: in {split.name}, not in {split.within}" for name in sorted(alone)]
        if split.union:
            parts = set().union(*(by_name[other] for other in split.union))
            odd = sorted(parts.symmetric_difference(names))
            whole = f"{split.name} is not the union of {' and '.join(split.union)}"
            found += [f"{name}: {whole}" for name in odd]
    return found


def check(data_set, data, log=print, workers=None):
    """Log every problem of a prepared data set; return the list of them."""
    data_set.require(data)
    splits = data_set.splits(data)
    found = _split_problems(splits, data_set.official(data)) + data_set.problems(data)
    tasks, seen = [], set()
    for split in splits:
        if split.note:
            log(f"split {split.name}: {split.note}")
        for pair in split.pairs if not split.note else ():
            if pair.label not in seen:
                seen.add(pair.label)
                for reader, classes, label in data_set.label_maps(data, pair):
                    tasks.append((replace(pair, label=label), reader, classes))
    for wrong in parallel.run(_check_pair, tasks, f"check {data_set.name}", workers):
        found += wrong
    for line in found[:_SHOWN]:
        log(line)
    if len(found) > _SHOWN:
        log(f"... and {len(found) - _SHOWN:,} more")
    parts = ", ".join(f"{split.name} {len(split.pairs):,}" for split in splits)
    kind = "" if data_set.official(data) else f", a sample in {data_set.root(data)}"
    result = f"{len(found):,} problem{'s' * (len(found) != 1)}" if found else "no problems"
    log(f"check {data_set.name}: {result} in {len(tasks):,} pairs ({parts}{kind})")
    return found
