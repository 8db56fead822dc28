/** What Slack shows of an answer is said in a terminal, too: both are made from one document. */
import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { type ByKind, byKind } from '../../src/answers/by-kind.ts';
import { describe as documentOf } from '../../src/answers/describe.ts';
import type { Document, Inline, Part } from '../../src/answers/document.ts';
import { renderBeside, renderText } from '../../src/answers/text.ts';
import { EXIT_CODES } from '../../src/domain/errors.ts';
import type { Reply } from '../../src/domain/reply.ts';
import { renderMessage } from '../../src/slack/blocks.ts';
import { exitCodeOf } from '../../src/terminal/exit-code.ts';
import { samples, settings } from './samples.ts';

/** Texts of a message that a terminal says otherwise: where they stand, and why nobody misses them. */
const OTHERWISE: Readonly<Record<string, string>> = {
  notification: 'it repeats in a sentence what the parts say',
  button: 'it is the command that it says',
  option: 'it is the command that it says',
  confirm: 'whoever types a command has thought of it',
};

const INLINES: ByKind<Inline, string[]> = {
  text: ({ text }) => [text],
  user: ({ id }) => [`@${id}`],
  channel: ({ id }) => [`#${id}`],
  date: ({ at }) => [new Date(at).toISOString().slice(0, 10)],
  link: ({ url, label }) => [url, label],
};

const saidIn = (inlines: readonly Inline[]): string[] =>
  inlines.flatMap((inline) => byKind(INLINES, inline));
const typedFor = (choices: readonly { command: string }[]): string[] =>
  choices.map(({ command }) => command);

/** All that a part tells, a piece each. */
const PIECES: ByKind<Part, string[]> = {
  heading: ({ text }) => [text],
  prose: ({ inline }) => saidIn(inline),
  small: ({ inline }) => saidIn(inline),
  code: ({ text }) => [text],
  list: ({ items }) => items.flatMap(saidIn),
  row: ({ inline, button, menu }) => [
    ...saidIn(inline),
    ...typedFor([...(button ? [button] : []), ...menu]),
  ],
  tasks: ({ title, tasks }) => [
    title,
    ...tasks.flatMap((task) => [task.title, ...(task.detail === null ? [] : [task.detail])]),
  ],
  buttons: ({ buttons }) => typedFor(buttons),
  menu: ({ question, choices }) => [question, ...typedFor(choices)],
  divider: () => [],
};

const piecesOf = ({ parts }: Document): string[] => parts.flatMap((part) => byKind(PIECES, part));

const inOneLine = (text: string): string => text.replace(/\s+/g, ' ').trim();

/** What is printed, on both streams. */
const printed = (reply: Reply): string =>
  [renderText(reply, settings), renderBeside(reply) ?? ''].map(inOneLine).join(' ');

interface Shown {
  where: string;
  text: string;
}

/** The texts of blocks, and where they stand: in what `OTHERWISE` names, or in the answer. */
function shownIn(value: unknown, where = 'answer'): Shown[] {
  if (Array.isArray(value)) return value.flatMap((each) => shownIn(each, where));
  if (typeof value !== 'object' || value === null) return [];
  const { type, text } = value as { type?: string; text?: unknown };
  // What is marked and escaped are texts of the document, which are looked at by themselves.
  if (type === 'mrkdwn') return [];
  if (typeof text === 'string') return [{ where, text }];
  return Object.entries(value).flatMap(([key, inner]) =>
    shownIn(inner, PLACES[key] ?? (type === 'button' ? 'button' : where)),
  );
}

const PLACES: Readonly<Record<string, string>> = { confirm: 'confirm', options: 'option' };

describe('what Slack shows is said in a terminal', () => {
  for (const [name, reply] of Object.entries(samples)) {
    test(`${name}: every fact, line and command`, () => {
      const text = printed(reply);
      const missing = piecesOf(documentOf(reply, settings)).filter(
        (piece) => !text.includes(inOneLine(piece)),
      );
      assert.deepEqual(missing, [], text);
    });

    test(`${name}: what its message shows`, () => {
      const text = printed(reply);
      const missing = shownIn(renderMessage(reply, settings).blocks).filter(
        (shown) => !(shown.where in OTHERWISE) && !text.includes(inOneLine(shown.text)),
      );
      assert.deepEqual(missing, []);
    });
  }

  test('each kind of reply has a sample', () => {
    const kinds: Record<Reply['kind'], true> = {
      affected: true,
      approvals: true,
      audit: true,
      blocks: true,
      build: true,
      builds: true,
      comparison: true,
      edit: true,
      environment: true,
      environments: true,
      file: true,
      findings: true,
      form: true,
      freezes: true,
      help: true,
      invocation: true,
      known: true,
      leaving: true,
      left: true,
      log: true,
      move: true,
      notice: true,
      operations: true,
      plan: true,
      refusal: true,
      revisions: true,
      schedules: true,
      search: true,
      subscriptions: true,
      welcome: true,
    };
    const sampled = new Set(Object.values(samples).map(({ kind }) => kind));
    assert.deepEqual([...sampled].sort(), Object.keys(kinds).sort());
  });

  test('of what is said otherwise there is something in the samples', () => {
    const shown = Object.values(samples).flatMap((reply) => {
      const { text, blocks } = renderMessage(reply, settings);
      return [...shownIn(blocks), { where: 'notification', text }].filter(
        (each) => !printed(reply).includes(inOneLine(each.text)),
      );
    });
    const places = new Set(shown.map(({ where }) => where));
    assert.deepEqual([...places].sort(), Object.keys(OTHERWISE).sort());
  });
});

describe('the exit code of an answer', () => {
  /** Answers that are no success, and whose turn it is. */
  const UNDONE: Readonly<Record<string, keyof typeof EXIT_CODES>> = {
    form: 'user',
    refusal: 'user',
    'refusal-repaired': 'user',
    'refusal-rows': 'user',
    'build-failed-user': 'user',
    'build-failed-repaired': 'user',
    'build-failed-outside': 'outside',
    'build-failed-proof': 'outside',
    'build-failed-defect': 'defect',
    'build-cancelled': 'user',
  };

  test('is 0 only where what was asked for is done or goes on', () => {
    for (const [name, reply] of Object.entries(samples)) {
      const kind = UNDONE[name];
      assert.equal(exitCodeOf(reply), kind === undefined ? 0 : EXIT_CODES[kind], name);
    }
  });

  test('tells whoever is refused from the outside from a mistake', () => {
    const { refusal } = samples;
    assert.ok(refusal?.kind === 'refusal');
    const outside: Reply = { ...refusal, error: { ...refusal.error, kind: 'outside' } };
    assert.equal(exitCodeOf(outside), 2);
  });
});
