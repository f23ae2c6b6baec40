"""ACT310: weights that are initialised for another nonlinearity than the one that follows."""

from __future__ import annotations

from collections.abc import Iterator

from actlint.intents import Intent, Repair, Replace, SetArgument
from actlint.model.initialised import Mismatch, mismatches
from actlint.model.places import Place, words
from actlint.model.program import Context, FileView
from actlint.rule import Finding, Note, rule


@rule("ACT310", default=False)
def init_activation_mismatch(unit: FileView, ctx: Context) -> Iterator[Finding]:
    """Report the call of `nn.init`, with the place of the activation."""
    for found in mismatches(unit):
        call = found.activation
        place = Place(call.where.site, False)
        given, wanted = found.gains
        yield Finding(
            found.site,
            f"`{unit.text(found.node.func)}` scales the weights for {found.meant} (gain {given:.2f}), and "
            f"{words(ctx, place, call)} follows, whose gain is {wanted:.2f}: the signal "
            f"{'grows' if given > wanted else 'fades'} from layer to layer",
            label=f"for {found.meant}",
            notes=(Note(place.site, f"{found.follows} follows"),),
            conditions=found.conditions,
            fix=_fix(found),
        )


def _fix(found: Mismatch) -> Repair | None:
    """Name the activation that follows; for SELU the documentation of torch asks for `linear`."""
    if any(argument.star for argument in found.node.args):
        return None
    name = "linear" if found.follows == "selu" else found.follows
    edit: Intent = SetArgument(found.site, "nonlinearity", (f'"{name}"',))
    if found.literal is not None:
        edit = Replace(found.literal, (f'"{name}"',))
    return Repair(f"initialise for {name}", "unsafe", (edit,))
