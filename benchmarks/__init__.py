"""The runtime beside hand-written PyTorch, in one run: `python -m benchmarks --help`."""
