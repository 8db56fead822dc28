import assert from 'node:assert/strict';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test } from 'node:test';
import type { FileRecord } from '../../src/packing/conda-meta.ts';
import { condaUnpack } from '../../src/packing/conda-unpack.ts';
import { relocate } from '../../src/packing/relocate.ts';
import { temporaryFolder } from './fake-prefix.ts';
import { output } from './tools.ts';

const prefix = '/build/envs/churn';
const binary: FileRecord = { sha256: null, mode: 'binary', placeholderBytes: 40 };

function portable(text: string, path = 'bin/tool') {
  const { content, record } = relocate(Buffer.from(text), path, null, {
    prefix,
    targetPrefix: null,
  });
  return { text: content.toString(), recorded: record !== null };
}

const SHEBANGS: [title: string, before: string, after: string][] = [
  ['python', `#!${prefix}/bin/python\nrun()\n`, '#!/usr/bin/env python\nrun()\n'],
  ['a versioned name', `#!${prefix}/bin/python3.11\n`, '#!/usr/bin/env python3.11\n'],
  ['another interpreter', `#!${prefix}/bin/perl\n`, '#!/usr/bin/env perl\n'],
  ['a space', `#! ${prefix}/bin/python\n`, '#!/usr/bin/env python\n'],
  ['options', `#!${prefix}/bin/python -E -s\n`, '#!/usr/bin/env -S python -E -s\n'],
  ['Windows line ends', `#!${prefix}/bin/python\r\nrun()`, '#!/usr/bin/env python\r\nrun()'],
  [
    'a prefix too long for the kernel',
    `#!/bin/sh\n'''exec' ${prefix}/bin/python "$0" "$@"\n' '''\nrun()\n`,
    '#!/usr/bin/env python\nrun()\n',
  ],
  ['quotes around it', `#!"${prefix}/bin/python"\nrun()\n`, '#!/usr/bin/env python\nrun()\n'],
  ['env in front', `#!/usr/bin/env ${prefix}/bin/python\n`, '#!/usr/bin/env python\n'],
  ['env -S', `#!/usr/bin/env -S ${prefix}/bin/perl -w\n`, '#!/usr/bin/env -S perl -w\n'],
  ['R', `#!${prefix}/bin/Rscript --vanilla\n`, '#!/usr/bin/env -S Rscript --vanilla\n'],
  [
    "conda's way around the kernel's limit",
    `#!/bin/sh\n'''exec' "${prefix}/bin/python3.11" "$0" "$@" #'''\nrun()\n`,
    '#!/usr/bin/env python3.11\nrun()\n',
  ],
  [
    "uv's",
    `#!/bin/sh\n'''exec' '${prefix}/bin/python' "$0" "$@"\n' '''\nrun()\n`,
    '#!/usr/bin/env python\nrun()\n',
  ],
  [
    'the same with options',
    `#!/bin/sh\n'''exec' ${prefix}/bin/python -Es "$0" "$@"\n' '''\nrun()\n`,
    '#!/usr/bin/env -S python -Es\nrun()\n',
  ],
  [
    "virtualenv's",
    `#!/bin/sh\n"exec" "${prefix}/bin/python" "$0" "$@"\nrun()\n`,
    '#!/usr/bin/env python\nrun()\n',
  ],
  [
    'a prefix with a space',
    `#!/bin/sh\n'''exec' "${prefix}/bin/python" "$0" "$@"\n' '''\nrun()\n`,
    '#!/usr/bin/env python\nrun()\n',
  ],
];

for (const [title, before, after] of SHEBANGS) {
  test(`a script's shebang becomes /usr/bin/env: ${title}`, () => {
    assert.deepEqual(portable(before), { text: after, recorded: false });
  });
}

test('a script that names the prefix elsewhere too starts anywhere; the rest is for conda-unpack', () => {
  assert.deepEqual(portable(`#!${prefix}/bin/python\nHOME = '${prefix}'\n`), {
    text: `#!/usr/bin/env python\nHOME = '${prefix}'\n`,
    recorded: true,
  });
});

test('scripts outside bin/ start anywhere too', () => {
  const after = { text: '#!/usr/bin/env python\n', recorded: false };
  assert.deepEqual(portable(`#!${prefix}/bin/python\n`, 'libexec/tool'), after);
});

test('the interpreter itself is never touched, but scripts whose names begin like it are', () => {
  const text = `#!${prefix}/bin/sh\n`;
  for (const path of ['bin/python', 'bin/python3', 'bin/python3.11', 'bin/python3.13t']) {
    assert.deepEqual(portable(text, path), { text, recorded: false });
  }
  for (const path of ['bin/python3-config', 'bin/python-argcomplete-check', 'bin/pythonw']) {
    assert.deepEqual(portable(text, path), { text: '#!/usr/bin/env sh\n', recorded: false });
  }
});

test('a path that only begins like the prefix is another path', () => {
  const text = `cd ${prefix}-old; cd ${prefix}2`;
  assert.deepEqual(portable(text), { text, recorded: false });
});

test('binaries that conda did not rewrite stay as they are', () => {
  const content = Buffer.from(`\0${prefix}/lib\0`);
  const result = relocate(content, 'lib/a.pyc', null, { prefix, targetPrefix: '/opt/x' });
  assert.equal(result.content, content);
  assert.equal(result.record, null);
});

