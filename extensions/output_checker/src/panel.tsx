/** The side panel: the form for staging, and below it the requests. */

import { ReactWidget } from '@jupyterlab/ui-components';
import { Poll } from '@lumino/polling';
import * as React from 'react';

import { DraftForm } from './draft.js';
import { releaseIcon } from './icon.js';
import type { Airlock } from './model.js';
import { ReleaseModel } from './model.js';
import { PendingCard, RequestCard } from './requests.js';

export const PANEL_ID = 'lockedroom-release';
const ASK_EVERY_MS = 3000;
const ASK_AT_LEAST_EVERY_MS = 30_000;

export class ReleasePanel extends ReactWidget {
  constructor(airlock: Airlock) {
    super();
    this.id = PANEL_ID;
    this.title.icon = releaseIcon;
    this.title.caption = 'Release';
    this.addClass('lr-Panel');
    this.node.setAttribute('role', 'region');
    this.node.setAttribute('aria-label', 'Release');
    this.model = new ReleaseModel(airlock, () => this.update());
    this.poll = new Poll({
      name: 'lockedroom:release',
      auto: false,
      factory: () => this.model.refresh(),
      frequency: { interval: ASK_EVERY_MS, backoff: true, max: ASK_AT_LEAST_EVERY_MS },
      standby: () => (this.isVisible ? 'when-hidden' : true),
    });
  }

  /** Open the form for `paths`. */
  async begin(paths: string[]): Promise<void> {
    await this.model.begin(paths);
  }

  override dispose(): void {
    this.poll.dispose();
    super.dispose();
  }

  protected override onAfterShow(): void {
    // Only while it is visible: nobody is asked in the background.
    void this.poll.refresh();
  }

  protected override render(): React.ReactElement {
    return <Release model={this.model} />;
  }

  private readonly model: ReleaseModel;
  private readonly poll: Poll;
}

function Release({ model }: { model: ReleaseModel }): React.ReactElement {
  const { draft, fault, notice, overview, pending } = model;
  const heading = React.useRef<HTMLHeadingElement>(null);
  useFocusAfter(draft?.id, heading);
  const isEmpty = overview?.requests.length === 0 && pending.length === 0;
  return (
    <>
      <h2>Release</h2>
      {draft !== null && <DraftForm key={draft.id} draft={draft} model={model} />}
      <section aria-labelledby="lr-requests-title">
        <h3 id="lr-requests-title" ref={heading} tabIndex={-1}>
          Requests
        </h3>
        <p role="status" className="lr-ForScreenReaders">
          {notice}
        </p>
        {fault !== '' && (
          <p role="alert" className="lr-Notice lr-mod-stop">
            {fault}
          </p>
        )}
        {overview !== null && (isEmpty ? <Empty /> : <WhatNext />)}
        <ul className="lr-Cards">
          {pending.map((bundle) => (
            <PendingCard key={bundle.bundle} pending={bundle} />
          ))}
          {overview?.requests.map((request) => (
            <RequestCard key={request.number} request={request} />
          ))}
        </ul>
        {overview !== null && overview.older > 0 && (
          <p>{`${overview.older} older requests are in /inbox/.airlock, or under %replies in a notebook.`}</p>
        )}
      </section>
    </>
  );
}

function WhatNext(): React.ReactElement {
  return (
    <p className="lr-Hint">
      Submit a request by its number on the desk, and download it there once it is released. The desk is
      reached from the page of your rooms, outside this room.
    </p>
  );
}

function Empty(): React.ReactElement {
  return (
    <p>
      Nothing has been staged yet. Right-click a file in the file browser and choose{' '}
      <em>Stage for release</em>. The airlock then takes its own copy, checks it, and answers here.
    </p>
  );
}

/** Put the focus on `target` when the form with this `id` has gone, so that it is not lost. */
function useFocusAfter(id: number | undefined, target: React.RefObject<HTMLElement>): void {
  const before = React.useRef(id);
  React.useEffect(() => {
    if (before.current !== undefined && id === undefined) {
      target.current?.focus();
    }
    before.current = id;
  }, [id, target]);
}
