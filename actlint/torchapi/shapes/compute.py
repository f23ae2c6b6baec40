"""Shapes of arithmetic, reductions, products, losses, and of tensors that are made."""

from __future__ import annotations

import math

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, Sum, broadcast, exact, floordiv, mul
from actlint.torchapi.shapes.given import UNKNOWN, Found, Given, Rule, numbers
from actlint.torchapi.shapes.reshape import replaced, sizes_given


def elementwise(*names: str) -> Rule:
    """Arithmetic on several tensors; numbers broadcast with everything, what is not known may be either."""

    def rule(g: Given) -> Found:
        shapes = []
        for name in names:
            value = g.get(name, 0)
            if isinstance(value, Shape):
                shapes.append(value)
            elif value is UNKNOWN or isinstance(value, Sum):
                shapes.append(ANY)  # what a name stands for may be a tensor
        if len(shapes) == 1:
            return shapes[0]
        return broadcast(shapes)

    return rule


def reduce(g: Given) -> Found:
    """`sum`, `mean`, `norm` …: over all dimensions, or those that are given."""
    return reduced(g.shape(), g.get("dim"), g.flag("keepdim"))


def reduced(shape: Shape, dim: object, keep: bool | None) -> Shape | None:
    """A shape without some of its dimensions."""
    if keep is None or dim is UNKNOWN:
        return ANY
    if dim is None or dim == ():
        if keep:
            return ANY if shape.more else Shape((1,) * len(shape.dims))
        return Shape(())
    wanted = numbers(dim)
    if wanted is None or any(type(index) is not int for index in wanted):
        return ANY
    if shape.more:
        size = len(shape.dims)
        places = {size + index for index in wanted if type(index) is int and -size <= index < 0}
        if len(places) != len(wanted):
            return ANY
    else:
        found = [shape.place(index) for index in wanted]
        if None in found:
            return None
        places = {index for index in found if index is not None}
    kept = ((1 if index in places else size) for index, size in enumerate(shape.dims) if keep or index not in places)
    return Shape(tuple(kept), shape.more)


def extreme(g: Given) -> Found:
    """`max`, `min`: of everything, along a dimension (values and indices), or of two tensors."""
    if isinstance(g.get("other"), Shape):
        return broadcast((g.shape(), g.shape("other")))
    dim = g.get("dim")
    if isinstance(dim, Shape):
        return broadcast((g.shape(), dim))
    if dim is None:
        return Shape(())
    found = reduced(g.shape(), dim, g.flag("keepdim"))
    return None if found is None else (found, found)


def along(g: Given) -> Found:
    """`median`, `mode`, `kthvalue`, with a dimension: values and indices."""
    dim = g.get("dim", -1)
    found = reduced(g.shape(), dim, g.flag("keepdim"))
    return None if found is None else (found, found)


def median(g: Given) -> Found:
    """`median`: of everything, or along a dimension."""
    return Shape(()) if g.get("dim") is None else along(g)


def topk(g: Given) -> Found:
    """`topk(k, dim)`: values and indices."""
    found = replaced(g.shape(), g.get("dim", -1), g.size("k"))
    return (found, found)


def sort(g: Given) -> Found:
    """`sort`: values and indices."""
    return (g.shape(), g.shape())


def glu(g: Given) -> Found:
    """`GLU(dim)`: half of a dimension."""
    shape, dim = g.shape(), g.get("dim", -1)
    size = shape.at(dim) if type(dim) is int else None
    if type(size) is int and size % 2:
        return None
    return replaced(shape, dim, exact(size, 2))


# ------------------------------------------------------------------------------------------------------------- products


def matmul(g: Given) -> Found:
    """`a @ b`: vectors, matrices and batches of them."""
    a, b = g.shape(), g.shape("other")
    if not isinstance(g.get("other"), Shape):
        return ANY
    if a.more or b.more:
        rows, columns = a.at(-2), b.at(-1)
        if len(a.dims) < 2 or len(b.dims) < 2:
            return ANY
        return Shape((rows, columns), True)
    if not a.dims or not b.dims or _apart(a.at(-1), b.at(-2) if len(b.dims) > 1 else b.at(-1)):
        return None
    if len(b.dims) == 1:
        return Shape(a.dims[:-1])
    if len(a.dims) == 1:
        return Shape((*b.dims[:-2], b.dims[-1]))
    batch = broadcast((Shape(a.dims[:-2]), Shape(b.dims[:-2])))
    return None if batch is None else Shape((*batch.dims, a.dims[-2], b.dims[-1]))


def _apart(a: Dim, b: Dim) -> bool:
    """Whether two sizes are known and differ."""
    return type(a) is int and type(b) is int and a != b


def batched_product(g: Given) -> Found:
    """`bmm(input, mat2)`, `mm(input, mat2)`."""
    a, b = g.shape(), g.shape("mat2")
    if a.more or b.more or len(a.dims) != len(b.dims) or len(a.dims) < 2:
        return ANY if a.more or b.more else None
    if _apart(a.at(-1), b.at(-2)) or (len(a.dims) == 3 and _apart(a.at(0), b.at(0))):
        return None
    lead = tuple(x if x is not None else y for x, y in zip(a.dims[:-2], b.dims[:-2], strict=True))
    return Shape((*lead, a.dims[-2], b.dims[-1]))


