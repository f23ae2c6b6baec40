"""What runs in the worker: the user's interpreter, torch and the user's code; nothing else of actlint is there.

The package is started by path (`python PATH/worker REQUEST DESCRIPTOR`), not imported by name: actlint need not be
installed where torch is. It reads one request in JSON from a file and writes *observations*, one JSON object a line, to
a file of its own.
"""
