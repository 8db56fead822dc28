import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { exportRepository } from '../../../src/adapters/projects/git.ts';
import { lookInto } from '../../../src/adapters/projects/look-into.ts';
import { createProjects } from '../../../src/adapters/projects/projects.ts';
import type { FerryError } from '../../../src/domain/errors.ts';
import { execFileSync } from '../../harness/command.ts';
import { labPython, recordProgress, whyNoLabPython } from '../engines/lab.ts';

const folder = mkdtempSync(join(tmpdir(), 'look-into-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Each writes one file by what Python's own modules allow, which is everything. */
const WRITERS = `
import io, os, struct, sys, tarfile, zipfile
def sdist(path, *members):
    with tarfile.open(path, "w:gz") as tar:
        for name, kind, link, size in members:
            entry = tarfile.TarInfo(name)
            entry.type, entry.linkname, entry.size = kind, link, size
            tar.addfile(entry, Zeros() if size else None)
class Zeros(io.RawIOBase):
    def read(self, size=-1): return bytes(size)
def wheel(path, *members, **how):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, **how) as archive:
        for name, text in members: archive.writestr(name, text)
def patched(path, old, new):
    data = open(path, "rb").read()
    open(path, "wb").write(data.replace(old, new))
def link(name):
    entry = zipfile.ZipInfo(name)
    entry.create_system, entry.external_attr = 3, 0o120777 << 16
    return entry
FILE, DIR, LINK, HARD = tarfile.REGTYPE, tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE
`;
/** As small as tests write in no time. */
const MOST = { entries: 100, bytes: 10e6, ratio: 200, ratioFromBytes: 1e6 };
const UNSAFE = 'project-unsafe';

/** What is in it → how it is written to \`path\`, and what is said of it. */
const WHEELS: [string, string, string, RegExp][] = [
  [
    'a path that leads out',
    `wheel(path, ("../../evil.pth", "x"))`,
    UNSAFE,
    /`\.\.\/\.\.\/evil\.pth` leads out/,
  ],
  ['an absolute path', `wheel(path, ("/etc/evil", "x"))`, UNSAFE, /`\/etc\/evil` leads out/],
  ['a link', `wheel(path, (link("x/link"), "/etc/passwd"))`, UNSAFE, /is a link/],
  ['one name twice', `wheel(path, ("x/a.py", "1"), ("x/./a.py", "2"))`, UNSAFE, /is there twice/],
  [
    'two names of one file',
    `wheel(path, ("x/aa.py", "1")); patched(path, b"PK\\x03\\x04", b"PK\\x03\\x04") ; data = open(path, "rb").read(); open(path, "wb").write(data.replace(b"x/aa.py", b"x/bb.py", 1))`,
    UNSAFE,
    /has two names/,
  ],
  [
    'another compression',
    `wheel(path); z = zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA); z.writestr("x.py", "1"); z.close()`,
    UNSAFE,
    /compressed in a way/,
  ],
  [
    'a secret',
    `wheel(path, ("x.py", "1")); data = bytearray(open(path, "rb").read()); data[6] |= 1; open(path, "wb").write(data)`,
    UNSAFE,
    /is encrypted/,
  ],
  [
    '3 MB of zeros',
    `wheel(path, ("zeros", bytes(3 * 1024**2)))`,
    'project-too-large',
    /would unpack to more than/,
  ],
  [
    'too many files',
    `wheel(path, *((f"x/{i}", "") for i in range(101)))`,
    'project-too-large',
    /100 files/,
  ],
  [
    'no end',
    `wheel(path, ("x.py", "1" * 1000)); os.truncate(path, 60)`,
    'project-unreadable',
    /has no central directory/,
  ],
];
const SDISTS: [string, string, string, RegExp][] = [
  [
    'a path that leads out',
    `sdist(path, ("a/../../evil", FILE, "", 1))`,
    UNSAFE,
    /leads out of it/,
  ],
  [
    'a link that leads out',
    `sdist(path, ("a/link", LINK, "../../etc", 0))`,
    UNSAFE,
    /a link to `\.\.\/\.\.\/etc`/,
  ],
  [
    'an absolute link',
    `sdist(path, ("a/link", LINK, "/etc/passwd", 0))`,
    UNSAFE,
    /a link to `\/etc\/passwd`/,
  ],
  [
    'a link that leads out by way of another',
    `sdist(path, ("x/up", LINK, "..", 0), ("out", LINK, "x/up/..", 0))`,
    UNSAFE,
    /`out` is a link to `x\/up\/\.\.`/,
  ],
  [
    'a link behind a link, from where it leads out',
    `sdist(path, ("here/", LINK, ".", 0), ("here/a/out", LINK, "../..", 0))`,
    UNSAFE,
    /`here\/a\/out` lies behind a link/,
  ],
  ['a hard link that leads out', `sdist(path, ("a/link", HARD, "../etc", 0))`, UNSAFE, /leads out/],
  [
    'a device',
    `sdist(path, ("a/disk", tarfile.BLKTYPE, "", 0))`,
    UNSAFE,
    /neither file nor folder/,
  ],
  ['a pipe', `sdist(path, ("a/pipe", tarfile.FIFOTYPE, "", 0))`, UNSAFE, /neither file nor folder/],
  [
    '3 MB of zeros',
    `sdist(path, ("a/zeros", FILE, "", 3 * 1024**2))`,
    'project-too-large',
    /would unpack to more than/,
  ],
  [
    'a path for all that follows, which leads out',
    `tarfile.open(path, "w:gz", pax_headers={"path": "../evil"}).close()`,
    'project-unreadable',
    /a header gives one name or size to all that follows/,
  ],
  [
    'a link target for all that follows',
    `tarfile.open(path, "w:gz", pax_headers={"linkpath": "/etc/passwd"}).close()`,
    'project-unreadable',
    /a header gives one name or size to all that follows/,
  ],
  [
    'a second name, which sparse files have',
    `entry = tarfile.TarInfo("a/x"); entry.pax_headers = {"GNU.sparse.name": "../evil"}
tarfile.open(path, "w:gz").addfile(entry)`,
    'project-unreadable',
    /a sparse file/,
  ],
  [
    'no end',
    `sdist(path, ("a/x", FILE, "", 100_000)); os.truncate(path, 60)`,
    'project-unreadable',
    /cannot be read/,
  ],
];

function written(name: string, script: string): string {
  const path = join(mkdtempSync(join(folder, 'file-')), name);
  execFileSync(labPython, [
    '-W',
    'ignore',
    '-c',
    `${WRITERS}\npath = sys.argv[1]\n${script}`,
    path,
  ]);
  return path;
}

describe('what people and indexes bring', { skip: whyNoLabPython() }, () => {
  for (const [name, cases] of [
    ['churn-1.0-py3-none-any.whl', WHEELS],
    ['churn-1.0.tar.gz', SDISTS],
  ] as const) {
    for (const [what, script, code, message] of cases) {
      test(`is refused for ${what} in ${name}, before anything is unpacked`, async () => {
        await assert.rejects(lookInto(written(name, script), MOST), (error: FerryError) => {
          assert.deepEqual([error.code, error.kind], [code, 'user']);
          assert.match(error.message, message);
          assert.ok(error.message.includes(name), error.message);
          return true;
        });
      });
    }
  }

  test('is taken with folders, links that stay inside, and much of what is alike', async () => {
    const members = `("a", DIR, "", 0), ("a/x.py", FILE, "", 900_000), ("a/sub/link", LINK, "../x.py", 0), ("a/hard", HARD, "a/x.py", 0)`;
    await lookInto(written('churn-1.0.tar.gz', `sdist(path, ${members})`));
    await lookInto(
      written('churn-1.0-py3-none-any.whl', `wheel(path, ("a/x.py", "1"), ("a/b/x.py", "2"))`),
    );
  });

  test('is taken with the comment for all that follows which git writes', async () => {
    const script = `with tarfile.open(path, "w:gz", pax_headers={"comment": "0" * 40}) as tar:
    tar.addfile(tarfile.TarInfo("a/x.py"))`;
    await lookInto(written('churn-1.0.tar.gz', script));
  });

  test('is read no further than it may unpack to, whatever its headers say', async () => {
    // Headers that no member follows: 5,000 of them are 5 MB, and 30 KB of gzip.
    const script = `import gzip
header = tarfile.TarInfo("x"); header.type, header.size = b"x", 0
gzip.open(path, "wb").write(header.tobuf(tarfile.USTAR_FORMAT) * 10_000)`;
    const path = written('churn-1.0.tar.gz', script);
    await assert.rejects(lookInto(path, MOST), { code: 'project-too-large' });
  });

  test('is not kept where it is refused', async () => {
    const path = written('churn-1.0-py3-none-any.whl', WHEELS[0]?.[1] ?? '');
    const directory = join(folder, 'pins');
    const projects = createProjects({
      config: { repositories: [], paths: [folder], sandbox: 'required' },
      dataDirectory: join(folder, 'data'),
    });
    const pinned = projects.pin(
      [{ kind: 'path', path }],
      directory,
      recordProgress().progress,
      null,
    );
    await assert.rejects(pinned, { code: UNSAFE });
    assert.deepEqual(readdirSync(directory), []);
  });
});

describe('a repository', () => {
  const repository = join(folder, 'repository');
  const git = (...words: string[]) =>
    execFileSync('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@b', ...words]);
  const mirrors = join(folder, 'mirrors');
  const exported = (target: string, most?: Parameters<typeof exportRepository>[2], env = {}) =>
    exportRepository(
      {
        ...{ source: { name: 'churn', url: `file://${repository}` }, ref: null, target },
        ...{ mirrors, environment: { ...process.env, ...env } },
      },
      recordProgress().progress,
      most,
    );
  /** A \`git\` that does something else where it fetches: \`$mirror\` is what it fetches to. */
  const gitThatFetches = (how: string) => {
    const programs = mkdtempSync(join(folder, 'programs-'));
    const text = `#!/bin/sh\nmirror=$2\ncase " $* " in *' fetch '*) ${how} ;; esac\nexec /usr/bin/env PATH=${process.env.PATH} git "$@"\n`;
    writeFileSync(join(programs, 'git'), text, { mode: 0o755 });
    return { PATH: `${programs}:${process.env.PATH}` };
  };

  test('that has more than a project may is refused before its tree is written', async () => {
    mkdirSync(repository);
    git('init', '--quiet', '--initial-branch=main');
    writeFileSync(join(repository, 'setup.py'), '');
    git('add', '.');
    git('commit', '--quiet', '--message=one');
    await exported(join(folder, 'first'));
    assert.deepEqual(readdirSync(join(folder, 'first')), ['setup.py']);
    // Many names of one file cost git nothing, and a disk that they are written to all the more.
    const zeros = git('hash-object', '-w', '--stdin').toString().trim();
    const tree = (rows: string) =>
      execFileSync('git', ['-C', repository, 'mktree'], { input: rows }).toString().trim();
    const many = tree([...Array(300).keys()].map((at) => `100644 blob ${zeros}\t${at}\n`).join(''));
    const top = tree([...Array(300).keys()].map((at) => `040000 tree ${many}\t${at}\n`).join(''));
    const commit = git('commit-tree', top, '-m', 'many').toString().trim();
    git('update-ref', 'refs/heads/main', commit);
    const second = join(folder, 'second');
    await assert.rejects(exported(second), { code: 'project-too-large' });
    assert.deepEqual(readdirSync(second), []);
  });

  test('that is larger than a build host takes is given up while it is fetched, and leaves nothing', async () => {
    const most = { repositoryBytes: 5e6, fetchSeconds: 60, lookMilliseconds: 5 };
    // As a server that has no end: only who looks at the folder ends it.
    const env = gitThatFetches(
      'mkdir -p "$mirror/objects/pack"; while :; do head -c 1000000 /dev/zero >>"$mirror/objects/pack/tmp_pack_x"; sleep 0.01; done',
    );
    await assert.rejects(exported(join(folder, 'endless'), most, env), {
      code: 'repository-too-large',
      message: /`churn` has more than 5\.0 MB with all its branches/,
    });
    assert.deepEqual(readdirSync(mirrors), ['churn.lock']);
    // One that was quicker than who looks is no smaller.
    writeFileSync(join(repository, 'noise'), randomBytes(200_000));
    git('add', '.');
    git('commit', '--quiet', '--message=noise');
    const small = { ...most, repositoryBytes: 100_000, lookMilliseconds: 60_000 };
    await assert.rejects(exported(join(folder, 'quick'), small), { code: 'repository-too-large' });
    assert.deepEqual(readdirSync(mirrors), ['churn.lock']);
  });

  test('that does not arrive in time is said to be slow, and what it left goes with the next fetch', async () => {
    const env = gitThatFetches('echo half >"$mirror/objects/pack/tmp_pack_x"; sleep 60');
    const most = { repositoryBytes: 5e6, fetchSeconds: 1, lookMilliseconds: 5 };
    await assert.rejects(exported(join(folder, 'slow'), most, env), {
      code: 'repository-unreachable',
      message: 'The repository `churn` was not fetched within 1.0 s.',
    });
    const left = join(mirrors, 'churn.git/objects/pack/tmp_pack_x');
    assert.ok(existsSync(left));
    await exported(join(folder, 'again'));
    assert.ok(!existsSync(left));
  });
});
