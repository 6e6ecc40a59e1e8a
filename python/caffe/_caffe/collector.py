"""Keeps Python's garbage collector off torch's objects while the engine is imported.

Importing it starts thirty collections, which would go through all of torch's objects each time: a
quarter of the import. A program's own frozen objects stay so.
"""

import gc

_frozen = gc.get_freeze_count()
gc.freeze()


def resume() -> None:
    """Let collections go through all objects again."""
    if not _frozen:
        gc.unfreeze()
