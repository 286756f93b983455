/** The form in which somebody stages files: what the pre-check says of them, and what they are. */

import * as React from 'react';

import type { CheckedFile, PreCheck } from './answers.js';
import { Badge, Findings } from './findings.js';
import type { Draft, ReleaseModel } from './model.js';
import { nameOf } from './model.js';
import type { Tone } from './words.js';
import { verdictTone, verdictWords } from './words.js';

const MAX_CONTEXT = 4000;

export function DraftForm({ draft, model }: { draft: Draft; model: ReleaseModel }): React.ReactElement {
  const { check } = draft;
  const { files: said, verdict } = isPreCheck(check) ? check : { files: [], verdict: null };
  const context = React.useRef<HTMLTextAreaElement>(null);
  // Whoever has just chosen files goes on by typing what they are.
  React.useEffect(() => context.current?.focus(), []);
  const send = (event: React.FormEvent): void => {
    event.preventDefault();
    void model.stage();
  };
  return (
    <form className="lr-Draft" aria-labelledby="lr-draft-title" onSubmit={send}>
      <h3 id="lr-draft-title">Stage for release</h3>
      <ul className="lr-Files" aria-label="Files to stage">
        {draft.paths.map((path, index) => (
          <DraftFile
            key={path}
            path={path}
            said={said[index]}
            onRemove={draft.paths.length > 1 ? () => void model.remove(path) : undefined}
          />
        ))}
      </ul>
      <label htmlFor="lr-context">What is it?</label>
      <p id="lr-context-hint" className="lr-Hint">
        For the output checkers: what it is, which people it counts, and how many.
      </p>
      <textarea
        id="lr-context"
        aria-describedby="lr-context-hint"
        className="jp-mod-styled"
        ref={context}
        rows={4}
        maxLength={MAX_CONTEXT}
        value={draft.context}
        onChange={(event) => model.describe(event.target.value)}
      />
      {draft.fault !== '' && (
        <p role="alert" className="lr-Notice lr-mod-stop">
          {draft.fault}
        </p>
      )}
      <div className="lr-Buttons">
        <button type="submit" className="jp-mod-styled jp-mod-accept" disabled={draft.staging}>
          {draft.staging ? 'Staging …' : verdict === 'block' ? 'Stage anyway' : 'Stage'}
        </button>
        <button type="button" className="jp-mod-styled jp-mod-reject" onClick={() => model.cancel()}>
          Cancel
        </button>
      </div>
      <p role="status" className={`lr-Notice lr-mod-${noticeTone(check)}`}>
        {checkWords(check)}
      </p>
      {said
        .filter((file) => file.findings.length > 0)
        .map((file) => (
          <section key={file.name} aria-label={`Findings in ${file.name}`}>
            <p className="lr-File-name">{file.name}</p>
            <Findings findings={file.findings} open={file.verdict === 'block'} />
          </section>
        ))}
    </form>
  );
}

interface DraftFileProps {
  path: string;
  said: CheckedFile | undefined;
  onRemove: (() => void) | undefined;
}

function DraftFile({ path, said, onRemove }: DraftFileProps): React.ReactElement {
  return (
    <li className="lr-File">
      <span className="lr-File-name">{nameOf(path)}</span>
      {said !== undefined && <Badge tone={verdictTone(said.verdict)}>{verdictWords(said.verdict)}</Badge>}
      {onRemove !== undefined && (
        <button type="button" className="lr-Link" onClick={onRemove} aria-label={`Leave out ${nameOf(path)}`}>
          Leave out
        </button>
      )}
    </li>
  );
}

function isPreCheck(check: Draft['check']): check is PreCheck {
  return check !== null && !(check instanceof Error);
}

function noticeTone(check: Draft['check']): Tone {
  if (check === null) {
    return 'calm';
  }
  return isPreCheck(check) && check.verdict !== null ? verdictTone(check.verdict) : 'stop';
}

function checkWords(check: Draft['check']): string {
  if (check === null) {
    return 'The pre-check is looking at the files …';
  }
  if (check instanceof Error) {
    return check.message;
  }
  return check.verdict === 'block'
    ? `${check.sentence} Change the files first; or stage them, to have the airlock's own answer.`
    : check.sentence;
}
