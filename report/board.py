"""scalars.jsonl as TensorBoard's event files, for `tensorboard --logdir runs`."""

from datetime import datetime

import runfolder

TRAIN = ("loss", "pixel_loss", "lr", "images_per_s")
SCORE = ("pixel_accuracy", "mean_accuracy", "mean_iu", "fw_iu", "loss")


def available():
    try:
        import tensorboard.summary.writer.event_file_writer  # noqa: F401
    except ImportError:
        return False
    return True


def write(name):
    """Write runs/NAME/tensorboard/ from the log, in the place of what is there; its Path."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    folder = runfolder.folder(name) / "tensorboard"
    for old in folder.glob("events.out.tfevents.*"):
        old.unlink()
    writer = EventFileWriter(str(folder))
    entries = runfolder.Log(name).read()
    began = clock(entries)
    for entry in entries:
        values = [Summary.Value(tag=t, simple_value=v) for t, v in scalars(entry).items()]
        if values:
            summary = Summary(value=values)
            when = began + entry.get("time", 0.0)
            writer.add_event(Event(wall_time=when, step=entry["iter"], summary=summary))
    writer.close()
    return folder


def clock(entries):
    """The time at which the run began, in seconds since 1970."""
    date = next((e["date"] for e in entries if e.get("date")), None)
    return datetime.fromisoformat(date).timestamp() if date else 0.0


def scalars(entry):
    """{tag: number} of one line of the log."""
    found = {}
    if entry["kind"] == "train":
        found = {f"train/{key}": entry.get(key) for key in TRAIN}
    elif entry["kind"] == "score":
        for head, result in entry["heads"].items():
            found |= {f"{head}/{key}": result.get(key) for key in SCORE}
    return {tag: value for tag, value in found.items() if value is not None}
