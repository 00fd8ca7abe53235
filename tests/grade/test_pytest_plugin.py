"""``python -m pytest my_layers.py`` says where a gradient is wrong."""

import subprocess
import sys

import numpy as np

LAYERS = """
import numpy as np

class Scale:
    def __init__(self):
        self.params, self.grads = {"gamma": np.array([2.0, 3.0], np.float32)}, {}

    def forward(self, x, *, training=False, rng=None):
        self.x = x
        return np.maximum(x, 0) * self.params["gamma"]

    def backward(self, grad_output, *, need_input=True):
        self.grads["gamma"] = (grad_output * np.maximum(self.x, 0)).sum(axis=0)
        return grad_output * (self.x > 0) * self.params["gamma"]

class Wrong(Scale):
    def backward(self, grad_output, *, need_input=True):
        grad_input = super().backward(grad_output)
        self.grads["gamma"] = self.grads["gamma"] / len(self.x)
        return grad_input

def test_right(check_gradients, smooth_input):
    check_gradients(Scale(), smooth_input(4, 2))

def test_wrong(check_gradients, smooth_input):
    check_gradients(Wrong(), smooth_input(4, 2), training=False)
"""


def test_a_students_file(tmp_path):
    (tmp_path / "my_layers.py").write_text(LAYERS)
    words = [
        sys.executable,
        "-m",
        "pytest",
        "my_layers.py",
        "-p",
        "minser.grade.pytest_plugin",
        "-p",
        "no:cacheprovider",
    ]
    process = subprocess.run(words, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert "1 failed, 1 passed" in process.stdout, process.stdout + process.stderr
    assert "Wrong: gradient of gamma[" in process.stdout
    assert "the finite difference says" in process.stdout
    assert "Traceback" not in process.stdout


def test_inputs_have_no_ties_and_no_zeros(smooth_input):
    for shape in ((1,), (4, 3), (2, 5, 6, 3)):
        x = np.sort(smooth_input(*shape).ravel())
        assert np.all(np.diff(x) > 1e-3)
        assert np.all(np.abs(x) > 1e-3)
        assert abs(x.mean()) < 1
