/**
 * Every command an answer names can be typed: what stands in code in any answer and begins as a
 * command does is parsed, and so is what the source says in words no sample reaches.
 */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, test } from 'node:test';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commandHelp, commands } from '../../commands/registry.ts';
import { type ByKind, byKind } from '../../src/answers/by-kind.ts';
import { describe as documentOf } from '../../src/answers/describe.ts';
import type { Document, Inline, Part } from '../../src/answers/document.ts';
import { diagnose } from '../../src/domain/diagnosis.ts';
import { generalFindings } from '../../src/domain/reply.ts';
import { homeView } from '../../src/slack/homes/home-view.ts';
import { build, environment, samples, settings } from './samples.ts';

const ROOT = join(import.meta.dirname, '../..');
const NAMES = new Set(commands.flatMap(({ name, aliases }) => [name, ...aliases]));
/** Commands that were named once and are none, so that they are noticed where they come back. */
const NONE = new Set(['stage', 'history']);

/** What stands for a value in a usage or a fix, with a value. */
const PLACEHOLDERS: readonly (readonly [RegExp, string])[] = [
  [/\$\{[^}]*\bcommand\}(?= )|\$\{[^}]*\bbot\}/g, '/conda-env'],
  [/\$\{[^}]*\}/g, 'churn'],
  [/\bPACKAGES?…?|…/g, 'numpy'],
  [/\bREPOSITORY@REF\b/g, 'features@main'],
  [/\bNAME(?:@REVISION)?(?:\|BUILD)?\b|\bBUILD\b/g, 'churn'],
];

/** The command in a piece of code, or null when it is none: a package, a path, a shell line. */
function commandIn(piece: string): string | null {
  let text = piece.trim();
  // The whole command is put in where it runs; samples have those.
  if (/^\$\{[^}]*\} \$\{/.test(text)) return null;
  for (const [pattern, value] of PLACEHOLDERS) text = text.replace(pattern, value);
  const slash = /^\/conda-env\b\s*/.exec(text);
  const said = slash ? text.slice(slash[0].length) : text;
  const [word = '', ...rest] = said.split(/\s+/);
  if (slash) return said;
  // One word alone may as well be a package, a setting or the name of a command that is meant.
  return rest.length > 0 && (NAMES.has(word) || NONE.has(word)) ? said : null;
}

/** Why a command cannot be typed, or null. A lone `create` opens the form. */
function mistakeIn(command: string): string | null {
  if (command === '' || NAMES.has(command)) return null;
  const parsed = parseCommand(command, commands, settings);
  return parsed.kind === 'error' ? `\`${command}\`: ${parsed.error.message}` : null;
}

function mistakesIn(pieces: Iterable<string>): string[] {
  const found = [...pieces].map(commandIn).filter((command) => command !== null);
  return [...new Set(found)].map(mistakeIn).filter((mistake) => mistake !== null);
}

const inCode = (inline: readonly Inline[]): string[] =>
  inline.flatMap((piece) => (piece.kind === 'text' && piece.style === 'code' ? piece.text : []));

/** What of a part is shown as code, and the commands that its buttons and choices say. */
const CODE: ByKind<Part, string[]> = {
  heading: () => [],
  prose: ({ inline }) => inCode(inline),
  small: ({ inline }) => inCode(inline),
  code: ({ text }) => text.split('\n'),
  list: ({ items }) => items.flatMap(inCode),
  row: ({ inline, button, menu }) => [
    ...inCode(inline),
    ...[...(button ? [button] : []), ...menu].flatMap(({ command }) =>
      command ? `/conda-env ${command}` : [],
    ),
  ],
  tasks: () => [],
  buttons: ({ buttons }) =>
    buttons
      .flatMap(({ command, value }) => [command, (JSON.parse(value) as { c?: string }).c])
      .flatMap((said) => (said ? `/conda-env ${said}` : [])),
  menu: ({ choices }) => choices.map(({ command }) => `/conda-env ${command}`),
  divider: () => [],
};

const codeOf = ({ parts }: Document): string[] => parts.flatMap((part) => byKind(CODE, part));

