"""The attacker's arithmetic: what a reader can work out about cells that are not shown."""
