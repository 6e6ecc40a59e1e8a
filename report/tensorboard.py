"""scalars.jsonl as TensorBoard's event files, for `tensorboard --logdir runs`."""

from datetime import datetime
from pathlib import Path
from typing import Any

from data.metrics import NAMES
from report.plots import importable
from training import run_dir

TRAIN = ("loss", "pixel_loss", "lr", "images_per_s")
SCORE = (*NAMES, "loss")


def available() -> bool:
    """Return whether tensorboard is installed."""
    return importable("tensorboard.summary.writer.event_file_writer")


def write(name: str) -> Path:
    """Write runs/NAME/tensorboard/ from the log, over what is there; return the folder."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder = run_dir.folder(name) / "tensorboard"
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    writer = EventFileWriter(str(folder))
    entries = run_dir.Log(name).read()
    began = clock(entries)
    for entry in entries:
        values = [Summary.Value(tag=t, simple_value=v) for t, v in scalars(entry).items()]
        if values:
            summary = Summary(value=values)
            when = began + entry.get("time", 0.0)
            writer.add_event(Event(wall_time=when, step=entry["iter"], summary=summary))
    writer.close()
    return folder


def clock(entries: list[dict[str, Any]]) -> float:
    """Return the time at which the run began, in seconds since 1970."""
    date = next((e["date"] for e in entries if e.get("date")), None)
    return datetime.fromisoformat(date).timestamp() if date else 0.0


def scalars(entry: dict[str, Any]) -> dict[str, float]:
    """Return {tag: number} of one line of the log."""
    found = {}
    if entry["kind"] == "train":
        found = {f"train/{key}": entry.get(key) for key in TRAIN}
    elif entry["kind"] == "score":
        for head, result in entry["heads"].items():
            found |= {f"{head}/{key}": result.get(key) for key in SCORE}
    return {tag: value for tag, value in found.items() if value is not None}
