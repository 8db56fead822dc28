import { createHash } from 'node:crypto';
import { rmSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Linked, LockedPackage } from '../../src/domain/lock.ts';
import type { ArchiveFormat } from '../../src/domain/request.ts';
import { assemble } from '../../src/packing/assembling.ts';
import { complete, lackingPackages } from '../../src/packing/completing.ts';
import { pack } from '../../src/packing/pack.ts';
import { packageKeys } from '../../src/packing/package-index.ts';
import { type FakeFile, fakeBytecode, fakePrefix, temporaryFolder } from './fake-prefix.ts';

/** A package of no channel, and how an engine would link it beside a Python. */
export interface KnownPackage {
  subdir?: 'noarch';
  files(python: string): Record<string, FakeFile>;
}

const site = (python: string) => `lib/python${python}/site-packages`;
const LARGE = Buffer.alloc(70 * 1024, 'the same content, large enough to be linked in a tar ');

const python = (version: string): KnownPackage => ({
  files: () => ({
    [`bin/python${version}`]: { content: Buffer.from('\x7fELF {prefix}\0'), executable: true },
    'bin/python': { link: `python${version}` },
    [`lib/python${version}/os.py`]: `import sys # ${version}\n`,
    [`${site(version)}/README`]: '',
  }),
});

/** Everything that files of packages can have to do with the prefix, with links and with each other. */
export const PACKAGES: Readonly<Record<string, KnownPackage>> = {
  'python-3.11': python('3.11'),
  'python-3.13': python('3.13'),
  scripts: {
    files: () => ({
      'bin/good': '#!{prefix}/bin/python\nimport this\n',
      'bin/both': '#!{prefix}/bin/python -E\nHOME = "{prefix}"\n',
      'bin/foreign': '#!/somewhere/else/bin/python\n',
    }),
  },
  texts: {
    files: () => ({
      'etc/text': { content: 'x={prefix}/etc y=/usr{prefix}\n', mode: 'text' },
      'share/data.bin': '\0{prefix}/share\0',
      'share/declared.bin': { content: `\0{prefix}/share${'\0'.repeat(200)}`, mode: 'binary' },
      'share/empty': '',
      'share/deep/er/still': 'x',
    }),
  },
  compiled: {
    subdir: 'noarch',
    files: (version) => {
      const tag = version.replace('.', '');
      const source = 'print(1)\n';
      const pyc = (name: string) => `${site(version)}/__pycache__/${name}.cpython-${tag}.pyc`;
      return {
        [`${site(version)}/one.py`]: source,
        [pyc('one')]: fakeBytecode(source.length, 7),
        [`${site(version)}/stale.py`]: 'print(2)\n',
        [pyc('stale')]: fakeBytecode(1, 7),
        [`${site(version)}/where.py`]: 'PREFIX = "{prefix}"\n',
        [pyc('where')]: fakeBytecode(0, 0, 0b01),
        [pyc('one').replace('.pyc', '.opt-2.pyc')]: fakeBytecode(source.length, 7),
        [`${site(version)}/only/__pycache__/gone.cpython-${tag}.opt-1.pyc`]: 'x',
      };
    },
  },
  orphan: { files: () => ({ 'lib/__pycache__/shared.cpython-311.pyc': fakeBytecode(9, 7, 1) }) },
  parent: { files: () => ({ 'lib/shared.py': 'PREFIX = 1\n' }) },
  blas: { files: () => ({ 'lib/libblas.so.0': Buffer.from('\x7fELF code'), 'lib/large': LARGE }) },
  'blas-other': { files: () => ({ 'lib/libblas.so.0': Buffer.from('\x7fELF other code') }) },
  'blas-link': { files: () => ({ 'lib/libblas.so': { link: 'libblas.so.0' } }) },
  'blas-tool': {
    files: () => ({
      'libexec/tool': '#!{prefix}/bin/perl -w\n{prefix}\n',
      'bin/tool': { link: '../libexec/tool' },
    }),
  },
  'tool-link': { files: () => ({ 'bin/tool2': { link: '../libexec/tool' } }) },
  folders: { files: () => ({ lib64: { link: 'lib' }, 'lib/large2': LARGE, 'lib/large3': LARGE }) },
  inside64: { files: () => ({ 'lib64/inside': 'through a link, perhaps' }) },
  loop: { files: () => ({ 'share/loop/back': { link: '..' }, 'share/loop/file': 'x' }) },
  dangling: { files: () => ({ 'lib/gone': { link: 'nowhere/at/all' } }) },
  absolute: { files: () => ({ 'lib/absolute': { link: '{prefix}/lib/libblas.so.0' } }) },
  outside: { files: () => ({ 'lib/outside': { link: '/etc/hostname' } }) },
  'to-record': { files: () => ({ 'share/record': { link: '../conda-meta/history' } }) },
  paths: { files: () => ({ [`${site('3.11')}/inside.pth`]: '{prefix}/opt/more\nimport os\n' }) },
  'same-a': { files: () => ({ 'share/common': 'equal', 'share/a': 'a' }) },
  'same-b': { files: () => ({ 'share/common': 'equal', 'share/b': 'b' }) },
  clobbering: { files: () => ({ 'share/common': 'another', 'share/c': 'c' }) },
  script: { files: () => ({ 'bin/.script-post-link.sh': 'echo share/a\n' }) },
  conda: { files: () => ({ 'bin/activate': '{prefix}', 'bin/conda': '#!{prefix}/bin/python\n' }) },
  'left-out': { files: () => ({ 'pkgs/cache': 'x', 'old~': 'y', 'share/stays': 'z' }) },
  unpacker: { files: () => ({ 'share/x/__pycache__/fast.add-1.py311.nbi': 'index' }) },
};

