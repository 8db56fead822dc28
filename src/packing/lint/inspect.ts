import { posix } from 'node:path';
import { cachedBytecode } from '../bytecode.ts';
import { MAX_NOTES_BYTES, NOTES_PATH, type PackingNotes, readNotes } from '../notes.ts';
import { isEditableUrl } from '../pip.ts';
import { hostInterpreter, PLACEHOLDER } from '../shebang.ts';
import { compareVersions, type ElfFacts, isElf, newestGlibc, readElf } from './elf.ts';
import { BrokenArchive, LIMITS, type Member } from './member.ts';

/** What was noticed about an archive; `rules.ts` says what each means and where. */
export type Notice =
  | 'absent-interpreter'
  | 'interpreter-not-executable'
  | 'unsafe-member'
  | 'duplicate-member'
  | 'special-member'
  | 'link-outside'
  | 'dangling-interpreter'
  | 'dangling-link'
  | 'editable-package'
  | 'dead-shebang'
  | 'placeholder'
  | 'start-up'
  | 'run-path'
  | 'kept-prefix'
  | 'stale-bytecode'
  | 'zip-link'
  | 'zip-without-modes'
  | 'zip-stored-descriptor'
  | 'zip-zip64-descriptor'
  | 'zip-prefix'
  | 'zip-gaps'
  | 'zip-bzip2'
  | 'zip-method'
  | 'zip-encrypted'
  | 'zip-disagrees'
  | 'plain-tar'
  | 'jar'
  | 'zip'
  | 'not-unpacked'
  | 'content-mismatch'
  | 'truncated'
  | 'too-large'
  | 'unreadable'
  | 'slow-localisation';

type KnownMember = Pick<Member, 'type' | 'mode' | 'modified'>;

/** Everything collected while the members went by. */
export class Inspection {
  readonly notices = new Map<Notice, string[]>();
  /** Newest glibc any ELF file needs, and the first file that needs it. */
  glibc: { version: string; path: string } | null = null;
  /** Machine → first file for it. */
  readonly machines = new Map<string, string>();
  files = 0;
  /** Bytes unpacked. */
  bytes = 0;
  /** What the packer had to say, where it was ours. */
  notes: PackingNotes = { targetPrefix: null, warnings: [] };
  readonly #archiveBytes: number;
  readonly #roots = new Set<string>();
  readonly #members = new Map<string, KnownMember>();
  /** Scripts, and the interpreter each names that other hosts may not have. */
  readonly #scripts = new Map<string, string>();
  /** Compiled Python that is tied to a time, and that time. */
  readonly #timed = new Map<string, number>();
  readonly #links: { path: string; target: string; type: Member['type'] }[] = [];

  constructor(archiveBytes: number) {
    this.#archiveBytes = archiveBytes;
  }

  /** The single top-level folder, or null when there are several or none. */
  get root(): string | null {
    const [root, ...others] = this.#roots;
    return root !== undefined && others.length === 0 ? root : null;
  }

  note(notice: Notice, path?: string): void {
    const paths = this.notices.get(notice) ?? [];
    if (path !== undefined) paths.push(path);
    this.notices.set(notice, paths);
  }

  async add(member: Member): Promise<void> {
    const path = posix.normalize(member.path).replace(/\/$/, '');
    if (posix.isAbsolute(member.path) || path === '..' || path.startsWith('../')) {
      this.note('unsafe-member', member.path);
      return;
    }
    this.#count(member);
    if (path === '.') return;
    this.#roots.add(path.split('/')[0] as string);
    const known = this.#members.get(path);
    if (known && !(known.type === 'directory' && member.type === 'directory')) {
      this.note('duplicate-member', path);
    }
    const { type, mode, modified } = member;
    this.#members.set(path, { type, mode, modified });
    if (member.type === 'other') this.note('special-member', path);
    if (member.type === 'link' || member.type === 'hard-link') {
      this.#links.push({ path, target: member.target, type: member.type });
    }
    if (member.type === 'file') await this.#inspectContent(path, member);
  }

