"""A user's own data set written by hand as JSON."""

import json

import pytest

from data import check, custom, sets
from data.errors import DataError


@pytest.mark.parametrize(
    "content, message",
    [
        ("{", "cannot be read as JSON"),
        ("[]", "expected a JSON object"),
        ('{"root": "x"}', "lacks classes"),
        ('{"root": 1, "classes": ["a", "b"]}', "root 1: expected a folder"),
        ('{"root": "x", "classes": "ab"}', "classes 'ab': expected a list of two names"),
        ('{"root": "x", "classes": ["a", "b"], "channels": 0}', "channels 0: expected a number"),
        ('{"root": "x", "classes": ["a", "b"], "channels": "3"}', "channels '3': expected"),
        ('{"root": "x", "classes": ["a", "b"], "images": -1}', "images -1: expected the entries"),
        ('{"root": "x", "classes": ["a", "b"], "void": 256}', "void 256: expected a label"),
        ('{"root": "x", "classes": ["a", "b"], "mean": [1]}', r"mean \[1\]: expected 3 numbers"),
    ],
)
def test_a_broken_json_is_named_and_the_others_are_listed(tmp_path, content, message):
    (tmp_path / "own").mkdir()
    (tmp_path / "own/bad.json").write_text(content)
    (tmp_path / "own/good.json").write_text('{"root": "x", "classes": ["a", "b"]}')
    with pytest.raises(DataError, match=f"bad.json: {message}"):
        custom.read("bad", tmp_path)
    found, broken = custom.sets(tmp_path)
    assert list(found) == ["good"] and list(broken) == ["bad"]
    assert sets.find("good", tmp_path).classes(tmp_path) == ["a", "b"]


def test_a_json_by_hand_needs_root_and_classes_alone(tmp_path, make):
    """As its documentation says: channels 3, void 255, and the entries of val.txt counted."""
    (tmp_path / "own").mkdir()
    (tmp_path / "own/hand.json").write_text('{"root": "own/hand", "classes": ["a", "b"]}')
    make.lines(tmp_path / "own/hand/val.txt", ["x.png y.png"] * 4)
    made = custom.read("hand", tmp_path)
    assert (made.channels, made.void, made.mean) == (3, 255, ())
    assert made.val_count(tmp_path) == 4


def test_the_folder_may_lie_outside_the_data_folder(tmp_path, make, said):
    data, away = tmp_path / "data", tmp_path / "away"
    (data / "own").mkdir(parents=True)
    (data / "own/hand.json").write_text(json.dumps(dict(root=str(away), classes=["a", "b", "c"])))
    for split in ("train", "val"):
        make.jpeg(away / f"{split}.jpg")
        make.png(away / f"{split}.png", make.labels(3))
        make.lines(away / f"{split}.txt", [f"{split}.jpg {split}.png"])
    assert check.check(sets.find("hand", data), data, said) == []
