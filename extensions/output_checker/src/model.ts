/** What the panel knows, and what a person can do in it. Knows neither the page nor JupyterLab. */

import type { Overview, PreCheck, Staged } from './answers.js';
import { news } from './words.js';

/** The server part, as `server.ts` reaches it. Each rejects with an Error whose message is a sentence. */
export interface Airlock {
  /** The overview, or null while it is the same as the last one. */
  requests(): Promise<Overview | null>;
  check(paths: string[]): Promise<PreCheck>;
  stage(paths: string[], context: string): Promise<Staged>;
}

/** Files that somebody wants to stage, by their paths in the file browser. */
export interface Draft {
  id: number;
  paths: string[];
  context: string;
  /** Null while it runs; an Error where the question itself was refused. */
  check: PreCheck | Error | null;
  staging: boolean;
  fault: string;
}

/** A bundle that is staged and not answered: in the outbox, or being checked by the airlock. */
export interface Pending {
  bundle: string;
  names: string[];
}

export class ReleaseModel {
  draft: Draft | null = null;
  overview: Overview | null = null;
  /** Why the overview could not be fetched. */
  fault = '';
  /** What has just happened, for those who hear the page. */
  notice = '';

  /** `changed` is called after each change. */
  constructor(
    private readonly airlock: Airlock,
    private readonly changed: () => void,
  ) {}

  /** What waits for the airlock's answer, newest first. */
  get pending(): Pending[] {
    const waiting = (this.overview?.waiting ?? []).map((bundle) => ({
      bundle: bundle.bundle,
      names: bundle.files.map((file) => file.name),
    }));
    const listed = new Set(waiting.map((bundle) => bundle.bundle));
    return [...this.sent.filter((bundle) => !listed.has(bundle.bundle)), ...waiting];
  }

  /** Begin to stage `paths`, and ask for their pre-check. What was typed for others is kept. */
  async begin(paths: string[]): Promise<void> {
    this.draft = {
      id: (this.drafts += 1),
      paths,
      context: this.draft?.context ?? '',
      check: null,
      staging: false,
      fault: '',
    };
    this.notice = '';
    this.changed();
    await this.check();
  }

  /** Take one file out of the draft; the last one ends it. */
  async remove(path: string): Promise<void> {
    const left = this.draft?.paths.filter((other) => other !== path) ?? [];
    if (this.draft === null || left.length === 0) {
      this.cancel();
      return;
    }
    this.amend({ paths: left, check: null, fault: '' });
    await this.check();
  }

  describe(context: string): void {
    this.amend({ context });
  }

  cancel(): void {
    this.draft = null;
    this.changed();
  }

  /** Stage the draft. Where that is refused the draft stays as it is, with the sentence. */
  async stage(): Promise<void> {
    const draft = this.draft;
    if (draft === null || draft.staging) {
      return;
    }
    this.amend({ staging: true, fault: '' });
    try {
      const staged = await this.airlock.stage(draft.paths, draft.context);
      this.sent = [{ bundle: staged.bundle, names: draft.paths.map(nameOf) }, ...this.sent];
      this.notice = staged.sentence;
      this.draft = null;
      this.changed();
    } catch (error) {
      this.amend({ staging: false, fault: sentenceOf(error) });
    }
  }

  /** Ask for the overview. Rejects where it cannot be had, so that who asks regularly asks less often. */
  async refresh(): Promise<void> {
    try {
      const found = await this.airlock.requests();
      const recovered = this.fault !== '';
      this.fault = '';
      if (found !== null) {
        this.take(found);
      }
      if (found !== null || recovered) {
        this.changed();
      }
    } catch (error) {
      this.fault = sentenceOf(error);
      this.changed();
      throw error;
    }
  }

  private take(found: Overview): void {
    const said = news(this.overview, found);
    if (said.length > 0) {
      this.notice = said.join(' ');
    }
    this.overview = found;
    const answered = new Set(found.requests.map((request) => request.bundle));
    this.sent = this.sent.filter((bundle) => !answered.has(bundle.bundle));
  }

  private async check(): Promise<void> {
    const draft = this.draft;
    if (draft === null) {
      return;
    }
    const { id, paths } = draft;
    let said: PreCheck | Error;
    try {
      said = await this.airlock.check(paths);
    } catch (error) {
      said = error instanceof Error ? error : new Error(String(error));
    }
    // Meanwhile the person may have chosen other files.
    if (this.draft?.id === id && this.draft.paths === paths) {
      this.amend({ check: said });
    }
  }

  private amend(change: Partial<Draft>): void {
    if (this.draft !== null) {
      this.draft = { ...this.draft, ...change };
      this.changed();
    }
  }

  private drafts = 0;
  /** Staged from this page. The airlock empties the outbox before it answers: nothing vanishes in between. */
  private sent: Pending[] = [];
}

/** A path's last part. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('/') + 1);
}

function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
