"""``python -m hub.cli``: the same as ``lockedroom``."""

from hub.cli import main

main()
