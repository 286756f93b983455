"""``lockedroom data link``: the sources in use are linked, and the links written into the ledger."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import typer

from datasets.link.described import THRESHOLD, AmbulanceHospital, Measured, PoliceAmbulance
from datasets.manifest import LinkedManifest
from hub.cli.context import console_actor, settings, store
from hub.cli.data_context import bars, counts, in_words, zone
from hub.ledger import EventKind, append
from hub.store.clock import utc_now


def link(
    truth: Annotated[
        Path | None,
        typer.Option(help="Measure the links against the truth about synthetic records.", metavar="DIR"),
    ] = None,
    threshold: Annotated[
        float, typer.Option(help="Least probability of a link between police and ambulance.", metavar="P")
    ] = THRESHOLD,
) -> None:
    """Link police casualties, ambulance patients, admissions and persons; opt-outs are applied once more."""
    # Splink and SciPy take their time to load, and no other command needs them.
    from datasets.link.make import link_sources

    chosen, now = settings(), utc_now()
    with store(chosen) as opened:

        def record(manifest: LinkedManifest) -> None:
            police = manifest.linkage.police_ambulance
            payload = {
                "snapshot": manifest.sha256,
                "sources": {name: one.sha256 for name, one in manifest.provenance.inputs.items()},
                "optout": manifest.optout_sha256,
                "model": police.model.version,
                "threshold": police.threshold,
                "rows": {name: table.rows for name, table in manifest.tables.items()},
                "synthetic": manifest.parts,
            }
            with opened.write() as session:
                append(session, EventKind.DATA_LINKED, actor=console_actor(), now=now, payload=payload)

        with bars() as progress:
            result = link_sources(
                zone(chosen), now=now, threshold=threshold, truth=truth, progress=progress, record=record
            )
    manifest = result.manifest
    typer.echo(f"{'Already there' if result.existed else 'Linked'}: linked {manifest.sha256}")
    for line in _about(manifest):
        typer.echo(f"  {line}")


def _about(manifest: LinkedManifest) -> Iterator[str]:
    yield f"{counts(manifest.tables)}; {in_words(manifest.parts)}"
    yield from _about_police(manifest.linkage.police_ambulance)
    if manifest.linkage.ambulance_hospital is not None:
        yield from _about_hospital(manifest.linkage.ambulance_hospital)
    yield f"{manifest.licence}."


def _about_police(about: PoliceAmbulance) -> Iterator[str]:
    yield (
        f"Police and ambulance: {about.links:,} of {about.casualties:,} casualties linked, from "
        f"{about.candidates:,} candidates, model {about.model.version[:12]}"
    )
    yield f"  expected: precision {_share(about.expected_precision)}, recall {_share(about.expected_recall)}"
    yield from _about_measured(about.measured)


def _about_hospital(about: AmbulanceHospital) -> Iterator[str]:
    yield f"Ambulance and hospital: {about.links:,} of {about.conveyed:,} conveyed patients linked, by rule"
    yield from _about_measured(about.measured)


def _about_measured(measured: Measured | None) -> Iterator[str]:
    if measured is not None:
        yield (
            f"  measured on synthetic truth: precision {_share(measured.precision)}, recall "
            f"{_share(measured.recall)}, F1 {_share(measured.f1)}"
        )


def _share(share: float | None) -> str:
    return "not known" if share is None else f"{share:.3f}"
