"""`actlint graph --format mermaid`: a flowchart for each run, in Markdown, tensors flowing from step to step.

What is not known has a dashed border and says why; a loop that is not unrolled has a dotted edge back.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from actlint.model.steps import Run, Step

_SHOWN = ("argument", "call", "unknown", "merge", "return")
_CLASSES = (
    "classDef unknown stroke-dasharray: 4 3,stroke:#b45309",
    "classDef argument fill:#eef2ff,stroke:#4338ca",
    "classDef result fill:#ecfdf5,stroke:#047857",
    "classDef hazard stroke:#b91c1c,stroke-width:2px",
)
_MOST_EDGES = 480
"""Mermaid draws 500 edges unless its host allows more."""

_ESCAPES = {
    "#": "#35;",
    '"': "#quot;",
    "<": "#lt;",
    ">": "#gt;",
    "`": "#96;",
    "&": "#amp;",
    "\\": "#92;",
    "\n": " ",
    "|": "#124;",
}


def text(words: str) -> str:
    """Any text as part of a quoted label."""
    return "".join(_ESCAPES.get(character, character) for character in words)


def render(runs: Iterable[Run]) -> Iterator[str]:
    """Markdown with a flowchart for each run, line by line. Runs without tensors are left out."""
    shown = [run for run in runs if any(step.kind in ("call", "unknown") for step in run.steps)]
    if not shown:
        yield "No operation on tensors is seen.\n"
    for number, run in enumerate(shown):
        title = ".".join(part for part in (run.cls, run.function) if part) or "top level"
        world = "" if run.world in ("general", "script") else f" of {run.world}"
        yield f"{'' if number == 0 else chr(10)}## `{title}`{world}{'' if run.complete else ' (not complete)'}\n\n"
        yield "```mermaid\nflowchart TD\n"
        yield from _run(run)
        for line in _CLASSES:
            yield f"    {line}\n"
        yield "```\n"


def _run(run: Run) -> Iterator[str]:
    makers: dict[str, str] = {}
    sources: dict[str, str] = {}  # what is not known, by its reason
    edges: list[str] = []
    kept = [step for step in run.steps if step.kind in _SHOWN and (step.kind != "return" or step.depth == 0)]
    read = {name for step in run.steps if step.kind in (*_SHOWN, "iteration") for name in step.inputs}
    overwritten = {name for step in run.steps if step.kind == "write" and step.hazards for name in step.inputs}
    for index, step in enumerate(kept):
        if step.kind in ("argument", "merge") and read.isdisjoint(step.result):
            continue
        if len(edges) + len(step.inputs) > _MOST_EDGES:
            yield f'    more["… and {len(kept) - index} more steps"]:::unknown\n'
            break
        node = f"n{index}"
        yield f"    {node}{_shape(step, bool(overwritten.intersection(step.inputs)))}\n"
        for position, name in enumerate(step.inputs):
            if name in makers:
                when = step.input_conditions[position] if position < len(step.input_conditions) else ()
                label = f'|"{text(" and ".join(when))}"|' if when else ""
                edges.append(f"{makers[name]} -->{label} {node}")
        edges += [f"{sources[reason]} -.-> {node}" for reason in step.unknown if reason in sources]
        for name in step.result:
            makers[name] = node
        if step.kind == "unknown":
            sources[step.reason] = node
    edges += _iterations(run, kept, makers)
    for edge in edges[:_MOST_EDGES]:
        yield f"    {edge}\n"


def _iterations(run: Run, kept: list[Step], makers: dict[str, str]) -> Iterator[str]:
    """Edges from the end of a loop's body to what the next iteration begins with."""
    begins = {
        step.label.partition(" of the previous iteration")[0]: f"n{index}"
        for index, step in enumerate(kept)
        if step.kind == "argument" and step.label.endswith(" of the previous iteration")
    }
    targets = sorted(set(begins.values()) & set(makers.values()))
    for step in run.steps:
        if step.kind == "iteration" and targets:
            for name in step.inputs:
                if name in makers:
                    yield f'{makers[name]} -. "next iteration" .-> {targets[-1]}'


def _shape(step: Step, hazard: bool) -> str:
    """A node's label in the brackets of its kind, and its class."""
    condition = f"when {' and '.join(step.conditions)}" if step.conditions else ""
    loop = "in a loop" if step.loop else ""
    row = f"line {step.row}" if step.row else ""

    def lines(*parts: str) -> str:
        return "<br/>".join(text(part) for part in parts if part) or " "

    match step.kind:
        case "argument":
            return f'(["{lines(step.label)}"]):::argument'
        case "merge":
            return f'{{{{"{lines("one of", row)}"}}}}'
        case "return":
            mark = ":::unknown" if step.reason else ":::result"
            return f'(["{lines("return", step.reason, condition, row)}"]){mark}'
        case "unknown":
            return f'["{lines(step.label or "unknown", f"? {step.reason}", condition, loop, row)}"]:::unknown'
        case _:
            what = step.layer or f"[{step.group}]"
            return f'["{lines(step.label, what, condition, loop, row)}"]{":::hazard" if hazard else ""}'
