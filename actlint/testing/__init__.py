r"""Rule pages as tests: read a page of Markdown, and hold the rule to what it says.

A page of the rule book is specification, documentation and test at once. `python -m actlint.testing PAGES` holds pages
against the rules that are installed, those of plugins included; `parse`, `cases` and `run` do the same in a test suite.

**Projects.** A heading is a project: everything between it and the next heading, of whatever level. A line that holds
nothing but `` `layers.py`: `` names the block that follows it; each *unnamed* block in turn is `main.py`, beside all
named files of its heading, and is one case. A heading with named files only is one case. Settings are in
```` ```toml ```` blocks, written as in `actlint.toml`; each is valid from where it stands until the next heading of its
own or a higher level, an inner one over an outer one. Without `select` the page's own rule runs alone: the code of the
first heading, `# ACT601: softmax-before-cross-entropy`. A page without such a heading is linted with the default rules.
Blocks in other languages than those named here are prose.

**Markers.** In a ```` ```python ```` block a line must have exactly the findings that its markers name, and a line
without markers none:

    x = F.sigmoid(x)  # error
    x = F.sigmoid(x)  # error: [ACT101]
    x = F.sigmoid(x)  # error: [ACT101] "legacy alias"
    x = F.sigmoid(F.tanh(x))  # error: [ACT101] "sigmoid" # error: [ACT101] "tanh"
    # error: [ACT404] "`super().__init__()`"
    class Net(nn.Module):

The quoted text is a part of the message (`\"` and `\\` are a quote and a backslash). A marker alone on its line speaks
of the next line that is no marker. A finding is on the line on which it starts. Markers are found as text, in code that
no parser can read too, and are taken out before linting, a line that holds nothing else with its line.

**Words** after ```` ```python ````, in any combination that makes sense:

- `fixed`: the text of the block before it after all safe fixes; `fixed unsafe`: after all fixes. Both are linted again
  and must be silent. Under a file name it is the fixed text of that file. The block before it may stand under an
  earlier heading, where none is between.
- `nofix`: there are findings, and none of them offers a fix that could be applied (one only shown may be there).
- `runs`: the block is executed, as `python main.py` would execute it, beside the other files of its case, and ends
  without exception. The block itself holds the lines that drive it, imports torch and, where it matters, seeds it.
- `probe`: its markers are for what the probe measures when it runs the models of the block. Without the probe the
  block must be silent, and this is what is held here; the tests of the probe run it.
- `raises "text"`: it is executed and ends with an exception that has this text in `Type: message`. No backtick can
  stand in an info string.
- `same`, on a fixed block: the block before it and the fixed block are executed, and what both leave in the name
  `result` is equal: tensors in shape, dtype, requires-grad, values to rounding, and gradient; modules in their state
  dict and the gradients of their parameters; lists, tuples and mappings item by item; everything else by `==`. This is
  how a page proves that a fix is safe.

**Other blocks.** ```` ```output ```` after a Python block equals the findings of its case in the full format, without
the summary at its end. ```` ```graph ```` equals what `actlint graph` prints of that file, ```` ```graph Net ```` of
its class `Net`.

A case fails with every place in which the page is wrong, each with the line of the page. `structure` is what pages of
actlint's own rule book must look like beyond that.
"""

from actlint.testing.cases import Case, cases, problems
from actlint.testing.page import Failure, Page, parse
from actlint.testing.run import Linter, Project, run
from actlint.testing.structure import structure

__all__ = ["Case", "Failure", "Linter", "Page", "Project", "cases", "parse", "problems", "run", "structure"]
