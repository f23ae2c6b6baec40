"""Shapes of what has weights: dense and embedding layers, normalisations, recurrent and attention layers."""

from __future__ import annotations

from actlint.torchapi.shapes.dims import ANY, Dim, Shape, mul
from actlint.torchapi.shapes.given import Found, Given, Rule, numbers


def last(shape: Shape, size: Dim) -> Shape:
    """The shape with another last dimension."""
    if not shape.dims:
        return Shape((size,), shape.more)
    return Shape((*shape.dims[:-1], size), shape.more)


def linear_layer(g: Given) -> Found:
    """`Linear`: the last dimension."""
    g.demand(-1, g.size("in_features"), "features")
    return last(g.shape(), g.size("out_features"))


def linear(g: Given) -> Found:
    """`F.linear(input, weight)`: the weight is (out, in), or (in,) for one output without a dimension."""
    weight = g.shape("weight")
    if weight.rank not in (1, 2):
        return last(g.shape(), None) if weight.rank is None else None
    g.demand(-1, weight.at(-1), "features")
    if weight.rank == 1:
        shape = g.shape()
        return Shape(shape.dims[:-1], shape.more)
    return last(g.shape(), weight.at(0))


def bilinear_layer(g: Given) -> Found:
    """`Bilinear`: two inputs that agree but for the last dimension."""
    g.demand(-1, g.size("in1_features"), "features", "input1")
    g.demand(-1, g.size("in2_features"), "features", "input2")
    return last(g.shape("input1"), g.size("out_features"))


def embedding_layer(g: Given) -> Found:
    """`Embedding`: one dimension more."""
    shape = g.shape()
    return Shape((*shape.dims, g.size("embedding_dim")), shape.more)


def embedding(g: Given) -> Found:
    """`F.embedding(input, weight)`."""
    shape = g.shape()
    return Shape((*shape.dims, g.shape("weight").at(-1)), shape.more)


def embedding_bag(g: Given) -> Found:
    """`EmbeddingBag`: a row for each bag."""
    shape = g.shape()
    rows = shape.at(0) if shape.rank == 2 else None
    return Shape((rows, g.size("embedding_dim")))


# ------------------------------------------------------------------------------------------------------ normalisations


def same(g: Given) -> Found:
    """What works element by element, or keeps the shape otherwise."""
    return g.shape()


def batch_norm(ranks: tuple[int, ...]) -> Rule:
    """`BatchNormNd`: channels in dimension 1, for tensors of these numbers of dimensions."""

    def rule(g: Given) -> Found:
        shape = g.shape()
        if shape.more and len(ranks) == 1:
            shape = Shape((*(None,) * (ranks[0] - len(shape.dims)), *shape.dims), of=shape.of)
        if shape.rank is not None and shape.rank not in ranks:
            return None
        if shape.rank is not None:
            _channels(g, shape, 1, g.size("num_features"))
        return shape

    return rule


def instance_norm(spatial: int) -> Rule:
    """`InstanceNormNd`: channels before the spatial dimensions; they matter only where there are weights."""

    def rule(g: Given) -> Found:
        shape = g.shape()
        if shape.rank is not None and shape.rank not in (spatial + 1, spatial + 2):
            return None
        if g.flag("affine") is True or g.flag("track_running_stats") is True:
            _channels(g, shape, -spatial - 1, g.size("num_features"))
        return shape

    return rule


def _channels(g: Given, shape: Shape, place: int, wanted: Dim) -> None:
    """Demand channels of the first tensor, whose shape is known better than its own."""
    rank = len(shape.dims)
    g.values = {**g.values, g.first: shape}
    g.demand(place if place < 0 else place - rank, wanted, "channels")


def group_norm(g: Given) -> Found:
    """`GroupNorm`: channels in dimension 1."""
    shape = g.shape()
    if shape.rank is not None and shape.rank >= 2:
        _channels(g, shape, 1, g.size("num_channels"))
    return shape


