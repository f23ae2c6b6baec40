"""What is known of one torch operation, and the closed vocabulary it is said in."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final, Literal, TypeAlias

Kind: TypeAlias = Literal[
    "affine",  # linear and convolutional maps with weights
    "activation",  # an elementwise (or gated) nonlinearity that stands between layers
    "softmax",  # softmax, log_softmax, softmin and their relatives
    "normalization",  # batch, layer, group, instance, RMS and response normalization, F.normalize
    "pooling",  # max, average, Lp and adaptive pooling, and unpooling
    "dropout",  # the identity in evaluation
    "identity",  # returns what it is given
    "reshape",  # same values, another shape or order
    "index",  # selects, gathers, scatters or masks values
    "concat",  # several tensors into one
    "reduction",  # over dimensions, scans and sorting included
    "elementwise",  # mathematical functions of each value that are no activations
    "arithmetic",  # add, subtract, multiply, divide and the like
    "matmul",  # products of matrices and vectors
    "attention",  # scaled dot product attention and modules made of it
    "recurrent",  # RNN, LSTM, GRU and their cells
    "embedding",  # table look-up
    "loss",  # criteria and their functional forms
    "distance",  # distances and similarities of two tensors
    "creation",  # new tensors from sizes or Python data, *_like
    "random",  # draws random numbers, in place or not
    "comparison",  # results are truth values
    "container",  # Sequential, ModuleList, ModuleDict, ParameterList, ParameterDict, DataParallel
    "resample",  # interpolate, pad, pixel shuffle, fold and unfold
    "query",  # the result is no tensor: size, dim, item, tolist
    "cast",  # dtype, device and memory format
    "detach",  # cuts the graph
    "inplace-data",  # copy_, fill_, zero_, resize_: writes values that do not depend on the old ones
    "spectral",  # Fourier transforms and windows
    "linalg",  # decompositions, solvers, norms of matrices
    "quantization",  # quantized and fake-quantized tensors
    "sparse",  # sparse layouts
    "init",  # fills a parameter under no_grad and returns it
    "control",  # modes, seeds, threads, compilation, saving: no computation on tensors
    "other",  # none of these, or not classified
]

Alias: TypeAlias = Literal["fresh", "view", "multiview", "expand", "custom", "same", "maybe", "none"]
"""How the result relates to the storage of the first tensor.

fresh: new memory. view: shares memory. multiview: one of several views that autograd lets nobody modify in place
(chunk, split, unbind). expand: a view whose elements can overlap. custom: a view out of a custom autograd function,
which nobody may modify in place either. same: the very object. maybe: depends on layout, mode or dtype. none: the
result is no tensor.
"""

Result: TypeAlias = Literal["tensor", "tensors", "first", "either", "none"]
"""tensors: a tuple, named tuple or list of them; first: a tensor and something else; either: depends on the arguments;
none: no tensor at all.
"""


class Special(Enum):
    """Defaults that are no literal."""

    REQUIRED = "required"
    OPAQUE = "opaque"


REQUIRED: Final = Special.REQUIRED
OPAQUE: Final = Special.OPAQUE


@dataclass(frozen=True, slots=True)
class Param:
    """One parameter. A `vararg` of sizes (`view(*size)`) also takes one sequence, or its name as a keyword.

    `default` is REQUIRED, the literal default, or OPAQUE: there is a default, but no literal (or overloads differ).
    """

    name: str
    kind: Literal["positional", "either", "vararg", "keyword", "kwarg"]
    default: object = REQUIRED


@dataclass(frozen=True, slots=True)
class Case:
    """What autograd keeps besides where the arguments are such: `parameter` is a tensor, or one of the constants
    `values` where there are any; "" as `parameter`: the first tensor is the only argument.
    """

    parameter: str
    values: tuple[object, ...]
    saves: tuple[tuple[str, str], ...]
    saves_output: bool


@dataclass(frozen=True, slots=True)
class Op:
    """One operation of torch: a function, a method of Tensor, or a layer (its constructor, and what `forward` does).

    `params`: for layers the constructor's without `self`; for methods without the receiver, which is called `input`.
    `tensors`: names of the parameters that take tensors (for layers those of `forward`), in order.
    `saves`: (tensor, guard): what autograd keeps of the arguments if a result requires grad; guard "" is always, else
    the name of the parameter that must require grad. Of a layer, `weight` is its own.
    `saves_output`: autograd keeps the (first) result. Both hold for every way to call the operation on dense CPU
    tensors without autocast; `cases` say more of certain arguments, what else depends on them is not claimed.
    `inplace`: "flag" obeys a parameter `inplace` (saves and saves_output speak of the form without), "always" writes to
    its first tensor. `inplace_saves`: what the in-place form keeps of the written tensor: the new value ("output"),
    a copy of the old one made beforehand ("clone", safe to overwrite later), or nothing.
    `copies`: a tensor that is not contiguous is copied first; then the copy is saved, not the tensor.
    `parametric`: a layer that can own trainable parameters. `differentiable`: False where no result has a gradient.
    """

    qualname: str
    kind: Kind
    params: tuple[Param, ...]
    tensors: tuple[str, ...]
    alias: Alias
    saves: tuple[tuple[str, str], ...] = ()
    saves_output: bool = False
    inplace: Literal["", "flag", "always"] = ""
    inplace_saves: Literal["", "output", "clone"] = ""
    parametric: bool = False
    result: Result = "tensor"
    differentiable: bool = True
    copies: bool = False
    cases: tuple[Case, ...] = ()


@dataclass(frozen=True, slots=True)
class Layer:
    """A module class of another package: what its forward does, both signatures (in the language of
    `tables/signatures.py`), and the attributes of its instances beyond those of every Module.
    """

    kind: Kind
    alias: Alias
    constructor: str
    forward: str
    attributes: str
    parametric: bool = False
