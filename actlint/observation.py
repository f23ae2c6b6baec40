"""What a run of a model showed: one type for each kind of thing that the probe's worker says.

A worker's sayings are decoded here; what cannot be decoded is left out, since the user's code runs beside the worker.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import MISSING, dataclass, field, fields
from typing import Any, TypeAlias

Place: TypeAlias = "tuple[str, int]"
"""An absolute path and a line."""

Entry: TypeAlias = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class ObservationTorch:
    """The torch and device that were used."""

    version: str
    device: str
    python: str = ""


@dataclass(frozen=True, slots=True)
class ObservationBuilt:
    """The model was made: how that is written, where its arguments come from, how many parameters it has."""

    text: str
    source: str
    parameters: int
    type: str


@dataclass(frozen=True, slots=True)
class ObservationInputs:
    """Inputs with which it runs, as `--input` takes them, and where they come from."""

    text: str
    source: str


@dataclass(frozen=True, slots=True)
class ObservationFailed:
    """The user's code raised, at `places` (outermost first). `attribute` is what an AttributeError names."""

    phase: str
    error: str
    message: str
    places: tuple[Entry, ...]
    attribute: str = ""
    owner: str = ""

    @property
    def place(self) -> Place | None:
        """The innermost of the user's lines."""
        return (self.places[-1]["path"], self.places[-1]["line"]) if self.places else None


