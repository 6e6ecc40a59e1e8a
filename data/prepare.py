"""Convert many files: each product is whole or absent; a rerun makes what is missing."""

from dataclasses import dataclass
from pathlib import Path

from . import files, palette, parallel
from .errors import DataError
from .labels import Reader


@dataclass(frozen=True)
class Job:
    """One label map to convert: read by `reader` from `source`, saved as a palette PNG."""

    source: Path
    target: Path
    reader: Reader

    def run(self):
        palette.write_label(self.target, self.reader.read(self.source)[0])


def _fresh(job):
    try:
        return job.target.stat().st_mtime_ns >= job.source.stat().st_mtime_ns
    except FileNotFoundError:
        return False


def _run(job):
    """Return None, or what is wrong with the source."""
    try:
        job.run()
    except DataError as error:
        return str(error)
    return None


def convert(jobs, title, log=print, workers=None):
    """Run the jobs whose product is missing or older than its source, on all cores.

    A job has `source`, `target` and run(). All are tried; DataError then names what failed.
    """
    jobs = list(jobs)
    for folder in {job.target.parent for job in jobs}:
        if folder.is_dir():
            files.sweep(folder)
    left = [job for job in jobs if not _fresh(job)]
    failures = [wrong for wrong in parallel.run(_run, left, title, workers) if wrong]
    if failures:
        raise DataError("\n".join([*failures, f"{title}: {len(failures)} of {len(jobs)} failed"]))
    log(f"{title}: {len(jobs):,} files, {len(left):,} of them made now")


def write_lists(root, splits, log=print):
    """Write SPLIT.txt of each split, `image label` lines relative to `root`.

    An empty split, or pictures without a label map, are a DataError; then nothing is written.
    """
    for split in splits:
        lacking = [pair.label for pair in split.pairs if not pair.label.is_file()]
        if not split.pairs:
            raise DataError(f"{root}: no pictures of {split.name}")
        if lacking:
            raise DataError(
                f"{lacking[0]}: no such label map; {len(lacking):,} of the {len(split.pairs):,} "
                f"pictures of {split.name} have none"
            )
    for split in splits:
        lines = [f"{p.image.relative_to(root)} {p.label.relative_to(root)}" for p in split.pairs]
        files.write_list(root / f"{split.name}.txt", lines)
        log(f"{split.name}.txt: {len(lines):,} pictures")
