"""Shapes of what rearranges, joins, cuts and picks values."""

from __future__ import annotations

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, add, exact, floordiv, join, mul, product
from actlint.torchapi.shapes.given import Each, Found, Given, Rule, as_dim, numbers


def sizes_given(g: Given, name: str) -> tuple[Dim, ...] | None:
    """Sizes as `view(*size)` takes them, by themselves or as one sequence; None where their number is not known."""
    if "*" in g.values:
        return None
    given = g.get(name)
    if isinstance(given, tuple) and len(given) == 1:
        given = given[0]
    # what stands alone and is no number may be a sequence
    return numbers(given) if isinstance(given, (int, tuple)) else None


def view(name: str) -> Rule:
    """`view`, `reshape`: one size may be -1."""

    def rule(g: Given) -> Found:
        wanted = sizes_given(g, name)
        return ANY if wanted is None else filled(g.shape(), wanted)

    return rule


def filled(shape: Shape, wanted: tuple[Dim, ...]) -> Shape | None:
    """The sizes, with what is left of the elements for -1; None where they do not fit."""
    total = None if shape.more else product(shape.dims)
    if -1 not in wanted:
        own = product(wanted)
        return None if type(own) is int and type(total) is int and own != total else Shape(wanted)
    place = wanted.index(-1)
    others = [size for index, size in enumerate(wanted) if index != place]
    rest = _cancelled(shape, others)
    if type(total) is int and type(product(others)) is int and rest is None:
        return None
    return Shape((*wanted[:place], rest, *wanted[place + 1 :]))


def _cancelled(shape: Shape, others: list[Dim]) -> Dim:
    """What is left of a tensor's elements besides the sizes; a size that is one of its own needs not be known."""
    if shape.more:
        return None
    dims = list(shape.dims)
    rest = []
    for size in others:
        if size is not None and size in dims and not isinstance(size, int):
            dims.remove(size)
        else:
            rest.append(size)
    return exact(product(dims), product(rest))


def flatten(g: Given) -> Found:
    """`flatten(start_dim, end_dim)`, `Flatten` (from 1 on)."""
    shape = g.shape()
    begin, end = g.number("start_dim", 0), g.number("end_dim", -1)
    if begin is None or end is None:
        return ANY
    if shape.more:
        if begin == 1 and end == -1:
            return Shape((None, None))
        if begin == 0 and end == -1:
            return Shape((None,))
        if begin < 0 and -begin <= len(shape.dims) and begin <= end < 0:
            return Shape(_flat(shape.dims, begin + len(shape.dims), end + len(shape.dims)), True)
        return ANY
    if not shape.dims:
        return Shape((1,))
    first, last = shape.place(begin), shape.place(end)
    return Shape(_flat(shape.dims, first, last)) if first is not None and last is not None and first <= last else None


def _flat(dims: tuple[Dim, ...], first: int, last: int) -> tuple[Dim, ...]:
    return (*dims[:first], product(dims[first : last + 1]), *dims[last + 1 :])


def unflatten(name: str) -> Rule:
    """`unflatten(dim, sizes)`, `Unflatten`."""

    def rule(g: Given) -> Found:
        shape, wanted, dim = g.shape(), numbers(g.get(name)), g.number("dim")
        place = shape.place(dim)
        if wanted is None or dim is None:
            return ANY
        if place is None:
            if dim >= 0 or -dim > len(shape.dims):
                return ANY if shape.more else None
            place = dim + len(shape.dims)
        inner = filled(Shape((shape.dims[place],)), wanted)
        return (
            None if inner is None else Shape((*shape.dims[:place], *inner.dims, *shape.dims[place + 1 :]), shape.more)
        )

    return rule


def squeeze(g: Given) -> Found:
    """`squeeze()`, `squeeze(dim)`: dimensions of size 1 go; whether one does must be known."""
    shape = g.shape()
    given = g.get("dim")
    if shape.more:
        places = numbers(given) or ()
        if len(places) == 1 and type(places[0]) is int and -len(shape.dims) <= places[0] < 0:
            inner = squeeze(Given({"input": Shape(shape.dims), "dim": places[0]}))
            return Shape(inner.dims, True) if isinstance(inner, Shape) and not inner.more else ANY
        return ANY
    if given is None or given == ():
        wanted = set(range(len(shape.dims)))
    else:
        found = [shape.place(index) for index in numbers(given) or (None,)]
        if None in found:
            return None
        wanted = {index for index in found if index is not None}
    if any(not isinstance(shape.dims[index], int) for index in wanted):
        return ANY  # it may be 1
    return Shape(tuple(size for index, size in enumerate(shape.dims) if index not in wanted or size != 1))


def unsqueeze(g: Given) -> Found:
    """`unsqueeze(dim)`."""
    shape, dim = g.shape(), g.number("dim")
    if dim is None:
        return ANY
    if shape.more:
        place = len(shape.dims) + dim + 1
        return Shape((*shape.dims[:place], 1, *shape.dims[place:]), True) if dim < 0 <= place else ANY
    size = len(shape.dims) + 1
    if not -size <= dim < size:
        return None
    return Shape((*shape.dims[: dim % size], 1, *shape.dims[dim % size :]))