@dataclass(frozen=True, slots=True)
class ObservationLines:
    """Lines that ran, by file, and warnings with the line that caused them."""

    ran: Mapping[str, list[int]]
    warned: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservationModule:
    """Attributes that modules do not know of, layers that are there twice, layers that were replaced."""

    odd: tuple[Entry, ...]
    repeated: tuple[Entry, ...]
    replaced: tuple[Entry, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservationLoss:
    """The first loss, and ln C where it is a cross entropy over C classes; the least output and its share of zeros.

    `lone`: a softmax ran over a single entry, as attention does on an image or sequence that is too small. `summed`: of
    how many outputs a loss of the probe's own is the sum; 1 for any other loss.
    """

    name: str
    initial: float
    guessing: float | None = None
    minimum: float = 0.0
    zeros: float = 0.0
    lone: bool = False
    summed: int = 1


@dataclass(frozen=True, slots=True)
class ObservationMadeInForward:
    """Layers with parameters that a forward made anew."""

    layers: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ObservationWrites:
    """Writes in place, those that changed what autograd had kept, and those to the caller's tensors."""

    stale: tuple[Entry, ...]
    writes: tuple[Entry, ...]
    inputs: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservationWithout:
    """The same step with the writes of one statement (finding `id`) out of place: relative differences."""

    id: int
    count: int
    raises: str = ""
    also: str = ""
    output: float = 0.0
    gradient: float = 0.0


@dataclass(frozen=True, slots=True)
class ObservationLayers:
    """Gradients of each parameter at the start and over the steps, averaged over the seeds."""

    layers: tuple[Entry, ...]
    steps: int


@dataclass(frozen=True, slots=True)
class ObservationOverfit:
    """The losses of training on one batch, by seed."""

    losses: tuple[list[Any], ...]
    diverged: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservationActivations:
    """Statistics of each activation after training steps, by seed."""

    seeds: tuple[list[Entry], ...]


@dataclass(frozen=True, slots=True)
class ObservationFlow:
    """First-to-last ratio of mean |gradient| and its root by layers, by seed; and as it is under changes. `signals` are
    such roots of the biases' gradients.
    """

    ratios: tuple[float, ...]
    factors: tuple[float, ...]
    layers: int
    changed: Mapping[str, Entry]
    order: tuple[str, ...] = ()
    signals: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class ObservationChains:
    """Layers that follow each other along the only way of the data, tested; activations with or without a reader."""

    chains: tuple[Entry, ...]
    activations: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ObservationIsolation:
    """How far sample 0 follows the others in eval mode, and the output the input; None with the reason why not."""

    leak: float | None
    why: str = ""
    dependence: float | None = None
    tensors: int = 0
    moved: float = 0.0


@dataclass(frozen=True, slots=True)
class ObservationNonfinite:
    """NaN or infinity, and the first operation that made it."""

    when: str
    name: str
    place: tuple[Any, ...] | None
    what: str


@dataclass(frozen=True, slots=True)
class ObservationEvalNoise:
    """Calls of dropout in eval mode, and whether they changed anything."""

    calls: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ObservationLeftBehind:
    """Tensors that do not follow the model to another device."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ObservationFunction:
    """A function of the user's was called (or `why` not): names that kept graphs, how many parameters got gradients."""

    name: str
    called: bool
    why: str = ""
    kept: tuple[Entry, ...] = ()
    trained: int = 0
    parameters: int = 0
    failure: Entry | None = None


@dataclass(frozen=True, slots=True)
class ObservationUnmeasured:
    """A measurement that was not possible, and why."""

    name: str
    message: str
    internal: bool = False


@dataclass(frozen=True, slots=True)
class ObservationShapes:
    """The output's shape of each layer, on the meta device."""

    layers: tuple[Entry, ...]
    milliseconds: float


@dataclass(frozen=True, slots=True)
class ObservationVerified:
    """What one step computes, by seed."""

    results: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class ObservationCompared:
    """Training under one activation from one seed."""

    activation: str
    seed: int
    raises: str = ""
    losses: tuple[float, ...] = ()
    accuracy: float | None = None
    swapped: bool = True
    layers: tuple[str, ...] = ()
    gradients: tuple[Entry, ...] = ()
    data: str = ""
    steps: int = 0


Observation: TypeAlias = (
    ObservationTorch
    | ObservationBuilt
    | ObservationInputs
    | ObservationFailed
    | ObservationLines
    | ObservationModule
    | ObservationLoss
    | ObservationMadeInForward
    | ObservationWrites
    | ObservationWithout
    | ObservationLayers
    | ObservationOverfit
    | ObservationActivations
    | ObservationFlow
    | ObservationChains
    | ObservationIsolation
    | ObservationNonfinite
    | ObservationEvalNoise
    | ObservationLeftBehind
    | ObservationFunction
    | ObservationUnmeasured
    | ObservationShapes
    | ObservationVerified
    | ObservationCompared
)

_KINDS: Mapping[str, Any] = {
    "torch": ObservationTorch,
    "built": ObservationBuilt,
    "inputs": ObservationInputs,
    "failed": ObservationFailed,
    "lines": ObservationLines,
    "module": ObservationModule,
    "loss": ObservationLoss,
    "made-in-forward": ObservationMadeInForward,
    "writes": ObservationWrites,
    "without": ObservationWithout,
    "layers": ObservationLayers,
    "overfit": ObservationOverfit,
    "activations": ObservationActivations,
    "flow": ObservationFlow,
    "chains": ObservationChains,
    "isolation": ObservationIsolation,
    "nonfinite": ObservationNonfinite,
    "eval-noise": ObservationEvalNoise,
    "left-behind": ObservationLeftBehind,
    "function": ObservationFunction,
    "unmeasured": ObservationUnmeasured,
    "shapes": ObservationShapes,
    "verified": ObservationVerified,
    "compared": ObservationCompared,
}

_NUMBERS = ("float", "float | None")


def decode(said: Iterable[Mapping[str, Any]]) -> tuple[Observation, ...]:
    """The observations among what a worker said, in order."""
    return tuple(found for each in said if (found := _decoded(each)) is not None)


def _decoded(said: Mapping[str, Any]) -> Observation | None:
    kind = _KINDS.get(said["kind"])
    if kind is None:
        return None
    values = {}
    for each in fields(kind):
        if each.name in said:
            values[each.name] = _value(said[each.name], str(each.type))
        elif each.default is MISSING:
            return None
    found: Observation = kind(**values)
    return found


def _value(value: Any, kind: str) -> Any:
    if isinstance(value, list):
        return tuple(_value(each, "float" if "float" in kind else "") for each in value)
    if isinstance(value, str) and kind in _NUMBERS:
        return float(value)  # what is not finite comes as text
    return value


@dataclass(frozen=True, slots=True)
class Observed:
    """One class as it was run: what was seen, and, where the worker did not get to its end, why (`trouble`).

    `name` is the class, `path` its file (absolute).
    """

    name: str
    path: str
    seen: tuple[Observation, ...] = ()
    trouble: str = ""
    seconds: float = 0.0
    repaired: tuple[str, ...] = field(default=())

    def first(self, kind: type[Any]) -> Any:
        """The first observation of a kind, None where there is none."""
        return next((each for each in self.seen if isinstance(each, kind)), None)

    def last(self, kind: type[Any]) -> Any:
        """The last observation of a kind, None where there is none: what is said again counts."""
        return next((each for each in reversed(self.seen) if isinstance(each, kind)), None)

    def all(self, kind: type[Any]) -> list[Any]:
        """All observations of a kind."""
        return [each for each in self.seen if isinstance(each, kind)]

    def ran(self, path: str, first: int, last: int) -> bool:
        """Whether any line of a statement ran."""
        return any(
            any(first <= line <= last for line in lines.ran.get(path, ())) for lines in self.all(ObservationLines)
        )
