"""Types that are torch's: the checker of types is not told what they are."""

from __future__ import annotations

from typing import Any, TypeAlias

from torch import nn

Tensor: TypeAlias = Any
Model: TypeAlias = Any

SEQUENCE_LAYERS: tuple[type, ...] = (nn.MultiheadAttention, nn.RNNBase)
"""Layers to which two dimensions are a sequence, not a batch."""