def permute(g: Given) -> Found:
    """`permute(dims)`."""
    shape, order = g.shape(), sizes_given(g, "dims")
    if order is None:
        return ANY
    if shape.rank is None:
        return Shape((None,) * len(order)) if len(shape.dims) <= len(order) else None
    places = [shape.place(index) for index in order]
    if len(places) != len(shape.dims):
        return None
    if len(set(places)) != len(places) or None in places:
        return None if None not in order else Shape((None,) * len(order))
    return Shape(tuple(shape.dims[place] for place in places if place is not None))


def transpose(first: str, second: str) -> Rule:
    """Two dimensions change places."""

    def rule(g: Given) -> Found:
        shape = g.shape()
        a, b = g.number(first), g.number(second)
        if a is None or b is None:
            return Shape((None,) * len(shape.dims), shape.more)
        return swapped(shape, a, b)

    return rule


def swapped(shape: Shape, a: int, b: int) -> Shape | None:
    """The shape with two dimensions swapped."""
    size = len(shape.dims)
    if shape.more:
        if not (-size <= a < 0 and -size <= b < 0):
            return ANY
    elif not (-size <= a < size and -size <= b < size):
        return None
    dims = list(shape.dims)
    dims[a], dims[b] = dims[b], dims[a]
    return Shape(tuple(dims), shape.more)


def matrix_transpose(g: Given) -> Found:
    """`.mT`, `.mH`, `adjoint`: the last two dimensions."""
    return swapped(g.shape(), -1, -2)


def reversed_dims(g: Given) -> Found:
    """`.T`, `.H`, `t()`: all dimensions backwards."""
    shape = g.shape()
    return ANY if shape.more else Shape(shape.dims[::-1])


def movedim(g: Given) -> Found:
    """`movedim(source, destination)`."""
    shape = g.shape()
    sources, targets = g.several("source"), g.several("destination")
    if sources is None or targets is None or shape.more or len(sources) != len(targets):
        return ANY
    froms, tos = [shape.place(i) for i in sources], [shape.place(i) for i in targets]
    if None in froms or None in tos:
        return None
    placed = dict(zip(tos, froms, strict=True))
    rest = (index for index in range(len(shape.dims)) if index not in froms)
    order = [placed[index] if index in placed else next(rest) for index in range(len(shape.dims))]
    return Shape(tuple(shape.dims[index] for index in order if index is not None))


def expand(g: Given) -> Found:
    """`expand(sizes)`: -1 keeps a size."""
    shape, wanted = g.shape(), sizes_given(g, "size")
    if wanted is None:
        return ANY
    own = (None,) * (len(wanted) - len(shape.dims)) + shape.dims if shape.more else shape.dims
    extra = len(wanted) - len(own)
    if extra < 0:
        return None
    return Shape(tuple(own[i - extra] if size == -1 and i >= extra else size for i, size in enumerate(wanted)))


def repeat(name: str) -> Rule:
    """`repeat(sizes)`, `tile(dims)`: how often, the last dimensions last; tile may give fewer numbers."""

    def rule(g: Given) -> Found:
        shape, times = g.shape(), sizes_given(g, name)
        if times is None or shape.more:
            return ANY if times is None else Shape((None,) * len(times), name == "dims")
        if len(times) < len(shape.dims):
            if name == "repeats":
                return None
            times = (1,) * (len(shape.dims) - len(times)) + times
        own = (1,) * (len(times) - len(shape.dims)) + shape.dims
        return Shape(tuple(mul(size, count) for size, count in zip(own, times, strict=True)))

    return rule


def repeat_interleave(g: Given) -> Found:
    """`repeat_interleave(repeats, dim)`."""
    shape, times = g.shape(), g.size("repeats")
    if g.get("dim") is None:
        return Shape((mul(product(shape.dims), times) if not shape.more else None,))
    place = shape.place(g.get("dim"))
    if place is None:
        return ANY
    return Shape((*shape.dims[:place], mul(shape.dims[place], times), *shape.dims[place + 1 :]))


def replaced(shape: Shape, dim: object, size: Dim) -> Shape:
    """The shape with one dimension of another size."""
    place = shape.place(dim)
    if place is None:
        if type(dim) is int and shape.more and -len(shape.dims) <= dim < 0:
            place = dim + len(shape.dims)
        else:
            return ANY if shape.more else Shape((None,) * len(shape.dims))
    return Shape((*shape.dims[:place], size, *shape.dims[place + 1 :]), shape.more)


# ----------------------------------------------------------------------------------------------------- joining, cutting


