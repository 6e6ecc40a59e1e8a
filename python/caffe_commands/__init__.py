"""What the ``caffe`` command does, a module for each kind of command.

The texts of log lines and the ``caffe.cpp`` lines that they name are BVLC's (tools/caffe.cpp),
because log parsers look for them.
"""
