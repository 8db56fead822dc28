/** Every place where a text of others comes in, and what enters there. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stringify } from 'yaml';
import { execute } from '../../commands/execute.ts';
import { parseCommand } from '../../commands/grammar/parse.ts';
import { commands } from '../../commands/registry.ts';
import { findApplications } from '../../src/adapters/edge/applications.ts';
import { readProfile } from '../../src/adapters/edge/profile.ts';
import type { Session } from '../../src/adapters/edge/session.ts';
import { parseAnswer } from '../../src/adapters/engines/conda-answer.ts';
import { loadConfig } from '../../src/config.ts';
import { ERRAND } from '../../src/domain/sent-errand.ts';
import { KEPT_PLAN } from '../../src/domain/sent-plan.ts';
import { fitOrNull } from '../../src/domain/shape.ts';
import { APPROVAL, AUDIT_ENTRY, readBuild, readEnvironment } from '../../src/domain/stored.ts';
import { contentOfLog } from '../../src/reading/log-content.ts';
import { readPackagesFile } from '../../src/reading/read-file.ts';
import { attachedFiles, contentOf, threadOf } from '../../src/slack/attachments.ts';
import { readCommand, readValue } from '../../src/slack/button-values.ts';
import { misfitOf } from '../../src/slack/connection/payload.ts';
import { decodeSlackText } from '../../src/slack/decode.ts';
import { offerIn, readOrigin, readTurn } from '../../src/slack/modals/create-form.ts';
import { readDiagnoseForm } from '../../src/slack/modals/diagnose-form.ts';
import { mistakesIn, readCreateForm } from '../../src/slack/modals/read-create-form.ts';
import { approval, build, environment, settings } from '../answers/samples.ts';
import fc from '../harness/properties.ts';
import { createMemory } from '../slack/memory.ts';

/** Pieces that mean something to a shell, a command line, a path, a URL, YAML or Slack. */
const PIECES = [
  ...['create', 'diagnose', 'plan', 'run', 'show', 'lock', 'add', 'churn', 'churn@2', 'evil'],
  ...['numpy', 'numpy>=1.26,<2', 'python=3.11', 'lab::six', 'six[url=http://x/]', '*', '==', '>='],
  ...['--channel', '-c', '--edge', '--project', '--file', '--pip', '--layout', '--', '-', '-o'],
  ...[';', '$(id)', '`id`', '|', '&&', '>', '<', "'", '"', '\\', '\n', '\r', '\t', '\0', '\x1b[2J'],
  ...['../..', '/etc/passwd', 'file:///etc', 'http://x@y:z/', 'https://slack.com@e/', '~', '%2e'],
  ...['{}', '[]', '&a', '*a', '<<: *a', '- ', ': ', '#', '!!js/function', '```', '<@U0ANARUIZ1>'],
  ...['<!channel>', '&lt;', '\u202e', '\u200b', '\ud800', '＝', '—', 'é', '𝟙', '__proto__'],
];

export const hostile: fc.Arbitrary<string> = fc
  .array(fc.oneof(fc.constantFrom(...PIECES), fc.string({ maxLength: 8, unit: 'binary' })), {
    maxLength: 12,
  })
  .chain((pieces) => fc.constantFrom(pieces.join(' '), pieces.join('')));

const strange = fc.oneof(
  fc.jsonValue({ maxDepth: 1 }),
  hostile,
  fc.constantFrom(undefined, Number.NaN, -0),
);

/** A value as it should be, with one or two values somewhere in it replaced. */
function damaged(whole: unknown): fc.Arbitrary<unknown> {
  const places = placesIn(whole);
  return fc
    .array(fc.tuple(fc.constantFrom(...places), strange), { minLength: 1, maxLength: 2 })
    .map((changes) => {
      const copy = structuredClone(whole);
      for (const [path, value] of changes) {
        const parent = path
          .slice(0, -1)
          .reduce((at: unknown, key) => Object(at)[key], copy as unknown);
        if (typeof parent === 'object' && parent !== null) {
          Object.assign(parent, { [path.at(-1) ?? '']: value });
        }
      }
      return copy;
    });
}

function placesIn(value: unknown, path: string[] = []): string[][] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, within]) => [
    [...path, key],
    ...placesIn(within, [...path, key]),
  ]);
}

const form = fc.dictionary(
  fc.constantFrom('name', 'packages', 'chosen', 'channels', 'edges', 'layout', 'text', 'file'),
  fc.dictionary(
    fc.constantFrom('value', 'x'),
    fc.record(
      {
        value: strange,
        files: strange,
        selected_option: fc.oneof(strange, fc.record({ value: hostile })),
        selected_options: fc.oneof(strange, fc.array(fc.record({ value: hostile }))),
      },
      { requiredKeys: [] },
    ),
    { maxKeys: 2 },
  ),
  { maxKeys: 4 },
);