def cat(g: Given) -> Found:
    """`cat(tensors, dim)`: sizes along `dim` add up, the others are equal."""
    parts = g.get("tensors")
    if not isinstance(parts, tuple) or not parts:
        return ANY
    shapes = [part if isinstance(part, Shape) else ANY for part in parts]
    ranks = {len(shape.dims) for shape in shapes if not shape.more}
    dim = g.number("dim", 0)
    if len(ranks) > 1 or dim is None or any(shape.dims == (0,) for shape in shapes):
        return ANY
    if dim == 1 and not g.batched:
        return None  # written for what comes in batches: of a single sample these are pixels, not channels
    if not ranks:
        if dim >= 0 or any(-dim > len(shape.dims) for shape in shapes):
            return ANY
        place: int = dim
        width = min(len(shape.dims) for shape in shapes)
    else:
        width = ranks.pop()
        if not -width <= dim < width:
            return None
        place = dim % width - width
    sizes: list[Dim] = []
    for index in range(-width, 0):
        column = [shape.at(index) for shape in shapes]
        if index == place:
            total: Dim = 0
            for size in column:
                total = add(total, size)
            sizes.append(total)
        else:
            known = [size for size in column if size is not None]
            fixed = [size for size in known if type(size) is int]
            if len(set(fixed)) > 1:
                return None
            sizes.append(fixed[0] if fixed else known[0] if known else None)
    return Shape(tuple(sizes), not any(not shape.more for shape in shapes))


def stack(g: Given) -> Found:
    """`stack(tensors, dim)`: a dimension more."""
    parts, dim = g.get("tensors"), g.number("dim", 0)
    if not isinstance(parts, tuple) or not parts or dim is None:
        return ANY
    shapes = [part if isinstance(part, Shape) else ANY for part in parts]
    shape = shapes[0]
    for other in shapes[1:]:
        shape = join(shape, other)
    if shape.more:
        return ANY
    size = len(shape.dims) + 1
    if not -size <= dim < size:
        return None
    return Shape((*shape.dims[: dim % size], len(parts), *shape.dims[dim % size :]))


def chunk(g: Given) -> Found:
    """`chunk(chunks, dim)`: the last one may be smaller."""
    shape, count, dim = g.shape(), g.number("chunks"), g.get("dim", 0)
    place = shape.place(dim)
    size = shape.at(dim) if type(dim) is int else None
    if count is None or count < 1:
        return Each(replaced(shape, dim, None))
    even = exact(size, count)
    if even is not None:
        return (replaced(shape, dim, even),) * count
    if type(size) is int and place is not None:
        step = -(-size // count)
        return tuple(replaced(shape, dim, min(step, size - at)) for at in range(0, size, step))
    return Each(replaced(shape, dim, None))


def split(name: str) -> Rule:
    """`split(size or sizes, dim)`."""

    def rule(g: Given) -> Found:
        shape, dim = g.shape(), g.get("dim", 0)
        given = g.get(name)
        if isinstance(given, tuple):
            return tuple(replaced(shape, dim, as_dim(size)) for size in given)
        step, size = as_dim(given), shape.at(dim) if type(dim) is int else None
        if type(step) is int and type(size) is int and step > 0:
            return tuple(replaced(shape, dim, min(step, size - at)) for at in range(0, size, step))
        whole = exact(size, step)
        if type(whole) is int and 0 < whole <= 16:
            return (replaced(shape, dim, step),) * whole
        return Each(replaced(shape, dim, None))

    return rule


def unbind(g: Given) -> Found:
    """`unbind(dim)`: one dimension less."""
    shape = g.shape()
    place = shape.place(g.get("dim", 0))
    if place is None:
        return Each(ANY)
    rest = Shape((*shape.dims[:place], *shape.dims[place + 1 :]))
    size = shape.dims[place]
    return (rest,) * size if type(size) is int and 0 < size <= 64 else Each(rest)


def narrow(g: Given) -> Found:
    """`narrow(dim, start, length)`."""
    return replaced(g.shape(), g.get("dim"), g.size("length"))


def select(g: Given) -> Found:
    """`select(dim, index)`: one dimension less."""
    shape = g.shape()
    place = shape.place(g.get("dim"))
    return ANY if place is None else Shape((*shape.dims[:place], *shape.dims[place + 1 :]))


def index_select(g: Given) -> Found:
    """`index_select(dim, index)`: as many as there are indices."""
    return replaced(g.shape(), g.get("dim"), g.shape("index").at(0))


def gather(g: Given) -> Found:
    """`gather(dim, index)`: as the index."""
    return g.shape("index")


def unfold_dim(g: Given) -> Found:
    """`Tensor.unfold(dimension, size, step)`: windows along a dimension, their contents last."""
    shape, size, step = g.shape(), g.size("size"), g.size("step")
    place = shape.place(g.get("dimension"))
    if place is None:
        return ANY
    count = add(floordiv(add(shape.dims[place], size, -1), step), 1)
    return Shape((*shape.dims[:place], count, *shape.dims[place + 1 :], size))


def as_other(name: str) -> Rule:
    """`view_as(other)`, `expand_as(other)`."""
    return lambda g: Shape(g.shape(name).dims, g.shape(name).more)
