"""``lockedroom data extract``: what was approved for a project, made and written into the ledger."""

from __future__ import annotations

import hashlib
import json
from datetime import datetime
from typing import Annotated, Any

import typer

from datasets.extract import ExtractSpec, make_extract
from datasets.manifest import ExtractManifest
from datasets.zone import checked_slug
from hub.cli.context import console_actor, settings, store
from hub.cli.data_context import bars, counts, in_words, zone
from hub.governance import approved_extract
from hub.governance.held_records import note_held
from hub.governance.lookup import find_project
from hub.governance.policies import projects as project_policy
from hub.governance.tiers import load_tiers
from hub.ledger import EventKind, append
from hub.store import Store
from hub.store.clock import utc_now


def extract(
    project: Annotated[str, typer.Argument(help="The project's short name.")],
) -> None:
    """Make the extract that the committee approved for PROJECT: approved columns and rows, pseudonymised."""
    chosen = settings()
    now = utc_now()
    slug = checked_slug(project)
    tiers = load_tiers()
    with store(chosen) as opened:
        tier, approved = _approved(opened, slug, now)
        approval = approval_hash(approved)
        spec = ExtractSpec.approved(slug, {**approved, "approval": {"sha256": approval}})

        def record(manifest: ExtractManifest) -> None:
            real = real_parts(manifest)
            with opened.write() as session:
                note_held(session, find_project(session, slug).number, real)
                append(
                    session,
                    EventKind.EXTRACT_MADE,
                    actor=console_actor(),
                    project=slug,
                    now=now,
                    payload={
                        "snapshot": manifest.sha256,
                        "source": f"{manifest.provenance.source}/{manifest.provenance.source_sha256}",
                        "rows": {name: table.rows for name, table in manifest.tables.items()},
                        "approval": approval,
                        "tier": tier,
                        "real": real,
                    },
                )

        with bars() as progress:
            result = make_extract(
                zone(chosen),
                spec,
                now=now,
                progress=progress,
                record=record,
                may_be_real=tiers.allowed_in(tiers.find(tier)),
            )
    typer.echo(f"{'Already there' if result.existed else 'Made'}: extract {result.manifest.sha256} of {slug}")
    made = result.manifest
    typer.echo(f"  {counts(made.tables)}; {in_words(parts_in(made))}")


def parts_in(made: ExtractManifest) -> dict[str, bool]:
    """Every source of an extract, and whether its records are synthetic. Extracts of an earlier version name none."""
    return made.parts or {made.provenance.source: made.synthetic}


def real_parts(made: ExtractManifest) -> list[str]:
    """The sources whose real records an extract holds."""
    return sorted(name for name, synthetic in parts_in(made).items() if not synthetic)


def approval_hash(approved: dict[str, Any]) -> str:
    """SHA-256 of an approval in the canonical JSON in which the store keeps it."""
    text = json.dumps(approved, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return hashlib.sha256(text.encode("ascii")).hexdigest()


def _approved(opened: Store, project: str, now: datetime) -> tuple[str, dict[str, Any]]:
    """The project's tier and what was approved for it. Raises NotFound, or NotNow once the project is over."""
    with opened.read() as session:
        found = find_project(session, project)
        project_policy.check_is_open(closed=found.closed_at is not None, ends_at=found.ends_at, now=now)
        return found.tier, approved_extract(session, project)
