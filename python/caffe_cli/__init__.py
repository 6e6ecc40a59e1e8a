"""The `caffe` command, one module per group of commands.

`command_line` chooses the command, `options` says what each may be given, and the other modules
carry it out. Nothing here needs more than public pycaffe, so the command also runs on a BVLC
build of Caffe; only reading prototxts and caffemodels of old forms needs `caffe.read_net` and
`caffe.read_solver`, which a BVLC build lacks, and `caffe upgrade` says so there.

The texts of log lines, and the lines of caffe.cpp that they name, are BVLC's (tools/caffe.cpp):
log parsers look for them.
"""

from .command_line import main, run

__all__ = ["main", "run"]
