"""What actlint raises on purpose; each is one line to the user and exit code 2.

```
ActlintError
├── ConfigError   a configuration file or a `--config` value that cannot be used
├── UsageError    a command line that cannot be used: an unknown rule, an option that contradicts another
└── ProbeError    the probe's process cannot be started or does not answer
```

What happens to one file (unreadable, not to be parsed, changed meanwhile) is no exception but a `Notice` or a
diagnostic, so that the other files are still checked.
"""

from __future__ import annotations


class ActlintError(Exception):
    """Base of all; its text is the message for the user."""


class ConfigError(ActlintError):
    """A configuration that cannot be used. The text begins with the file, and the row and column where known."""


class UsageError(ActlintError):
    """A command line that cannot be used."""


class ProbeError(ActlintError):
    """The probe cannot be used."""
