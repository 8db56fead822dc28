import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  chownSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import type { FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, describe, it } from 'node:test';
import { copyOpened, openSource, snapshot } from '../../../src/adapters/projects/source.ts';

const folder = realpathSync(mkdtempSync(join(tmpdir(), 'source-')));
after(() => rmSync(folder, { recursive: true, force: true }));
let count = 0;

/** Writes a tree: a text is a file's, a list is a link's. Returns it, and where its copy is to be. */
function tree(entries: Readonly<Record<string, string | [link: string]>>) {
  count += 1;
  const [root, target] = [join(folder, `tree${count}`), join(folder, `copy${count}`)];
  mkdirSync(root);
  for (const [name, content] of Object.entries(entries)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    if (typeof content === 'string') writeFileSync(join(root, name), content);
    else symlinkSync(content[0], join(root, name));
  }
  return { root, target };
}

async function copy({ root, target }: { root: string; target: string }): Promise<void> {
  await using source = await openSource(root);
  await snapshot(source, target);
}

describe('the copy of a project', () => {
  it('has its files, whether they can be executed, and its links that stay inside', async () => {
    const both = tree({
      'a/b/file.txt': 'text',
      'a/b/up': ['../../run.sh'],
      'run.sh': 'true',
      here: ['./a/b'],
      gone: ['a/nothing'],
      '.git/config': 'secret',
      '.env': 'secret',
    });
    execFileSync('chmod', ['750', join(both.root, 'run.sh')]);
    await copy(both);
    assert.deepEqual(readdirSync(both.target).sort(), ['a', 'gone', 'here', 'run.sh']);
    assert.equal(readFileSync(join(both.target, 'here', 'file.txt'), 'utf8'), 'text');
    assert.equal(readlinkSync(join(both.target, 'a/b/up')), '../../run.sh');
    assert.equal(statSync(join(both.target, 'run.sh')).mode & 0o777, 0o750);
  });

  it('has no link that leads out, also none that does by way of another', async () => {
    for (const link of ['/etc/passwd', '..', '../x', 'a/../../x', 'a/b/up/../x']) {
      const both = tree({ 'a/b/file.txt': '', 'a/b/up': ['../..'], link: [link] });
      await assert.rejects(copy(both), { code: 'project-unsafe' }, link);
    }
  });

  it('has no pipe and no endless folders', async () => {
    const pipe = tree({});
    execFileSync('mkfifo', [join(pipe.root, 'pipe')]);
    await assert.rejects(copy(pipe), {
      code: 'project-unsafe',
      message: /neither file nor folder/,
    });
    const deep = tree({ [`${'d/'.repeat(101)}file`]: '' });
    await assert.rejects(copy(deep), { code: 'project-too-large' });
  });

  const isRoot = process.getuid?.() === 0;
  const skip = isRoot ? false : 'only root may make such a link where hard links are protected';
  it('has no file of somebody else’s by another name', { skip }, async () => {
    const both = tree({ own: 'text' });
    const theirs = join(folder, 'theirs');
    writeFileSync(theirs, 'SECRET', { mode: 0o600 });
    chownSync(theirs, 65534, 65534);
    linkSync(join(both.root, 'own'), join(both.root, 'own-too'));
    await copy(both);
    rmSync(both.target, { recursive: true });
    linkSync(theirs, join(both.root, 'token'));
    await assert.rejects(copy(both), { code: 'project-unsafe', message: /hard link/ });
  });

  it('never has a byte from outside, whatever is put in place of its files while it is made', async () => {
    const secrets = tree({ 'big.bin': 'SECRET', token: 'SECRET' });
    const swaps: Readonly<Record<string, (path: string) => void>> = {
      'a link instead of a file': (path) => {
        symlinkSync(join(secrets.root, 'token'), `${path}.new`);
        renameSync(`${path}.new`, path);
      },
      'a pipe instead of a file': (path) => {
        execFileSync('mkfifo', [`${path}.new`]);
        renameSync(`${path}.new`, path);
      },
      'a link instead of a folder': (path) => {
        renameSync(dirname(path), `${dirname(path)}.old`);
        symlinkSync(secrets.root, dirname(path));
      },
    };
    for (const [what, swap] of Object.entries(swaps)) {
      const inFolders = what.endsWith('folder');
      const names = ['p', 'q', 'r', 's'].map((name) => (inFolders ? `${name}/big.bin` : name));
      const both = tree(Object.fromEntries(names.map((name) => [name, ''])));
      // The first one takes so long that the others are changed while it is copied.
      for (const name of names) truncateSync(join(both.root, name), 64 * 2 ** 20);
      const later = (name: string) =>
        !existsSync(join(both.target, inFolders ? dirname(name) : name));
      let isSwapped = false;
      const looking = setInterval(() => {
        if (isSwapped || names.every(later)) return;
        isSwapped = true;
        for (const name of names.filter(later)) swap(join(both.root, name));
      });
      await assert
        .rejects(copy(both), { code: 'project-unsafe' }, what)
        .finally(() => clearInterval(looking));
      const copied = readdirSync(both.target, { recursive: true, encoding: 'utf8' })
        .map((name) => join(both.target, name))
        .filter((path) => statSync(path).isFile() && statSync(path).size < 100);
      assert.deepEqual(copied, [], what);
      rmSync(both.target, { recursive: true });
      rmSync(both.root, { recursive: true });
    }
  });

  it('is not begun where a link stands now, in the path or above it', async () => {
    const { root } = tree({ 'inner/setup.py': '' });
    renameSync(root, `${root}.old`);
    symlinkSync(`${root}.old`, root);
    for (const path of [root, join(root, 'inner')]) {
      await assert.rejects(openSource(path), { code: 'project-unsafe' });
    }
  });

  it('is whole, also where what is written at once does not all go in', async (context) => {
    const content = Buffer.alloc(3_000_000, 'all work and no play ');
    const { root, target } = tree({ 'setup.py': content.toString() });
    await using source = await openSource(join(root, 'setup.py'));
    const write = source.write as (...args: unknown[]) => unknown;
    const half = function (this: FileHandle, bytes: Buffer) {
      return write.call(this, bytes, 0, bytes.length >> 1);
    };
    context.mock.method(Object.getPrototypeOf(source), 'write', half as never);
    assert.equal(await copyOpened(source, target), content.length);
    assert.ok(readFileSync(target).equals(content));
  });
});
