"""Who may do what, and when: people, roles, projects, membership, approvals, admission."""

from hub.governance.admission import Admitted, Facts, Refused, Terms, admission, decide_admission
from hub.governance.approvals import approved_extract, record_approval
from hub.governance.permissions import Actor, active_roles, load_actor
from hub.governance.roles import Role

__all__ = [
    "Actor",
    "Admitted",
    "Facts",
    "Refused",
    "Role",
    "Terms",
    "active_roles",
    "admission",
    "approved_extract",
    "decide_admission",
    "load_actor",
    "record_approval",
]
