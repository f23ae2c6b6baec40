"""ACT307: softmax over the dimension of the batch."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.facts import Call as CallNode
from actlint.intents import Repair, SetArgument
from actlint.model.batch import proof_of_batch
from actlint.model.conditions import stated
from actlint.model.dense import scores_one
from actlint.model.events import Call
from actlint.model.flow import input_of
from actlint.model.places import layout, words
from actlint.model.program import Context, FileView
from actlint.model.values import Constant, Tensor
from actlint.model.weights import weighs
from actlint.rule import Finding, Note, rule


@rule("ACT307")
def softmax_over_batch(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the softmax whose `dim` is 0, and what proves that the batch is there."""
    for trace in unit.flows():
        plan = None
        for call in trace.events:
            if not isinstance(call, Call) or call.op is None or call.op.kind != "softmax":
                continue
            settings = dict(call.args) if call.layer is None else call.layer.args
            source, conditions = input_of(call), stated(call.where.condition)
            if settings.get("dim") != Constant(0) or source is None or conditions is None:
                continue
            plan = plan or layout(trace)
            place, proof = plan.place(call), proof_of_batch(ctx, trace, source)
            if proof is None or place.site.path != unit.path or not isinstance(call.result, Tensor):
                continue
            if weighs(plan, call.result) or scores_one(trace, source):
                continue
            at = place.site if call.layer is None else call.layer.site
            proven = plan.place(proof)
            node = unit.node(at) if at.path == unit.path else None
            edit = SetArgument(at, "dim", ("1",))
            yield Finding(
                place.site,
                f"{words(ctx, place, call)} with `dim=0` goes over the batch, which {words(ctx, proven, proof)} puts "
                "first: the scores of one sample are normalised with those of the others",
                label="mixes the samples",
                notes=(Note(proven.site, "the first dimension is the batch here"),),
                conditions=conditions,
                fix=Repair("normalise over the classes: `dim=1`", "unsafe", (edit,))
                if isinstance(node, CallNode)
                else None,
            )
