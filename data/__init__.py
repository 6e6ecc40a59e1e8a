"""Data that is right before training starts: `python -m data COMMAND` (see `data/README.md`)."""
