# What there is to run. `check` is what CI runs; `slow` takes longer and is run before a release.

.PHONY: check slow

check:
	./.ci/run

# Needs the environment of `pip install -e ".[dev]"`.
slow:
	pytest -m slow
	python -m benchmarks.ecosystem --fix
