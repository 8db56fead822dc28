import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { sign } from '../../src/adapters/host/signature.ts';
import { execFileSync } from '../harness/command.ts';
import { MAIN } from '../harness/product.ts';

const BYTES = Buffer.from('an archive');
const sha256 = createHash('sha256').update(BYTES).digest('hex');
const manifestOf = (revision: number) =>
  `${JSON.stringify({
    ...{ environment: 'churn', revision, fingerprint: 'f'.repeat(64), builtAt: 1, lock: {} },
    archive: { name: 'churn.zip', format: 'zip', sha256, bytes: BYTES.length, files: 1 },
  })}\n`;

const folder = mkdtempSync(join(tmpdir(), 'verify-archive-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const key = join(folder, 'key');
const signers = join(folder, 'signers');
/** As an edge has them. */
const archive = join(folder, 'root/archives', sha256, 'churn.zip');
const manifest = join(folder, 'root/manifests/churn/3.json');

before(async () => {
  for (const name of [key, join(folder, 'strange')]) {
    execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', name]);
  }
  writeFileSync(signers, `conda-ferry ${readFileSync(`${key}.pub`, 'utf8')}`);
  mkdirSync(join(archive, '..'), { recursive: true });
  mkdirSync(join(manifest, '..'), { recursive: true });
  await put();
});

async function put() {
  writeFileSync(archive, BYTES);
  writeFileSync(manifest, manifestOf(3));
  writeFileSync(join(manifest, '../3.cdx.json'), '{}\n');
  writeFileSync(`${manifest}.sig`, await sign(manifestOf(3), key));
}

function verify(...words: string[]) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [MAIN, 'verify-archive', archive, ...words],
    { encoding: 'utf8', env: { PATH: process.env.PATH } },
  );
  return { status, said: stdout + stderr };
}

describe('conda-ferry verify-archive', () => {
  test('finds the manifest of an archive on an edge, and says who signed it', async () => {
    await put();
    const { status, said } = verify('--signers', signers);
    assert.equal(
      said,
      `${archive} as churn@3\n✓ bytes: 10 bytes with sha256 ${sha256}\n✓ signature: signed by conda-ferry\n`,
    );
    assert.equal(status, 0);
    // What the help says that ssh alone does.
    const words = ['-Y', 'verify', '-n', 'conda-ferry', '-I', 'conda-ferry', '-f', signers];
    const alone = spawnSync('ssh-keygen', [...words, '-s', `${manifest}.sig`], {
      input: manifestOf(3),
    });
    assert.equal(alone.status, 0, String(alone.stderr));
  });

  const damages: [string, () => Promise<void> | void, RegExp][] = [
    ['an archive with other bytes', () => appendFileSync(archive, '!'), /✗ bytes: it has 11 bytes/],
    [
      'a manifest that was changed after it was signed',
      () => writeFileSync(manifest, manifestOf(3).replace('"lock":{}', '"lock":[]')),
      /✓ bytes.*✗ signature: none of /s,
    ],
    [
      'a manifest that somebody else signed',
      async () =>
        writeFileSync(`${manifest}.sig`, await sign(manifestOf(3), join(folder, 'strange'))),
      /✗ signature: none of /,
    ],
    [
      'the signature of another manifest',
      async () => writeFileSync(`${manifest}.sig`, await sign(manifestOf(2), key)),
      /✗ signature: none of /,
    ],
    [
      'no signature where one is asked for',
      () => rmSync(`${manifest}.sig`),
      /✗ signature: the manifest is not signed/,
    ],
    ['no manifest', () => rmSync(manifest), /There is no manifest beside/],
  ];
  for (const [what, damage, said] of damages) {
    test(`refuses ${what}`, async () => {
      await put();
      await damage();
      const found = verify('--signers', signers);
      assert.match(found.said, said);
      assert.equal(found.status, 1);
    });
  }

  test('counts no signature of its key for another purpose', async () => {
    await put();
    const other = join(folder, 'other');
    writeFileSync(other, manifestOf(3));
    execFileSync('ssh-keygen', ['-q', '-Y', 'sign', '-n', 'git', '-f', key, other]);
    writeFileSync(`${manifest}.sig`, readFileSync(`${other}.sig`));
    assert.match(verify('--signers', signers).said, /✗ signature: none of /);
  });

  test('does not pass over that nobody looked at who signed', async () => {
    await put();
    const { status, said } = verify('--manifest', manifest);
    assert.match(said, /! signature: signed; by whom is looked at with `--signers`/);
    assert.equal(status, 0);
  });

  test('says nothing in the words of a manifest that nobody has vouched for', async () => {
    await put();
    const named = 'churn\\n✓ signature: signed by conda-ferry';
    writeFileSync(manifest, manifestOf(3).replace('"churn"', `"${named}"`));
    const { status, said } = verify();
    assert.match(said, /is not the manifest of an archive/);
    assert.doesNotMatch(said, /signed by/);
    assert.equal(status, 1);
  });

  test('says of a manifest that cannot be read which one, unless another one will do', async (context) => {
    await put();
    const unreadable = join(manifest, '../4.json');
    mkdirSync(unreadable);
    context.after(() => rmSync(unreadable, { recursive: true, force: true }));
    assert.equal(verify().status, 0);
    rmSync(manifest);
    const { status, said } = verify();
    assert.match(said, /4\.json` cannot be read: it is a folder.*--manifest/s);
    assert.equal(status, 1);
  });

  test('says of a signature that cannot be read that, not that there is none', async (context) => {
    await put();
    rmSync(`${manifest}.sig`);
    mkdirSync(`${manifest}.sig`);
    context.after(() => rmSync(`${manifest}.sig`, { recursive: true, force: true }));
    for (const words of [[], ['--signers', signers]]) {
      const { status, said } = verify(...words);
      assert.match(said, /3\.json\.sig` cannot be read: it is a folder/);
      assert.equal(status, 1);
    }
  });

  test('says that signers are not there, not that none of them signed', async () => {
    await put();
    const { status, said } = verify('--signers', join(folder, 'nobody'));
    assert.match(said, /nobody` cannot be read: there is no such file/);
    assert.equal(status, 1);
  });

  test('a key that others may read signs nothing', async () => {
    const open = join(folder, 'open');
    writeFileSync(open, readFileSync(key), { mode: 0o644 });
    await assert.rejects(sign('text', open), {
      code: 'signing-failed',
      details: /UNPROTECTED|bad permissions/,
    });
  });
});
