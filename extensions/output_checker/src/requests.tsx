/** The airlock's replies, and what still waits for one. */

import * as React from 'react';

import type { Comment, Request, RequestFile } from './answers.js';
import { Badge, Findings } from './findings.js';
import type { Pending } from './model.js';
import { moment, size, stateTone, wantsAttention } from './words.js';

export function PendingCard({ pending }: { pending: Pending }): React.ReactElement {
  return (
    <li className="lr-Card">
      <h4>
        Staged <Badge tone="calm">waiting</Badge>
      </h4>
      <p>Waiting for the airlock: it takes its own copy, checks it, and answers here.</p>
      <ul className="lr-Files">
        {pending.names.map((name) => (
          <li key={name} className="lr-File-name">
            {name}
          </li>
        ))}
      </ul>
    </li>
  );
}

export function RequestCard({ request }: { request: Request }): React.ReactElement {
  const open = wantsAttention(request.state);
  return (
    <li className="lr-Card">
      <h4>
        {`Request ${request.number}`} <Badge tone={stateTone(request.state)}>{request.state}</Badge>
      </h4>
      <p>{request.sentence}</p>
      <Findings findings={request.findings} open={open} />
      <ul className="lr-Files">
        {request.files.map((file) => (
          <ReplyFile key={file.index} file={file} open={open} />
        ))}
      </ul>
      {request.comments.map((comment) => (
        <Said key={`${comment.when} ${comment.text}`} comment={comment} />
      ))}
      <p className="lr-When">
        Last answer of the airlock: <time dateTime={request.updated}>{moment(request.updated)}</time>
      </p>
    </li>
  );
}

function ReplyFile({ file, open }: { file: RequestFile; open: boolean }): React.ReactElement {
  return (
    <li>
      <p className="lr-File">
        <span className="lr-File-name">{file.name}</span>
        <span>{`${file.kind}, ${size(file.size)}`}</span>
      </p>
      <Findings findings={file.findings} open={open} />
    </li>
  );
}

function Said({ comment }: { comment: Comment }): React.ReactElement {
  return (
    <figure className="lr-Comment">
      <blockquote>{comment.text}</blockquote>
      <figcaption>
        {comment.who}, <time dateTime={comment.when}>{moment(comment.when)}</time>
      </figcaption>
    </figure>
  );
}
