"""docs/reference/ingress.md: what may come in, its states, and every setting of the policy."""

from __future__ import annotations

from pydantic import BaseModel

from docs.generator.markdown import code, table
from docs.generator.markdown import page as whole_page
from docs.generator.states import states_of
from hub.airlock.ingress import states
from hub.airlock.ingress.policy import IngressPolicy, Retention, Type, TypeRule, Unpacked, Waiting, load
from hub.airlock.ingress.scan import Result


def page() -> str:
    """The page."""
    policy = load().policy
    return whole_page(
        "What comes in",
        "A request begins when a member of a project uploads a file on the desk. What may come in is said by "
        "`policies/ingress.yaml`, or the file that `LOCKEDROOM_INGRESS_POLICY` names. It is read again when it "
        "changes. Decisions that were made by another one are void.",
        *states_of(states),
        "## Results of the malware scan",
        table(("Result", "Meaning"), [(code(r.value), r.meaning) for r in Result]),
        "## The policy that comes along",
        f"{policy.title}. {policy.description}",
        table(
            ("Type", "Names that end in", "Largest, bytes", "Approvals", "Roles that may approve"),
            [
                (
                    code(name),
                    ", ".join(rule.suffixes),
                    f"{rule.most_bytes:,}",
                    rule.approvals,
                    ", ".join(code(role) for role in rule.approvers),
                )
                for name, rule in policy.types.items()
            ],
        ),
        "What each type has to be, whatever its name says:",
        table(("Type", "Is", "Has to be"), [(code(t.value), t.words, t.looked_into) for t in Type]),
        "## The policy's form",
        "A value that is not named here, or of another kind, is refused with a sentence, and the hub does not "
        "start with it. A hub that runs goes on with what held until then, and its log says so.",
        table(("Setting", "By default", "Meaning"), fields(policy)),
    )


def fields(policy: IngressPolicy) -> list[tuple[str, str, str]]:
    """Each setting of the form: its place, the value that comes along, and what it means."""
    named: list[tuple[str, type[BaseModel], BaseModel | None]] = [
        ("types.<type>.", TypeRule, None),
        ("unpacked.", Unpacked, policy.unpacked),
        ("waiting.", Waiting, policy.waiting),
        ("retention.", Retention, policy.retention),
    ]
    found = [
        (code(place + name), "" if values is None else code(getattr(values, name)), field.description or "")
        for place, model, values in named
        for name, field in model.model_fields.items()
    ]
    scan = IngressPolicy.model_fields["malware_scan"].description or ""
    return [*found, (code("malware_scan"), code(policy.malware_scan), scan)]
