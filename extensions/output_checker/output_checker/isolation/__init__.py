"""The one place that knows how to run something untrusted.

Rooms, the airlock's checks and the checker's own readers all come here: namespaces by bubblewrap, a
seccomp allow-list, control groups and resource limits. Where namespaces cannot be had, a child
process with limits is used and the result says so.
"""

from output_checker.isolation.probe import Isolation, probe
from output_checker.isolation.run import IsolatedResult, run_isolated
from output_checker.isolation.sandbox import Bind, Identity, Limits, Sandbox

__all__ = ["Bind", "Identity", "IsolatedResult", "Isolation", "Limits", "Sandbox", "probe", "run_isolated"]
