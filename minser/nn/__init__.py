"""Layers, loss, optimisers and schedules: everything that learns, written out forward and backward.

Arrays come in and go out, batch first and channels last.
"""

from minser.nn.conv import Conv2d
from minser.nn.dense import Dense
from minser.nn.elementwise import Dropout, ReLU
from minser.nn.gradcheck import check_gradients, numerical_gradient
from minser.nn.init import glorot_uniform, he_normal
from minser.nn.layer import Array, Layer
from minser.nn.loss import SoftmaxCrossEntropy, add_l2_gradient, l2_penalty, log_softmax
from minser.nn.norm import BatchNorm
from minser.nn.optim import SGD, Adam
from minser.nn.pooling import AveragePool2d, Flatten, GlobalAveragePool, MaxPool2d, MeanMaxPool
from minser.nn.schedule import ReduceLROnPlateau, warmup_cosine
from minser.nn.sequential import Sequential, summary

__all__ = [
    "SGD",
    "Adam",
    "Array",
    "AveragePool2d",
    "BatchNorm",
    "Conv2d",
    "Dense",
    "Dropout",
    "Flatten",
    "GlobalAveragePool",
    "Layer",
    "MaxPool2d",
    "MeanMaxPool",
    "ReLU",
    "ReduceLROnPlateau",
    "Sequential",
    "SoftmaxCrossEntropy",
    "add_l2_gradient",
    "check_gradients",
    "glorot_uniform",
    "he_normal",
    "l2_penalty",
    "log_softmax",
    "numerical_gradient",
    "summary",
    "warmup_cosine",
]
