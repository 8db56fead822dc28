// biome-ignore-all lint/suspicious/noTemplateCurlyInString: shells write variables that way
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import { condaUnpack } from '../../src/packing/conda-unpack.ts';
import {
  findMentions,
  needlesOf,
  replaceMentions,
  type TextKind,
} from '../../src/packing/mentions.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { python } from './tools.ts';

/** `P` stands for the prefix. In the first list every `P` is one, in the second none. */
const PATHS = [
  'P',
  'P/lib',
  '"P"',
  "'P/lib'",
  'x=P',
  'PATH=/a:P/bin:/b',
  ':P:',
  'file://P/src',
  'file:P',
  'file://localhostP',
  'sqlite:///P/db',
  'jdbc:derby:P',
  '-IP/include',
  'cc -I P -LP/lib -Wl,-rpath,P/lib -isystemP/x',
  '--prefix=P',
  '#!P/bin/python',
  '@P/args',
  'installed in P.',
  'installed in P...',
  'in “P”',
  'in P。',
  '路径：P',
  '$(DESTDIR)P/lib',
  '"$DESTDIR"P',
  '${DESTDIR}P/lib',
  '"a\\nP"',
  '"\\tP/x"',
  '\\x1b[32mP\\x1b[0m',
  '\\u0020P',
  'f(P)',
  '[P]',
  '<dir>P/fonts</dir>',
  '`P`',
  'a\0P\0',
  'url=x%3DP%2Flib',
  'P%3A/b',
  '/P',
  '/* P*/',
  'P\r\n',
  'P\\n',
  'P;P,P|P',
  '~~~ P',
];

const OTHERS = [
  '/dataP',
  '/usrP/bin',
  '.P',
  '..P',
  '~P',
  '~userP',
  'P2',
  'P-2',
  'P_old/x',
  'Pé',
  'éP',
  'P.old',
  'P.d/x',
  'P+debug',
  'P~',
  'P@2',
  'P%20x',
  'P\\ x',
  'P$SUFFIX',
  'P${SUFFIX}',
  'P{a,b}',
  'P*',
  '${ROOT}P',
  '$(pwd)P',
  '$ROOTP',
  '"$ROOT"P',
  '{}P',
  '**P',
  'https:/P',
  'https://hostP/x',
  'x//P',
  'foo-IP',
  'libP',
];

const PREFIXES = ['/env', '/opt/env', '/home/a b/é'];

function spelled(texts: readonly string[], prefix: string) {
  return texts.map((text) =>
    text.replaceAll('P', (_, at: number) => (isMark(text, at) ? prefix : 'P')),
  );
}

/** The `P` of `PATH` is a letter. */
function isMark(text: string, at: number): boolean {
  return !text.startsWith('PATH', at);
}

const count = (text: string) =>
  text.split('').filter((c, at) => c === 'P' && isMark(text, at)).length;

for (const prefix of PREFIXES) {
  const find = (text: string, kind: TextKind = 'text') =>
    findMentions(Buffer.from(text), needlesOf([prefix]).text, kind).length;

  test(`${prefix} is found where the bytes around it make it a path`, () => {
    spelled(PATHS, prefix).forEach((text, index) => {
      assert.equal(find(text), count(PATHS[index] as string), text);
    });
  });

  test(`${prefix} is not found in other paths`, () => {
    for (const text of spelled(OTHERS, prefix)) assert.equal(find(text), 0, text);
  });
}

test('a prefix is found as JSON, URLs and shells write it, and replaced in the same way', () => {
  const prefix = '/opt/my env';
  const text = '"\\/opt\\/my env\\/x" file:///opt/my%20env/x cd /opt/my\\ env/x /opt/my env';
  const content = Buffer.from(text);
  const mentions = findMentions(content, needlesOf([prefix]).text, 'text');
  assert.equal(
    replaceMentions(content, mentions, '/a b').toString(),
    '"\\/a b\\/x" file:///a%20b/x cd /a\\ b/x /a b',
  );
});

test('/usr/bin/env escaped is no mention of /env', () => {
  assert.equal(
    findMentions(Buffer.from('"\\/usr\\/bin\\/env"'), needlesOf(['/env']).text, 'text').length,
    0,
  );
});

test('in a binary one byte in front may be a length, in declared text a dot belongs to it', () => {
  const { binary } = needlesOf(['/opt/env']);
  const found = (text: string, kind: TextKind) =>
    findMentions(Buffer.from(text, 'latin1'), binary, kind).length;
  assert.equal(found('\0\x0c/opt/env/lib\0', 'binary'), 1);
  assert.equal(found('\0a/opt/env/lib\0', 'binary'), 1);
  assert.equal(found('\0/data/opt/env\0', 'binary'), 0);
  assert.equal(found("'./opt/env/lib'", 'declared'), 1);
  assert.equal(found("'../opt/env/lib'", 'declared'), 0);
});

test('conda-unpack finds the same', async (context) => {
  const folder = await temporaryFolder(context);
  const script = join(folder, 'conda_unpack.py');
  await writeFile(script, condaUnpack(PREFIXES, []));
  const cases = PREFIXES.flatMap((prefix) =>
    spelled([...PATHS, ...OTHERS, './P', 'aP'], prefix).flatMap((text) =>
      (['text', 'declared', 'binary'] as const).map((kind) => ({ prefix, text, kind })),
    ),
  );
  const ours = cases.map(({ prefix, text, kind }) => {
    const needles = needlesOf([prefix])[kind === 'binary' ? 'binary' : 'text'];
    return findMentions(Buffer.from(text), needles, kind).map(({ at }) => at);
  });
  const table = join(folder, 'cases.json');
  await writeFile(table, JSON.stringify(cases));
  const theirs = await python(
    `
import sys, json
sys.path.insert(0, sys.argv[1]); import conda_unpack as c
rules = {"text": c.BEFORE, "declared": c.BEFORE_IN_DECLARED, "binary": c.BEFORE_IN_BINARY}
def places(case):
    spellings = c.SPELLINGS[:1] if case["kind"] == "binary" else c.SPELLINGS
    found = c.find_mentions(case["text"].encode(), case["prefix"].encode(), spellings, rules[case["kind"]])
    return [at for at, _, _ in found]
print(json.dumps([places(case) for case in json.load(open(sys.argv[2], encoding="utf-8"))]))
`,
    folder,
    table,
  );
  assert.deepEqual(theirs, ours);
});
