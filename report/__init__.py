"""A run's report: one HTML page, the figure of its pictures, and TensorBoard's files.

    python -m report voc-fcn8s                      runs/voc-fcn8s/report.html and figure.png
    python -m report A-fcn8s B-fcn8s --out DIR      one page about several
    python -m report voc-fcn8s --crf                crf.png: before and after a dense CRF
    python -m report --live voc-fcn8s               a page on 127.0.0.1 that follows its training
    python -m report --claim                        what `python -m training.claim` trained

A page is about a chain of nets: FCN-8s, and before it the 16s and 32s that it came from.
"""