  /** What can only be said when all members are known. */
  finish(): void {
    for (const { path, target, type } of this.#links) {
      // A hard link names a member of the archive; a symbolic link a place beside itself.
      const place =
        type === 'hard-link'
          ? posix.normalize(target)
          : posix.normalize(posix.join(posix.dirname(path), target));
      if (posix.isAbsolute(target) || place.startsWith('../') || place === '..') {
        this.note(isInterpreter(path) ? 'dangling-interpreter' : 'link-outside', path);
      } else if (!this.#exists(place)) {
        this.note(isInterpreter(path) ? 'dangling-interpreter' : 'dangling-link', path);
      }
    }
    const interpreters = [...this.#members.keys()].filter((path) =>
      /^([^/]+\/)?bin\/python$/.test(path),
    );
    if (interpreters.length === 0) this.note('absent-interpreter');
    for (const path of interpreters) {
      const mode = this.#resolve(path)?.mode;
      if (mode != null && (mode & 0o111) === 0) this.note('interpreter-not-executable', path);
    }
    for (const [path, interpreter] of this.#scripts) {
      const { targetPrefix } = this.notes;
      const isMeant = targetPrefix !== null && interpreter.startsWith(`${targetPrefix}/`);
      if (!isMeant) this.note('dead-shebang', path);
    }
    for (const [path, time] of this.#timed) {
      const source = this.#members.get(cachedBytecode(path)?.source ?? '');
      if (source && source.modified !== time) this.note('stale-bytecode', path);
    }
  }

  #exists(path: string): boolean {
    return this.#resolve(path) !== null;
  }

  /** The member behind a path, through links in any of its components. */
  #resolve(path: string, hops = 40): KnownMember | null {
    if (hops === 0) return null;
    if (path === '.') return { type: 'directory', mode: null, modified: null };
    const parts = path.split('/');
    for (let count = 1; count <= parts.length; count += 1) {
      const head = parts.slice(0, count).join('/');
      const link = this.#linkTargets().get(head);
      if (link === undefined) continue;
      const rest = parts.slice(count).join('/');
      const next = posix.normalize(posix.join(posix.dirname(head), link, rest));
      return this.#resolve(next.replace(/\/$/, ''), hops - 1);
    }
    const member = this.#members.get(path);
    if (member) return member;
    return this.#folders().has(path) ? { type: 'directory', mode: null, modified: null } : null;
  }

  #targets: Map<string, string> | null = null;

  #linkTargets(): Map<string, string> {
    this.#targets ??= new Map(
      this.#links.filter(({ type }) => type === 'link').map(({ path, target }) => [path, target]),
    );
    return this.#targets;
  }

  #implied: Set<string> | null = null;

  /** Folders that exist because something is in them. */
  #folders(): Set<string> {
    if (this.#implied) return this.#implied;
    const folders = new Set<string>();
    for (const path of this.#members.keys()) {
      for (let at = path.indexOf('/'); at > 0; at = path.indexOf('/', at + 1)) {
        folders.add(path.slice(0, at));
      }
    }
    this.#implied = folders;
    return folders;
  }

  #count(member: Member): void {
    if (member.type === 'file') this.files += 1;
    this.bytes += member.bytes;
    const isBomb =
      this.bytes > LIMITS.ratioFromBytes && this.bytes > this.#archiveBytes * LIMITS.ratio;
    if (this.#members.size >= LIMITS.members || this.bytes > LIMITS.bytes || isBomb) {
      throw new BrokenArchive(
        'too-large',
        `${this.#archiveBytes} bytes unpack to more than ${this.bytes}`,
      );
    }
  }

  async #inspectContent(path: string, member: Member): Promise<void> {
    const checker = CHECKS.find(({ wants }) => wants(path, member));
    if (checker) await checker.check(this, path, member);
  }

  addScript(path: string, interpreter: string): void {
    this.#scripts.set(path, interpreter);
  }

  addTimedBytecode(path: string, time: number): void {
    this.#timed.set(path, time);
  }

  addElf(path: string, facts: ElfFacts): void {
    if (!this.machines.has(facts.machine)) this.machines.set(facts.machine, path);
    const { glibc: version } = facts;
    if (version && (!this.glibc || compareVersions(version, this.glibc.version) > 0)) {
      this.glibc = { version, path };
    }
  }
}

interface Check {
  wants(path: string, member: Member): boolean;
  check(inspection: Inspection, path: string, member: Member): Promise<void>;
}

