/** What the server part answers: the forms of `output_checker/panel` and `output_checker/staging`. */

export type Verdict = 'clear' | 'review' | 'block';
export type Severity = 'block' | 'review' | 'info';

export interface Finding {
  rule: string;
  severity: Severity;
  where: string;
  message: string;
  fix: string | null;
}

/** One file of a request, as the airlock measured it; `size` in bytes. */
export interface RequestFile {
  index: number;
  name: string;
  kind: string;
  size: number;
  findings: Finding[];
}

export interface Comment {
  when: string;
  who: string;
  text: string;
}

/** The airlock's reply about one request. A newer airlock may know states that are not known here. */
export interface Request {
  number: number;
  state: string;
  sentence: string;
  updated: string;
  bundle: string | null;
  verdict: Verdict | null;
  files: RequestFile[];
  findings: Finding[];
  comments: Comment[];
}

/** A bundle in the outbox that the airlock has not answered yet. */
export interface Waiting {
  bundle: string;
  staged: string;
  files: { name: string; size: number }[];
  context: string | null;
}

export interface Overview {
  requests: Request[];
  waiting: Waiting[];
  older: number;
}

export interface CheckedFile {
  name: string;
  verdict: Verdict;
  findings: Finding[];
}

/** `verdict` is null where the pre-check did not come to an end; then `sentence` says why. */
export interface PreCheck {
  verdict: Verdict | null;
  sentence: string;
  files: CheckedFile[];
}

export interface Staged {
  bundle: string;
  sentence: string;
}
