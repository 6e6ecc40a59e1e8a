"""Nets from text, for tests that use public pycaffe alone."""

import pytest

import caffe


@pytest.fixture
def write(tmp_path):
    """``write(name, text)`` makes a file in the test's folder and returns its path."""

    def make(name, text):
        path = tmp_path / name
        path.write_text(str(text))
        return str(path)

    return make


@pytest.fixture
def make_net(write):
    """``make_net(text, phase)`` makes a `caffe.Net` of prototxt text or a NetParameter."""

    def make(text, phase=caffe.TEST, **state):
        return caffe.Net(write("net.prototxt", text), phase, **state)

    return make