test("conda's word for what is text counts, whatever is in it", () => {
  const file = { ...binary, mode: 'text' } as const;
  const content = Buffer.from(`a=${prefix}/x\0\n`);
  const aimed = relocate(content, 'etc/a', file, {
    prefix,
    targetPrefix: '/opt/longer/than/before/e',
  });
  assert.equal(aimed.content.toString(), 'a=/opt/longer/than/before/e/x\0\n');
  const { record } = relocate(content, 'etc/a', file, { prefix, targetPrefix: null });
  assert.equal(record?.mode, 'declared');
  const overwritten = Buffer.from(`a=${prefix}/x\n`);
  assert.equal(
    relocate(overwritten, 'lib/a', binary, { prefix, targetPrefix: null }).record?.mode,
    'text',
  );
});

function retarget(content: Buffer, targetPrefix: string, file: FileRecord | null = binary) {
  return relocate(content, 'lib/a.so', file, { prefix, targetPrefix }).content;
}

test('with a target, text is rewritten everywhere and binaries keep every offset', () => {
  const text = Buffer.from(`#!${prefix}/bin/python\nx=${prefix}/share`);
  assert.equal(retarget(text, '/opt/e', null).toString(), '#!/opt/e/bin/python\nx=/opt/e/share');
  const room = '\0'.repeat(40 - prefix.length);
  const content = Buffer.from(`head\0${prefix}/lib\0${room}tail`);
  for (const target of ['/opt/e', '/a/prefix/of/thirty/characters']) {
    const rewritten = retarget(content, target);
    assert.equal(rewritten.length, content.length);
    const expected = Buffer.alloc(content.length);
    expected.write('head\0', 0);
    expected.write(`${target}/lib`, 5);
    expected.write('tail', content.length - 4);
    assert.deepEqual(rewritten, expected);
  }
});

test('a search path with the prefix twice has twice the room', () => {
  const room = '\0'.repeat(2 * (40 - prefix.length));
  const content = Buffer.from(`${prefix}/lib:${prefix}/lib64\0${room}T`);
  const target = '/a/prefix/of/exactly/forty/characters/xx';
  assert.equal(target.length, 40);
  const rewritten = retarget(content, target).toString();
  assert.equal(rewritten, `${target}/lib:${target}/lib64\0T`);
});

test('a target that is too long for a binary is refused before anything is written', () => {
  const content = Buffer.from(`${prefix}/lib\0${'\0'.repeat(40 - prefix.length)}tail`);
  assert.throws(
    () => retarget(content, `/${'x'.repeat(40)}`),
    (error: { code?: string; message: string }) =>
      error.code === 'prefix-too-long' && /room for a path of 40 bytes/.test(error.message),
  );
});

test('conda-unpack rewrites what packing recorded, and may run twice', async (context) => {
  const home = join(await temporaryFolder(context), 'some where', 'else');
  await mkdir(join(home, 'bin'), { recursive: true });
  const script = condaUnpack(
    [prefix],
    [
      { path: 'text', mode: 'text', capacity: 0 },
      { path: 'binary', mode: 'binary', capacity: 400 },
      { path: 'gone', mode: 'text', capacity: 0 },
    ],
  );
  await writeFile(join(home, 'bin', 'conda-unpack'), script, { mode: 0o755 });
  await writeFile(join(home, 'text'), `a=${prefix}/b ${prefix}-old\n`);
  const room = '\0'.repeat(400 - prefix.length);
  const content = Buffer.from(`h\0${prefix}/lib\0${room}tail`);
  await writeFile(join(home, 'binary'), content);
  const unpack = () => output('python3', join(home, 'bin', 'conda-unpack'));
  assert.match(await unpack(), /2 files rewritten/);
  assert.equal(await readFile(join(home, 'text'), 'utf8'), `a=${home}/b ${prefix}-old\n`);
  const rewritten = await readFile(join(home, 'binary'));
  assert.equal(rewritten.length, content.length);
  assert.equal(rewritten.toString('latin1').replace(/\0+/g, '|'), `h|${home}/lib|tail`);
  assert.match(await unpack(), /0 files rewritten/);
  assert.match(
    await output('python3', join(home, 'bin', 'conda-unpack'), '--version'),
    /^conda-unpack/,
  );
});

test('conda-unpack changes nothing when one file has no room', async (context) => {
  const home = await temporaryFolder(context);
  await mkdir(join(home, 'bin'));
  const script = condaUnpack(
    ['/x'],
    [
      { path: 'text', mode: 'text', capacity: 0 },
      { path: 'binary', mode: 'binary', capacity: 3 },
    ],
  );
  await writeFile(join(home, 'bin', 'conda-unpack'), script);
  await writeFile(join(home, 'text'), 'a=/x/b\n');
  await writeFile(join(home, 'binary'), '/x/lib\0\0');
  await assert.rejects(
    output('python3', join(home, 'bin', 'conda-unpack')),
    /binary: there is room/,
  );
  assert.equal(await readFile(join(home, 'text'), 'utf8'), 'a=/x/b\n');
});