/** An edge whose programs print these facts. */
const sessionSaying = (facts: Record<string, string>) =>
  ({
    settings: { target: { edge: 'lab' }, root: '/srv/ferry' },
    script: async () => ({ facts: new Map(Object.entries(facts)), stdout: '', stderr: '' }),
  }) as unknown as Session;

const CONFIG = {
  slack: { mode: 'http', port: 0, operators: ['U0OMARHAD1'] },
  dataDirectory: '/tmp/none',
  channels: [{ name: 'lab', url: 'https://example.org/lab', default: true }],
  edges: [{ name: 'lab', host: 'edge', user: 'ferry', root: '/srv/ferry' }],
  roles: [{ name: 'all', people: ['U0ANARUIZ1'], may: ['create'] }],
  retention: { expireDays: 180, keepRevisions: 5 },
};

interface Door {
  /** What comes in. */
  name: string;
  input: fc.Arbitrary<unknown>;
  /** Reads it; may throw a FerryError. */
  enter(value: never): unknown;
}

const door = <Value>(
  name: string,
  input: fc.Arbitrary<Value>,
  enter: (value: Value) => unknown,
): Door => ({ name, input, enter });

const record = (read: (value: unknown) => unknown) => (value: unknown) => fitOrNull(value, read);

export const DOORS: readonly Door[] = [
  door('a command', hostile, (text) => parseCommand(text, commands, settings)),
  door('a command that is said', hostile, (text) => {
    const { services } = createMemory();
    const asking = { user: 'U0ANARUIZ1', channel: 'C0DATASCI1', team: null, thread: null };
    return execute(decodeSlackText(text), commands, { ...asking, services, commands: [] });
  }),
  door('a message', strange, (value) => {
    const message = Object(value);
    return [attachedFiles(message), contentOf(message), threadOf(message, 'C0DATASCI1')];
  }),
  door('a form for an environment', form, (state) => {
    const content = readCreateForm(state);
    return mistakesIn(content, commands, settings);
  }),
  door('a form for a log', form, (state) => readDiagnoseForm(state)),
  door('private metadata', fc.oneof(hostile, fc.json()), (text) => [
    readOrigin(text),
    readTurn(text),
    offerIn([{ block_id: 'offer', accessory: { value: text } }]),
  ]),
  door('a button', fc.oneof(hostile, fc.json()), (text) => {
    const command = readCommand(text) ?? readValue(text) ?? '';
    return parseCommand(command, commands, settings);
  }),
  door('a payload', strange, misfitOf),
  door(
    'a file of packages',
    fc.tuple(fc.constantFrom('environment.yml', 'a.txt', 'pixi.lock', 'x.toml', null), hostile),
    ([name, text]) =>
      readPackagesFile(name, new TextEncoder().encode(text), {
        ...{ platform: 'linux-64', channels: null, groups: [], has: null },
      }),
  ),
  door('a log', hostile, (text) => contentOfLog({ text, files: [] })),
  door('the configuration', fc.oneof(hostile, damaged(CONFIG)), async (content) => {
    const folder = mkdtempSync(join(tmpdir(), 'doors-'));
    try {
      const file = join(folder, 'conda-ferry.yaml');
      writeFileSync(file, typeof content === 'string' ? content : stringify(content));
      await loadConfig({ file, environment: {} });
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  }),
  door('a record of a build', damaged(build('ready')), record(readBuild)),
  door('a record of an environment', damaged(environment()), record(readEnvironment)),
  door('an approval', damaged(approval()), record(APPROVAL)),
  door('an entry of the audit', strange, record(AUDIT_ENTRY)),
  door('a kept plan', strange, record(KEPT_PLAN)),
  door(
    'an errand',
    damaged({
      ...{ id: 'e0123456789abcdef', kind: 'plan' },
      asked: { request: build('ready').request, lock: null },
    }),
    record(ERRAND),
  ),
  door(
    'the facts of an edge',
    fc.dictionary(
      fc.constantFrom('spark_master', 'yarn_site', 'spark_version', 'hadoop_version', 'glibc'),
      hostile,
    ),
    (facts) => readProfile(sessionSaying(facts), '/srv/ferry', {}),
  ),
  door('the applications of a cluster', fc.oneof(hostile, fc.json()), (running) =>
    findApplications(sessionSaying({ running }), {
      ...{ tags: ['conda-ferry:churn@2'], since: 0, now: 1 },
    }),
  ),
  door('the answer of an engine', fc.oneof(hostile, fc.json()), (text) =>
    parseAnswer(text, 'conda'),
  ),
];