/** Largest text that is looked into. */
const MAX_TEXT_BYTES = 1024 * 1024;

const isInBin = (path: string) => /^([^/]+\/)?bin\/[^/]+$/.test(path);
const isInterpreter = (path: string) => /^([^/]+\/)?bin\/python[\d.]*$/.test(path);

/** Which files are looked into, and for what. The first that wants a file gets it. */
const CHECKS: readonly Check[] = [
  {
    wants: (path, { bytes }) => bytes <= MAX_NOTES_BYTES && path.endsWith(`/${NOTES_PATH}`),
    async check(inspection, _path, member) {
      inspection.notes = readNotes(await readText(member));
    },
  },
  {
    wants: (path) => /\.so(\.[\d.]+)?$/.test(path) || isInterpreter(path),
    check: checkBinary,
  },
  {
    wants: (path, { bytes }) => bytes <= MAX_TEXT_BYTES && path.endsWith('/direct_url.json'),
    async check(inspection, path, member) {
      if (isEditableUrl(await readText(member))) inspection.note('editable-package', path);
    },
  },
  {
    wants: (path) =>
      /site-packages\/([^/]+\.egg-link|__editable__\.[^/]+\.pth|__editable___[^/]+_finder\.py)$/.test(
        path,
      ),
    async check(inspection, path) {
      inspection.note('editable-package', path);
    },
  },
  {
    wants: (path, { bytes }) => bytes <= MAX_TEXT_BYTES && /site-packages\/[^/]+\.pth$/.test(path),
    async check(inspection, path, member) {
      const lines = (await readText(member)).split(/\r?\n/);
      if (lines.some((line) => line.startsWith('/'))) inspection.note('editable-package', path);
    },
  },
  {
    wants: (path, { bytes }) =>
      bytes <= MAX_TEXT_BYTES && isInBin(path) && !/(^|\/)conda-unpack$/.test(path),
    check: checkScript,
  },
  {
    wants: (path) => cachedBytecode(path) !== null,
    async check(inspection, path, member) {
      const head = await readHead(member, 16);
      if (head.length < 16 || head.readUInt32LE(4) !== 0) return;
      inspection.addTimedBytecode(path, head.readUInt32LE(8));
    },
  },
];

/** Larger libraries are searched for version names instead of parsed. */
const MAX_ELF_BYTES = 32 * 1024 * 1024;

async function checkBinary(inspection: Inspection, path: string, member: Member): Promise<void> {
  if (member.bytes <= MAX_ELF_BYTES) {
    const facts = readElf(await readAll(member));
    if (facts) inspection.addElf(path, facts);
    return;
  }
  let facts: ElfFacts | null = null;
  let tail = '';
  const names = new Set<string>();
  for await (const chunk of member.content()) {
    if (!facts) {
      if (!isElf(chunk)) return;
      facts = readElf(chunk.subarray(0, 64)) ?? { machine: 'unknown', glibc: null };
    }
    const text = tail + chunk.toString('latin1');
    for (const [name] of text.matchAll(/GLIBC_\d+(\.\d+)+(?=\0)/g)) names.add(name);
    tail = text.slice(-32);
  }
  if (facts) inspection.addElf(path, { ...facts, glibc: newestGlibc(names) });
}

async function checkScript(inspection: Inspection, path: string, member: Member): Promise<void> {
  const content = await readAll(member);
  if (isElf(content)) {
    const facts = readElf(content);
    if (facts) inspection.addElf(path, facts);
    return;
  }
  if (content.includes(0)) return;
  const text = content.toString('utf8');
  const interpreter = hostInterpreter(text);
  if (interpreter !== null) inspection.addScript(path, interpreter);
  if (PLACEHOLDER.test(text)) inspection.note('placeholder', path);
}

async function readText(member: Member): Promise<string> {
  return (await readAll(member)).toString('utf8');
}

async function readAll(member: Member): Promise<Buffer> {
  const parts: Buffer[] = [];
  for await (const chunk of member.content()) parts.push(chunk);
  return Buffer.concat(parts);
}

async function readHead(member: Member, bytes: number): Promise<Buffer> {
  for await (const chunk of member.content()) return chunk.subarray(0, bytes);
  return Buffer.alloc(0);
}
