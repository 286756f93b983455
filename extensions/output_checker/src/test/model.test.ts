import assert from 'node:assert/strict';
import { beforeEach, test } from 'node:test';

import type { Overview, PreCheck, Request, Staged } from '../answers.js';
import type { Airlock } from '../model.js';
import { ReleaseModel } from '../model.js';

const CLEAR: PreCheck = { verdict: 'clear', sentence: 'Nothing was found.', files: [] };
const NOTHING: Overview = { requests: [], waiting: [], older: 0 };

/** The server part, answering what the test lays out. A check waits for its turn. */
class Server implements Airlock {
  asked: string[] = [];
  overviews: (Overview | null | Error)[] = [];
  staged: Staged | Error = { bundle: 'b-1', sentence: 'Staged.' };
  checks: ((said: PreCheck) => void)[] = [];

  requests(): Promise<Overview | null> {
    return settle(this.overviews.shift() ?? null);
  }

  check(paths: string[]): Promise<PreCheck> {
    this.asked.push(`check ${paths.join(' ')}`);
    return new Promise((resolve) => this.checks.push(resolve));
  }

  stage(paths: string[], context: string): Promise<Staged> {
    this.asked.push(`stage ${paths.join(' ')}: ${context}`);
    return settle(this.staged);
  }
}

function settle<T>(value: T | Error): Promise<T> {
  return value instanceof Error ? Promise.reject(value) : Promise.resolve(value);
}

let server: Server;
let model: ReleaseModel;
let drawn: number;

beforeEach(() => {
  server = new Server();
  drawn = 0;
  model = new ReleaseModel(server, () => (drawn += 1));
});

test('choosing files asks for their pre-check and shows it', async () => {
  const begun = model.begin(['home/a.csv']);
  assert.equal(model.draft?.check, null);
  server.checks[0]?.(CLEAR);
  await begun;
  assert.equal(model.draft?.check, CLEAR);
  assert.ok(drawn >= 2);
});

test('a pre-check of files that were chosen before is not shown for those chosen now', async () => {
  const first = model.begin(['a.csv']);
  model.describe('Typed already.');
  const second = model.begin(['b.csv']);
  assert.equal(model.draft?.context, 'Typed already.');
  server.checks[0]?.(CLEAR);
  await first;
  assert.equal(model.draft?.check, null);
  const found: PreCheck = { ...CLEAR, verdict: 'block' };
  server.checks[1]?.(found);
  await second;
  assert.equal(model.draft?.check, found);
});

test('leaving a file out checks the others again; without a file there is no form', async () => {
  const begun = model.begin(['a.csv', 'b.csv']);
  void model.remove('a.csv');
  server.checks[0]?.({ ...CLEAR, verdict: 'block' });
  await begun;
  assert.equal(model.draft?.check, null);
  assert.deepEqual(server.asked, ['check a.csv b.csv', 'check b.csv']);
  await model.remove('b.csv');
  assert.equal(model.draft, null);
});

test('what is staged waits until the airlock answers it, in the outbox or not', async () => {
  void model.begin(['home/a.csv']);
  model.describe('All of them.');
  await model.stage();
  assert.equal(server.asked.at(-1), 'stage home/a.csv: All of them.');
  assert.equal(model.draft, null);
  assert.equal(model.notice, 'Staged.');
  const expected = [{ bundle: 'b-1', names: ['a.csv'] }];
  assert.deepEqual(model.pending, expected);
  const waiting = { bundle: 'b-1', staged: '', files: [{ name: 'a.csv', size: 1 }], context: null };
  const reply = { number: 7, state: 'staged', sentence: 'Checked.', bundle: 'b-1' } as Request;
  server.overviews = [{ ...NOTHING, waiting: [waiting] }, NOTHING, { ...NOTHING, requests: [reply] }];
  await model.refresh();
  assert.deepEqual(model.pending, expected);
  await model.refresh();
  assert.deepEqual(model.pending, expected);
  await model.refresh();
  assert.deepEqual(model.pending, []);
  assert.equal(model.notice, 'Request 7 is staged. Checked.');
});

test('a refused staging keeps what was typed and says why', async () => {
  void model.begin(['a.csv']);
  model.describe('Typed.');
  server.staged = new Error('The disk is full.');
  await model.stage();
  assert.equal(model.draft?.fault, 'The disk is full.');
  assert.equal(model.draft?.context, 'Typed.');
  assert.equal(model.draft?.staging, false);
});

test('pressing twice stages once', async () => {
  void model.begin(['a.csv']);
  await Promise.all([model.stage(), model.stage()]);
  assert.equal(server.asked.filter((question) => question.startsWith('stage')).length, 1);
});

test('a room that does not answer is said once and forgotten when it answers again', async () => {
  server.overviews = [NOTHING, new Error('No answer.'), null];
  await model.refresh();
  await assert.rejects(model.refresh());
  assert.equal(model.fault, 'No answer.');
  assert.equal(model.overview, NOTHING);
  await model.refresh();
  assert.equal(model.fault, '');
});

test('an overview that has not changed draws nothing', async () => {
  server.overviews = [NOTHING, null];
  await model.refresh();
  const before = drawn;
  await model.refresh();
  assert.equal(drawn, before);
});
