/** Words and orders of the panel: values in, text out. */

import type { Finding, Overview, Severity, Verdict } from './answers.js';

/** How a state or a severity is coloured; what it means always stands beside it in words. */
export type Tone = 'calm' | 'good' | 'look' | 'stop';

const VERDICTS: Record<Verdict, string> = {
  clear: 'Nothing found',
  review: 'Output checkers will look at this',
  block: 'Will be blocked',
};

export function verdictWords(verdict: Verdict): string {
  return VERDICTS[verdict];
}

export function verdictTone(verdict: Verdict): Tone {
  return verdict === 'clear' ? 'good' : severityTone(verdict);
}

const SEVERITIES: Record<Severity, string> = {
  block: 'Blocks',
  review: 'To be looked at',
  info: 'For information',
};

export function severityWords(severity: Severity): string {
  return SEVERITIES[severity];
}

export function severityTone(severity: Severity): Tone {
  return severity === 'block' ? 'stop' : severity === 'review' ? 'look' : 'calm';
}

const STATE_TONES = new Map<string, Tone>([
  ['staged', 'look'],
  ['approved', 'good'],
  ['released', 'good'],
  ['refused', 'stop'],
  ['blocked', 'stop'],
  ['rejected', 'stop'],
]);

/** A state that this panel does not know is calm: the airlock's sentence says what it means. */
export function stateTone(state: string): Tone {
  return STATE_TONES.get(state) ?? 'calm';
}

/** Whether findings are unfolded: where the author has to do something about them. */
export function wantsAttention(state: string): boolean {
  return stateTone(state) === 'stop';
}

export interface FindingGroup {
  severity: Severity;
  fix: string | null;
  findings: Finding[];
}

/** Findings of one rule with one fix stand together, in their order, so that the fix is said once. */
export function grouped(findings: Finding[]): FindingGroup[] {
  const groups = new Map<string, FindingGroup>();
  for (const finding of findings) {
    const key = JSON.stringify([finding.severity, finding.rule, finding.fix]);
    const group = groups.get(key) ?? { severity: finding.severity, fix: finding.fix, findings: [] };
    group.findings.push(finding);
    groups.set(key, group);
  }
  return [...groups.values()];
}

/** The message without its place, where it begins with it: the place stands before it already. */
export function afterPlace(finding: Finding): string {
  return finding.message.startsWith(`${finding.where} `)
    ? finding.message.slice(finding.where.length + 1)
    : finding.message;
}

/** "3 findings: 2 block, 1 to be looked at"; where all are of one kind, "3 findings block". */
export function findingsCount(findings: Finding[]): string {
  const counts = new Map<Severity, number>();
  for (const { severity } of findings) {
    counts.set(severity, (counts.get(severity) ?? 0) + 1);
  }
  const parts = (['block', 'review', 'info'] as const)
    .map((severity) => ({ severity, count: counts.get(severity) ?? 0 }))
    .filter(({ count }) => count > 0);
  const all = findings.length === 1 ? '1 finding' : `${findings.length} findings`;
  const [only] = parts;
  if (parts.length === 1 && only !== undefined) {
    return `${all} ${countedWords(only.severity, only.count)}`;
  }
  return `${all}: ${parts.map(({ severity, count }) => `${count} ${countedWords(severity, count)}`).join(', ')}`;
}

function countedWords(severity: Severity, count: number): string {
  if (severity === 'block') {
    return count === 1 ? 'blocks' : 'block';
  }
  return severity === 'review' ? 'to be looked at' : 'for information';
}

/** Bytes as people say them. */
export function size(bytes: number): string {
  if (bytes < 1000) {
    return bytes === 1 ? '1 byte' : `${bytes} bytes`;
  }
  const inKilobytes = bytes / 1000;
  return inKilobytes < 1000 ? `${inKilobytes.toFixed(1)} kB` : `${(inKilobytes / 1000).toFixed(1)} MB`;
}

/** A moment in the reader's own time zone and manner. */
export function moment(iso: string, locale?: string): string {
  const when = new Date(iso);
  if (Number.isNaN(when.getTime())) {
    return iso;
  }
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(when);
}

/** What to say aloud when `before` has become `after`: each request whose state is another one. */
export function news(before: Overview | null, after: Overview): string[] {
  if (before === null) {
    return [];
  }
  const states = new Map(before.requests.map((request) => [request.number, request.state]));
  return after.requests
    .filter((request) => states.get(request.number) !== request.state)
    .map((request) => `Request ${request.number} is ${request.state}. ${request.sentence}`);
}