function filesUnder(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(folder, name));
}

/** Code in the sentences of a source file: `\`…\`` in templates, `` `…` `` in quoted strings. */
function* codeIn(file: string): Generator<string> {
  const source = readFileSync(join(ROOT, file), 'utf8').replace(/^\s*(?:\*|\/\/|\/\*).*$/gm, '');
  for (const [, piece = ''] of source.matchAll(/\\`((?:[^`\\]|\$\{[^}]*\})+)\\`/g)) yield piece;
  for (const [text] of source.matchAll(/'(?:[^'\\\n]|\\.)*'|"(?:[^"\\\n]|\\.)*"/g))
    for (const [, piece = ''] of text.matchAll(/`([^`]+)`/g)) yield piece;
}

describe('every command that is named can be typed', () => {
  const helps = commandHelp.map((topic) => ({
    kind: 'help' as const,
    topic,
    commands: commandHelp,
    all: true,
    command: settings.command,
  }));

  test('in answers of every kind, their buttons and help', () => {
    const overview = { ...helps[0], topic: null } as (typeof samples)[string];
    const replies = [
      ...Object.entries(samples).filter(([name]) => !name.startsWith('help')),
      ['help', overview] as const,
    ];
    for (const [name, reply] of replies)
      assert.deepEqual(mistakesIn(codeOf(documentOf(reply, settings))), [], name);
  });

  test('in the examples and notes of help', () => {
    for (const { topic } of helps) {
      const notes = topic.notes.flatMap((note) =>
        [...note.matchAll(/`([^`]+)`/g)].map(([, t]) => t),
      );
      const named = [...topic.examples.map((text) => `/conda-env ${text}`), ...notes];
      assert.deepEqual(mistakesIn(named.map(String)), [], topic.name);
    }
  });

  test('in the goldens and the Home tab', () => {
    const folder = join(import.meta.dirname, 'golden');
    for (const file of readdirSync(folder)) {
      // The help of the samples is of commands there need not be.
      if (file.startsWith('help')) continue;
      const text = readFileSync(join(folder, file), 'utf8');
      const next = [...text.matchAll(/^Next: (.*)$/gm)].flatMap(([, said = '']) =>
        said.split(' · '),
      );
      const code = [...text.matchAll(/`([^`\n]+)`/g)].map(([, piece = '']) => piece);
      assert.deepEqual(mistakesIn([...next, ...code]), [], file);
    }
    const home = JSON.stringify(
      homeView(
        { user: 'U0ANARUIZ1', withheld: [] },
        { environments: [environment()], count: 1 },
        [build('ready')],
        settings,
      ).blocks,
    );
    const said = [...home.matchAll(/\{\\"c\\":\\"([^"\\]+)\\"\}/g)].map(
      ([, text]) => `/conda-env ${text}`,
    );
    assert.notEqual(said.length, 0);
    assert.deepEqual(mistakesIn(said), []);
  });

  test('in what is found in the logs of failed jobs', () => {
    const folder = join(ROOT, 'test/domain/data/tracebacks');
    let seen = 0;
    for (const file of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      if (!/\.(log|txt)$/.test(file)) continue;
      const findings = diagnose(readFileSync(join(folder, file), 'utf8'));
      const document = documentOf(generalFindings(findings), settings);
      const pieces = [...codeOf(document), ...findings.map(({ command }) => command)];
      seen += pieces.map(commandIn).filter((command) => command !== null).length;
      assert.deepEqual(mistakesIn(pieces), [], file);
    }
    assert.ok(seen > 10, `only ${seen} commands were found`);
  });

  test('in every sentence of the source', () => {
    const files = [
      'commands',
      'src/domain',
      'src/answers',
      'src/pipeline',
      'src/adapters',
      'src/slack',
    ].flatMap(filesUnder);
    let seen = 0;
    for (const file of files) {
      const pieces = [...codeIn(file)];
      seen += pieces.map(commandIn).filter((command) => command !== null).length;
      assert.deepEqual(mistakesIn(pieces), [], file);
    }
    assert.ok(seen > 10, `only ${seen} commands were found`);
  });
});
