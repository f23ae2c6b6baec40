"""From text to facts and back to text: the only package that imports libcst, and it does so only when it parses."""
