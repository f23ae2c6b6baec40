"""actlint's findings on pinned packages, held against a list in which every finding has been read.

`findings/<package>.jsonl` is that list: one JSON object a line, with the `verdict` of someone who read the code.
"true": the stated effect happens in the program as written, and its author would change the code if told. "false": it
does not, or it is meant so. null: nobody read it yet. `reason` is one line.
"""
