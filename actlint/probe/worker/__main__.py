"""Start by path: load this directory as a package of a private name, so that no module of the user's is shadowed."""

import sys


def _main() -> None:
    # The user's interpreter can be any.
    if sys.version_info < (3, 10):  # noqa: UP036
        sys.stderr.write("the probe needs Python 3.10 or newer, this is {}.{}\n".format(*sys.version_info))
        sys.exit(3)
    import importlib.util
    import os

    directory = os.path.dirname(os.path.abspath(__file__))
    # `python PATH` puts PATH first into `sys.path`, where `import limits` of the user's code would find ours.
    sys.path[:] = [entry for entry in sys.path if os.path.abspath(entry or ".") != directory]
    spec = importlib.util.spec_from_file_location(
        "_actlint_worker", os.path.join(directory, "__init__.py"), submodule_search_locations=[directory]
    )
    assert spec is not None and spec.loader is not None
    package = importlib.util.module_from_spec(spec)
    sys.modules["_actlint_worker"] = package
    spec.loader.exec_module(package)
    run = importlib.import_module("_actlint_worker.serve").run
    run(sys.argv[1], int(sys.argv[2]))


if __name__ == "__main__":
    _main()
