"""DeepDetect's small layers, and OSVOS's loss."""

import numpy as np
import pytest
from gradcheck import build, check_gradients

from caffe._caffe.errors import LayerError


def test_selu():
    x = np.array([[-3, -0.5, 0.25, 2]], np.float32)
    run = build('type: "SeLu"', x)
    (y,) = run.forward()
    want = np.where(x > 0, x, 1.67326324 * (np.exp(x) - 1)) * 1.050700987
    np.testing.assert_allclose(y, want, rtol=1e-6)
    check_gradients(run)
    (y,) = build('type: "SeLu" selu_param { alpha: 2 lambda: 3 }', x).forward()
    np.testing.assert_allclose(y, np.where(x > 0, 3 * x, 6 * (np.exp(x) - 1)), rtol=1e-6)


def test_continuation_indicator():
    text = 'type: "ContinuationIndicator" continuation_indicator_param { time_step: 3 axis: %d }'
    (top,) = build(text % 1, (5, 2, 4)).forward()
    assert top.tolist() == [[0, 0], [1, 1], [1, 1]]
    with pytest.raises(LayerError, match="axis 3 is not one of bottom shape"):
        build(text % 3, (5, 2, 4))
    with pytest.raises(LayerError, match="needs time_step > 0"):
        build('type: "ContinuationIndicator"', (5, 2))


def test_osvos_balances_as_hed_does():
    x, target = np.array([[1.0, -2, 0.5, 3]]), np.array([[1, 0, 0, 0]])
    (loss,) = build('type: "SigmoidCrossEntropyBalanceLoss"', x, target).forward()
    zeros = np.log1p(np.exp(x[0, 1:])).sum()
    np.testing.assert_allclose(loss, np.log1p(np.exp(-1)) * 0.75 + zeros * 0.25, rtol=1e-6)