def layer_norm(g: Given) -> Found:
    """`LayerNorm(normalized_shape)`, `RMSNorm`, and their functions: the last dimensions."""
    wanted = numbers(g.get("normalized_shape"))
    for place, size in enumerate(wanted or ()):
        g.demand(place - len(wanted or ()), size, "features")
    return g.shape()


# ------------------------------------------------------------------------------------------------- sequences, attention


def recurrent(g: Given) -> Found:
    """`RNN`, `LSTM`, `GRU`: the outputs, and the last state (of an LSTM two of them)."""
    shape = g.shape()
    g.demand(-1, g.size("input_size"), "features")
    hidden, both = g.size("hidden_size"), g.flag("bidirectional")
    projected = g.size("proj_size", 0)
    width = hidden if projected == 0 else projected
    if shape.more and g.flag("batch_first") and len(shape.dims) <= 3:
        # Nobody says where the batch is of a layer that is given none.
        if not g.batched:
            return None
        shape = Shape((*(None,) * (3 - len(shape.dims)), *shape.dims), of=shape.of)
        g.values = {**g.values, g.first: shape}
    if both is None or shape.rank not in (2, 3):
        wide = None if both is None else mul(width, 2 if both else 1)
        return (Shape((None, wide), True), ANY)
    output = last(shape, mul(width, 2 if both else 1))
    first = g.flag("batch_first")
    layers = mul(g.size("num_layers", 1), 2 if both else 1)
    batch: tuple[Dim, ...] = ()
    if shape.rank == 3:
        batch = (None if first is None else shape.at(0 if first else 1),)
    return (output, Shape((layers, *batch, width)))


def states(g: Given) -> tuple[Shape, Shape] | None:
    """The two last states of an LSTM: outputs and cells."""
    found = recurrent(g)
    if not isinstance(found, tuple) or found[1].more:
        return None
    state = found[1]
    return state, Shape((*state.dims[:-1], g.size("hidden_size")))


def cell(g: Given) -> Found:
    """`RNNCell`, `GRUCell`: the next state."""
    g.demand(-1, g.size("input_size"), "features")
    return last(g.shape(), g.size("hidden_size"))


def lstm_cell(g: Given) -> Found:
    """`LSTMCell`: the next state and cell."""
    g.demand(-1, g.size("input_size"), "features")
    state = last(g.shape(), g.size("hidden_size"))
    return (state, state)


def multihead_attention(g: Given) -> Found:
    """`MultiheadAttention`: as the query; weights (batch, target, source)."""
    width = g.size("embed_dim")
    g.demand(-1, width, "features", "query")
    for name in ("key", "value"):
        own = g.get(f"{name[0]}dim")
        g.demand(-1, width if own is None else g.size(f"{name[0]}dim"), "features", name)
    query, key = g.shape("query"), g.shape("key")
    output = last(query, width)
    first = g.flag("batch_first")
    average = g.flag("average_attn_weights", True)
    if query.rank not in (2, 3) or key.rank != query.rank or first is None or average is None:
        return (output, ANY)
    place = 1 if query.rank == 3 and first else 0
    batch = () if query.rank == 2 else (query.at(1 - place),)
    target, source = query.at(place), key.at(place)
    heads = () if average else (g.size("num_heads"),)
    return (output, Shape((*batch, *heads, target, source)))


def transformer_layer(g: Given) -> Found:
    """`TransformerEncoderLayer`, `TransformerDecoderLayer`: as the input."""
    for name in ("src", "tgt", "memory"):
        if name in g.values:
            g.demand(-1, g.size("d_model"), "features", name)
    return g.shape()


def transformer(g: Given) -> Found:
    """`Transformer`: as the target."""
    for name in ("src", "tgt"):
        g.demand(-1, g.size("d_model"), "features", name)
    return g.shape("tgt")


def scaled_dot_product_attention(g: Given) -> Found:
    """`F.scaled_dot_product_attention(query, key, value)`."""
    query = g.shape("query")
    return last(query, g.shape("value").at(-1)) if query.dims or query.more else None
