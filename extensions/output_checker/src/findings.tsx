/** Findings, gathered by rule, each with its place. All text is text: nothing here becomes markup. */

import * as React from 'react';

import type { Finding } from './answers.js';
import type { FindingGroup, Tone } from './words.js';
import { afterPlace, findingsCount, grouped, severityTone, severityWords } from './words.js';

const SHOWN_AT_ONCE = 5;

export function Badge({ tone, children }: { tone: Tone; children: React.ReactNode }): React.ReactElement {
  return <span className={`lr-Badge lr-mod-${tone}`}>{children}</span>;
}

interface FindingsProps {
  findings: Finding[];
  open: boolean;
}

/** A count that unfolds into the findings; nothing where there are none. */
export function Findings({ findings, open }: FindingsProps): React.ReactElement | null {
  if (findings.length === 0) {
    return null;
  }
  return (
    <details className="lr-Findings" open={open}>
      <summary>{findingsCount(findings)}</summary>
      {grouped(findings).map((group) => (
        <Group key={`${group.severity} ${group.findings[0]?.rule} ${group.fix}`} group={group} />
      ))}
    </details>
  );
}

function Group({ group }: { group: FindingGroup }): React.ReactElement {
  const first = group.findings.slice(0, SHOWN_AT_ONCE);
  const rest = group.findings.slice(SHOWN_AT_ONCE);
  return (
    <div className={`lr-FindingGroup lr-mod-${severityTone(group.severity)}`}>
      <p className="lr-FindingGroup-severity">{severityWords(group.severity)}</p>
      <Places findings={first} />
      {rest.length > 0 && (
        <details>
          <summary>{`${rest.length} more like these`}</summary>
          <Places findings={rest} />
        </details>
      )}
      {group.fix !== null && (
        <p className="lr-FindingGroup-fix">
          <strong>What to do:</strong> {group.fix}
        </p>
      )}
    </div>
  );
}

function Places({ findings }: { findings: Finding[] }): React.ReactElement {
  return (
    <ul className="lr-Places">
      {findings.map((finding) => (
        <li key={`${finding.where} ${finding.message}`}>
          <strong className="lr-Place">{finding.where}</strong> {afterPlace(finding)}
        </li>
      ))}
    </ul>
  );
}
