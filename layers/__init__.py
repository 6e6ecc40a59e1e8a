"""Python data layers. Prototxts name them by module (`voc_layers`), so this folder and the root
belong on `sys.path`; `solve.py`, `score.py` and the Makefile see to that."""