def outer(g: Given) -> Found:
    """`outer(input, vec2)`."""
    return Shape((g.shape().at(0), g.shape("vec2").at(0)))


def cosine_similarity(g: Given) -> Found:
    """`cosine_similarity(x1, x2, dim=1)`, `CosineSimilarity`."""
    both = broadcast((g.shape("x1"), g.shape("x2")))
    return None if both is None else reduced(both, g.get("dim", 1), False)


def pairwise_distance(g: Given) -> Found:
    """`pairwise_distance(x1, x2)`: over the last dimension."""
    both = broadcast((g.shape("x1"), g.shape("x2")))
    return None if both is None else reduced(both, -1, g.flag("keepdim"))


def cdist(g: Given) -> Found:
    """`cdist(x1, x2)`: rows against rows."""
    a, b = g.shape("x1"), g.shape("x2")
    if a.more or b.more or len(a.dims) < 2 or len(b.dims) < 2:
        return ANY
    batch = broadcast((Shape(a.dims[:-2]), Shape(b.dims[:-2])))
    return None if batch is None else Shape((*batch.dims, a.dims[-2], b.dims[-2]))


# ------------------------------------------------------------------------------------------------------------- creation


def sizes(name: str) -> Rule:
    """`zeros(*size)`, `full(size, …)`."""

    def rule(g: Given) -> Found:
        found = sizes_given(g, name)
        return ANY if found is None else Shape(found)

    return rule


def arange(g: Given) -> Found:
    """`arange(end)`, `arange(start, end, step)`."""
    start, end, step = g.get("start"), g.get("end"), g.get("step", 1)
    if end is None:
        start, end = 0, start
    if type(start) is int and type(end) is int and type(step) is int and step:
        return Shape((max(0, math.ceil((end - start) / step)),))
    counted = numbers(end)
    return Shape((counted[0] if start == 0 and step == 1 and counted is not None else None,))


def linspace(g: Given) -> Found:
    """`linspace(start, end, steps)`."""
    return Shape((g.size("steps"),))


def eye(g: Given) -> Found:
    """`eye(n, m)`."""
    rows = g.size("n")
    return Shape((rows, rows if g.get("m") is None else g.size("m")))


def literal(g: Given) -> Found:
    """`tensor(data)`: as nested as it is written."""
    data = g.get("data")
    dims: list[Dim] = []
    while isinstance(data, tuple):
        dims.append(len(data))
        if not data:
            return Shape(tuple(dims))
        data = data[0]
    return Shape(tuple(dims)) if isinstance(data, (int, float, complex)) else ANY


def one_hot(g: Given) -> Found:
    """`one_hot(input, num_classes)`: one dimension more."""
    shape, count = g.shape(), g.number("num_classes", -1)
    return Shape((*shape.dims, count if count != -1 else None), shape.more)


def triangle(g: Given) -> Found:
    """`tril_indices`, `triu_indices`: two rows."""
    return Shape((2, None))


# --------------------------------------------------------------------------------------------------------------- losses


def loss(*names: str) -> Rule:
    """A loss over `names`: a number unless `reduction="none"`, then as large as what is compared."""

    def rule(g: Given) -> Found:
        reduction = g.get("reduction", "mean")
        if reduction in ("mean", "sum"):
            return Shape(())
        if reduction != "none" or not names:
            return ANY
        return broadcast(g.shape(name) for name in names)

    return rule


def classes_loss(g: Given) -> Found:
    """`cross_entropy`, `nll_loss`: classes are dimension 1, or the only one."""
    reduction = g.get("reduction", "mean")
    if reduction in ("mean", "sum"):
        return Shape(())
    shape = g.shape()
    if reduction != "none" or shape.more or not shape.dims:
        return ANY
    return Shape((shape.dims[0], *shape.dims[2:]) if len(shape.dims) > 1 else ())


def channel_shuffle(g: Given) -> Found:
    """`channel_shuffle(groups)`: the shape stays."""
    return g.shape()


def halves(g: Given) -> Found:
    """Half of a size, rounded up (`rfft` and the like)."""
    shape, count = g.shape(), g.size("n")
    dim = g.get("dim", -1)
    size = count if g.get("n") is not None else shape.at(dim) if type(dim) is int else None
    return replaced(shape, dim, None if size is None else _plus_one(floordiv(size, 2)))


def _plus_one(size: Dim) -> Dim:
    from actlint.torchapi.shapes.dims import add

    return add(size, 1)


def kron(g: Given) -> Found:
    """`kron(input, other)`: sizes multiply."""
    a, b = g.shape(), g.shape("other")
    if a.more or b.more:
        return ANY
    length = max(len(a.dims), len(b.dims))
    pairs = zip(*((1,) * (length - len(s.dims)) + s.dims for s in (a, b)), strict=True)
    return Shape(tuple(mul(x, y) for x, y in pairs))
