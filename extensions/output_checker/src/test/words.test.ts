import assert from 'node:assert/strict';
import { test } from 'node:test';

import type { Finding, Overview, Request } from '../answers.js';
import {
  afterPlace,
  findingsCount,
  grouped,
  moment,
  news,
  size,
  stateTone,
  wantsAttention,
} from '../words.js';

function finding(where: string, change: Partial<Finding> = {}): Finding {
  return {
    rule: 'threshold',
    severity: 'block',
    where,
    message: `${where} is 3.`,
    fix: 'Combine.',
    ...change,
  };
}

function overview(...states: [number, string][]): Overview {
  const requests = states.map(([number, state]) => ({ number, state, sentence: 'It is so.' }) as Request);
  return { requests, waiting: [], older: 0 };
}

test('findings of one rule with one fix stand together, in the order in which they came', () => {
  const found = [
    finding('B3'),
    finding('C1', { rule: 'zeros' }),
    finding('B4'),
    finding('B5', { fix: 'Round.' }),
  ];
  assert.deepEqual(
    grouped(found).map((group) => [group.fix, group.findings.map((f) => f.where)]),
    [
      ['Combine.', ['B3', 'B4']],
      ['Combine.', ['C1']],
      ['Round.', ['B5']],
    ],
  );
  assert.equal(grouped([finding('B3'), finding('B4', { severity: 'info' })]).length, 2);
});

test('a place is not said twice', () => {
  assert.equal(afterPlace(finding('C2', { message: 'C2 (Fatal, 2023) is 3.' })), '(Fatal, 2023) is 3.');
  assert.equal(afterPlace(finding('C2', { message: 'C21 is 3.' })), 'C21 is 3.');
  assert.equal(afterPlace(finding('file', { message: 'Not a table.' })), 'Not a table.');
});

test('a count of findings says how grave they are', () => {
  assert.equal(findingsCount([finding('B3')]), '1 finding blocks');
  assert.equal(findingsCount([finding('B3'), finding('B4')]), '2 findings block');
  assert.equal(
    findingsCount([finding('B3'), finding('B4'), finding('A1', { severity: 'review' })]),
    '3 findings: 2 block, 1 to be looked at',
  );
  assert.equal(findingsCount([finding('A1', { severity: 'info' })]), '1 finding for information');
});

test('sizes and moments', () => {
  assert.deepEqual([0, 1, 999, 1000, 16_000_000].map(size), [
    '0 bytes',
    '1 byte',
    '999 bytes',
    '1.0 kB',
    '16.0 MB',
  ]);
  assert.match(moment('2026-11-26T14:50:00Z', 'en-GB'), /26 Nov 2026, \d\d:50/);
  assert.equal(moment('soon'), 'soon');
});

test('a state that is not known here is calm, and findings unfold where something has to be done', () => {
  assert.equal(stateTone('blocked'), 'stop');
  assert.equal(stateTone('constructor'), 'calm');
  assert.equal(stateTone('of a newer airlock'), 'calm');
  assert.deepEqual(['blocked', 'refused', 'rejected', 'staged', 'released'].map(wantsAttention), [
    true,
    true,
    true,
    false,
    false,
  ]);
});

test('news are requests that are new or in another state, and nothing on the first look', () => {
  assert.deepEqual(news(null, overview([1, 'staged'])), []);
  assert.deepEqual(news(overview([1, 'staged']), overview([1, 'staged'])), []);
  assert.deepEqual(news(overview([1, 'staged']), overview([2, 'blocked'], [1, 'submitted'])), [
    'Request 2 is blocked. It is so.',
    'Request 1 is submitted. It is so.',
  ]);
});