export interface Bench {
  prefix: string;
  cache: string;
  archive(format: ArchiveFormat): string;
  /** Links the packages, and packs them as a build does; the prefix is gone again. */
  link(names: readonly string[], format: ArchiveFormat): ReturnType<typeof pack>;
  /** The same without a prefix. */
  put(names: readonly string[], format: ArchiveFormat): ReturnType<typeof assemble>;
  /** Links those packages that are not known, and puts all together; the prefix is gone again. */
  complete(names: readonly string[], format: ArchiveFormat): ReturnType<typeof complete>;
  lacking(names: readonly string[], format: ArchiveFormat): string[];
  /** What is known of some of the packages, beside the others, is gone. */
  forget(names: readonly string[], some: readonly string[], format: ArchiveFormat): void;
}

export async function workbench(context: TestContext): Promise<Bench> {
  const folder = await temporaryFolder(context);
  const prefix = join(folder, 'prefix/0/env');
  const cache = join(folder, 'cache');
  const archive = (format: ArchiveFormat) => join(folder, `archive.${format}`);
  const request = (names: readonly string[], format: ArchiveFormat) => ({
    ...{ prefix, cache, format, root: 'churn', linked: linkedOf(names) },
    output: archive(format),
  });
  /** Has some of the packages as they are linked beside all of them, while `work` is done. */
  async function linking<T>(
    all: readonly string[],
    some: readonly string[],
    work: () => Promise<T>,
  ): Promise<T> {
    const version = /python-(\S+)/.exec(all.join(' '))?.[1] ?? '3.11';
    const files = some.map((name) => [packageName(name), PACKAGES[name]?.files(version) ?? {}]);
    try {
      await fakePrefix(prefix, Object.fromEntries(files));
      return await work();
    } finally {
      await rm(prefix, { recursive: true, force: true });
    }
  }
  return {
    ...{ prefix, cache, archive },
    link: (names, format) => linking(names, names, () => pack(request(names, format))),
    complete(names, format) {
      const lacking = lackingPackages(request(names, format));
      const some = names.filter((name) => lacking.includes(packageName(name)));
      return linking(names, some, () => complete(request(names, format)));
    },
    lacking: (names, format) => lackingPackages(request(names, format)),
    forget(names, some, format) {
      const keys = packageKeys({ ...linkedOf(names), names: [prefix], format });
      for (const [at, name] of names.entries()) {
        if (some.includes(name)) rmSync(join(cache, keys[at] ?? ''), { force: true });
      }
    },
    put: (names, format) => assemble(request(names, format)),
  };
}

/** Both are called `python`: an environment has one. */
const packageName = (name: string) => name.replace(/^python-.*/, 'python');

function linkedOf(names: readonly string[]): Linked {
  const packages = names.map((name): LockedPackage => {
    const sha256 = createHash('sha256').update(name).digest('hex');
    return {
      ...{ name: packageName(name), version: '1.0', build: '0', sha256, md5: null, size: 1 },
      ...{ subdir: PACKAGES[name]?.subdir ?? 'linux-64', channel: 'main' },
      url: `https://conda.example/main/${name}-1.0-0.conda`,
    };
  });
  return { lock: { platform: 'linux-64', packages }, engine: 'fake 1.0' };
}
