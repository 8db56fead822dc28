import { createHash } from 'node:crypto';
import { chmod, mkdir, mkdtemp, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { TestContext } from 'node:test';

/** A file of a fake package: text or bytes, or what conda would record about them besides. */
export type FakeFile =
  | string
  | Buffer
  | { content: string | Buffer; executable?: boolean; mode?: 'text' | 'binary' }
  | { link: string };

export const PLACEHOLDER = `/opt/placeholder${'_x'.repeat(80)}`;

/** A folder of its own that is gone after the test. */
export async function temporaryFolder(context: TestContext): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'ferry-pack-'));
  context.after(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * Makes a small prefix as conda would leave it: `packages` with records in conda-meta, `loose`
 * files without. `{prefix}` in a text stands for the prefix's path.
 */
export async function fakePrefix(
  prefix: string,
  packages: Record<string, Record<string, FakeFile>>,
  loose: Record<string, FakeFile> = {},
): Promise<string> {
  await mkdir(join(prefix, 'conda-meta'), { recursive: true });
  await writeFile(join(prefix, 'conda-meta', 'history'), '==> 2024-01-01 00:00:00 <==\n');
  for (const [name, files] of Object.entries(packages)) {
    const paths = [];
    for (const [path, file] of Object.entries(files)) {
      const content = await writeFake(prefix, path, file);
      const isLink = content === null;
      paths.push({
        _path: path,
        path_type: isLink ? 'softlink' : 'hardlink',
        ...(content && { sha256_in_prefix: createHash('sha256').update(content).digest('hex') }),
        ...(typeof file === 'object' &&
          'mode' in file &&
          file.mode && { file_mode: file.mode, prefix_placeholder: PLACEHOLDER }),
      });
    }
    const record = {
      name,
      version: '1.0',
      build: '0',
      url: `https://user:secret@conda.example/t/tk-123/main/${name}-1.0-0.conda`,
      extracted_package_dir: '/home/builder/pkgs/x',
      link: { source: '/home/builder/pkgs/x', type: 1 },
      files: Object.keys(files),
      paths_data: { paths, paths_version: 1 },
    };
    await writeFile(join(prefix, 'conda-meta', `${name}-1.0-0.json`), JSON.stringify(record));
  }
  for (const [path, file] of Object.entries(loose)) await writeFake(prefix, path, file);
  return prefix;
}

async function writeFake(prefix: string, path: string, file: FakeFile): Promise<Buffer | null> {
  const place = join(prefix, path);
  await mkdir(dirname(place), { recursive: true });
  if (typeof file === 'object' && 'link' in file) {
    await symlink(file.link.replaceAll('{prefix}', prefix), place);
    return null;
  }
  const raw = typeof file === 'string' || Buffer.isBuffer(file) ? file : file.content;
  const content = typeof raw === 'string' ? Buffer.from(raw.replaceAll('{prefix}', prefix)) : raw;
  await writeFile(place, content);
  const executable = path.startsWith('bin/') || (typeof file === 'object' && 'executable' in file);
  await chmod(place, executable ? 0o755 : 0o644);
  return content;
}

/** Compiled Python for a source with this size and time, as PEP 552 lays it out. */
export function fakeBytecode(sourceBytes: number, modified: number, flags = 0): Buffer {
  const bytecode = Buffer.alloc(20, 7);
  bytecode.writeUInt32LE(0x0a0d0da7, 0);
  bytecode.writeUInt32LE(flags, 4);
  bytecode.writeUInt32LE(modified, 8);
  bytecode.writeUInt32LE(sourceBytes, 12);
  return bytecode;
}

export async function setModified(path: string, seconds: number): Promise<void> {
  await utimes(path, seconds, seconds);
}

/** The smallest environment that packs: an interpreter behind a link, one module, one script. */
export const PYTHON = {
  'bin/python3.11': { content: Buffer.from('\x7fELF not really {prefix}\0'), executable: true },
  'bin/python': { link: 'python3.11' },
  'lib/python3.11/os.py': 'import sys\n',
} as const;
