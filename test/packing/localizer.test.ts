import assert from 'node:assert/strict';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { packWithArchiver } from '../../src/adapters/packers/archiver.ts';
import { type LintProfile, lint } from '../../src/packing/lint.ts';
import { pack } from '../../src/packing/pack.ts';
import { unlessFull } from '../harness/full.ts';
import { fakePrefix, temporaryFolder } from './fake-prefix.ts';
import { output } from './tools.ts';

const LAB = fileURLToPath(new URL('../../.lab/', import.meta.url));
const UNPACK = fileURLToPath(new URL('java/Unpack.java', import.meta.url));
const JAVA = existsSync(`${LAB}java/bin/java`) ? `${LAB}java/bin/java` : 'java';

interface Cluster {
  profile: LintProfile;
  /** Folder of jars below the lab's. */
  jars: string;
  program: 'yarn' | 'spark';
  /** Another version of a program that unpacks the same way. */
  skip?: string | false;
}

const off = { manager: 'standalone', hadoop: null } as const;
const on = { manager: 'yarn', spark: null } as const;
const CLUSTERS: readonly Cluster[] = [
  {
    profile: { ...on, name: 'YARN 3.3.6', hadoop: '3.3.6' },
    jars: 'hadoop-3.3.6',
    program: 'yarn',
    skip: unlessFull,
  },
  {
    profile: { ...on, name: 'YARN 3.5.0', hadoop: '3.5.0' },
    jars: 'hadoop-3.5.0',
    program: 'yarn',
  },
  {
    profile: { ...off, name: 'Spark 3.5.9', spark: '3.5.9' },
    jars: 'spark-3.5.9/jars',
    program: 'spark',
    skip: unlessFull,
  },
  {
    profile: { ...off, name: 'Spark 4.3.0', spark: '4.3.0' },
    jars: 'spark-4.3.0/jars',
    program: 'spark',
  },
];

/** Archives nobody should ship, and some good ones, made from one folder by common tools. */
const MAKE_OTHERS = `
import os, sys, tarfile, zipfile, shutil
root, out = sys.argv[1], sys.argv[2]
os.chdir(root)
shutil.make_archive(out + '/plain', 'tar', '.', 'env')
shutil.make_archive(out + '/gnu', 'gztar', '.', 'env')
shutil.copy(out + '/gnu.tar.gz', out + '/short.tgz')
shutil.copy(out + '/gnu.tar.gz', out + '/UPPER.TAR.GZ')
shutil.copy(out + '/gnu.tar.gz', out + '/mislabelled.zip')
shutil.make_archive(out + '/bz2', 'bztar', '.', 'env')
data = open(out + '/gnu.tar.gz', 'rb').read()
open(out + '/cut.tar.gz', 'wb').write(data[:len(data) // 2])

class Pipe:
    def __init__(self, f): self.f = f
    def write(self, b): return self.f.write(b)
    def flush(self): pass

def walk():
    for folder, folders, files in os.walk('env'):
        for name in folders: yield os.path.join(folder, name) + '/', None
        for name in files:
            path = os.path.join(folder, name)
            yield path, open(path, 'rb').read()

def make(name, method=zipfile.ZIP_DEFLATED, pipe=False, modes=True, zip64=False, links=False):
    f = open(out + '/' + name, 'wb')
    with zipfile.ZipFile(Pipe(f) if pipe else f, 'w') as z:
        for path, data in walk():
            i = zipfile.ZipInfo(path)
            i.create_system = 3 if modes else 0
            i.external_attr = ((0o40755 if data is None else 0o100755) << 16) if modes else 0
            i.compress_type = zipfile.ZIP_STORED if data is None else method
            if links and os.path.islink(path):
                i.external_attr = 0o120777 << 16
                data = os.readlink(path).encode()
            if data is None:
                if not pipe: z.writestr(i, b'')
            else:
                with z.open(i, 'w', force_zip64=zip64) as member: member.write(data)
    f.close()

make('deflate.zip')
make('stored.zip', method=zipfile.ZIP_STORED)
make('deflate-pipe.zip', pipe=True)
make('stored-pipe.zip', method=zipfile.ZIP_STORED, pipe=True)
make('zip64.zip', zip64=True)
make('zip64-pipe.zip', pipe=True, zip64=True)
make('no-modes.zip', modes=False)
make('bzip2.zip', method=zipfile.ZIP_BZIP2)
make('links.zip', links=True)
open(out + '/in-front.zip', 'wb').write(b'#!/bin/sh' + bytes(1) * 50 + open(out + '/deflate.zip', 'rb').read())
shutil.copy(out + '/deflate.zip', out + '/java.jar')
`;

for (const { profile, jars, program, skip: whyNot = false } of CLUSTERS) {
  const place = join(LAB, jars);
  const skip = existsSync(place)
    ? whyNot
    : `there are no jars in .lab/${jars}: run \`npm run prepare-lab\``;
  test(`lint says what really happens: ${profile.name}`, { skip }, async (context) => {
    const folder = await temporaryFolder(context);
    const interpreter = '#!/bin/sh\n[ "$1" = -c ] && echo RAN\n';
    const prefix = await fakePrefix(
      join(folder, 'env'),
      {
        python: {
          'bin/python3.11': interpreter,
          'bin/python': { link: 'python3.11' },
          'lib/l': { link: '{prefix}/lib' },
        },
      },
      {
        'etc/text': 'text '.repeat(500),
        'etc/empty': '',
        'libexec/git': 'git '.repeat(40_000),
        'libexec/git-add': 'git '.repeat(40_000),
      },
    );
    const archives = await makeArchives(folder, prefix);
    const said = await output(
      JAVA,
      ...OPENS,
      '-Xmx512m',
      '-cp',
      `${place}/*`,
      UNPACK,
      program,
      folder,
      ...archives,
    );
    const happened = new Map(
      said
        .split('\n')
        .map((line) => line.split('\t'))
        .filter((fields) => fields.length === 2) as [string, string][],
    );
    const disagreements: string[] = [];
    for (const archive of archives) {
      const name = archive.slice(archive.lastIndexOf('/') + 1);
      const outcome = happened.get(name) ?? 'nothing';
      const { verdicts, findings } = await lint(archive, profile);
      const expected = outcome === 'RUNS' ? 'ok' : 'fails';
      if (verdicts[profile.name] !== expected) {
        disagreements.push(
          `${name}: ${outcome}, lint: ${findings.map(({ id }) => id).join() || 'ok'}`,
        );
      }
    }
    assert.deepEqual(disagreements, []);
  });
}

/** What Spark's launcher opens for Java 17. */
const OPENS = ['java.base/java.lang', 'java.base/java.nio', 'java.base/sun.nio.ch'].map(
  (name) => `--add-opens=${name}=ALL-UNNAMED`,
);

async function makeArchives(folder: string, prefix: string): Promise<string[]> {
  for (const format of ['zip', 'tar.gz'] as const) {
    const request = { prefix, format, root: 'env' };
    await pack({ ...request, output: join(folder, `ours.${format}`) });
    await packWithArchiver({ ...request, output: join(folder, `archiver.${format}`) });
  }
  await output('python3', '-c', MAKE_OTHERS, folder, folder);
  const names = readdirSync(folder).filter((name) => /\.(zip|jar|tar|tgz|gz|bz2)$/i.test(name));
  assert.ok(names.length > 18, names.join());
  return names.map((name) => join(folder, name));
}
