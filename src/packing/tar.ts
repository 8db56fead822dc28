/**
 * Tar headers: POSIX ustar, with a pax header in front where ustar has no room (IEEE 1003.1-2017,
 * pax, "ustar Interchange Format" and "pax Extended Header").
 */

const TAR_BLOCK_BYTES = 512;

/**
 * One time for every member, so that the same content gives the same bytes. It is zip's first
 * moment, 1980-01-01 00:00 UTC, in both formats: a zip can say nothing earlier, and tools warn
 * about times at the epoch.
 */
export const MEMBER_TIME_SECONDS = 315532800;

/** Two blocks of zeros: the end of an archive. */
export const TAR_END = Buffer.alloc(2 * TAR_BLOCK_BYTES);

export type TarType = 'file' | 'directory' | 'link' | 'hard-link';

export interface TarMember {
  /** Path inside the archive; a directory's without a trailing slash. */
  path: string;
  type: TarType;
  mode: number;
  bytes: number;
  /** Where a link points, a hard link from the archive's top; empty for the rest. */
  target: string;
}

const TYPE_FLAGS: Readonly<Record<TarType, string>> = {
  file: '0',
  'hard-link': '1',
  link: '2',
  directory: '5',
};
const MAX_USTAR_BYTES = 0o77777777777;

/** The header blocks of one member: 512 bytes, or 1,536 and more with a pax header. */
export function tarHeader(member: TarMember): Buffer {
  const path = member.type === 'directory' ? `${member.path}/` : member.path;
  const place = splitPath(path);
  const extended: [key: string, value: string][] = [];
  if (!place) extended.push(['path', path]);
  if (!fits(member.target, 100)) extended.push(['linkpath', member.target]);
  if (member.bytes > MAX_USTAR_BYTES) extended.push(['size', String(member.bytes)]);
  const header = ustar({
    name: place?.name ?? shortened(path),
    prefix: place?.prefix ?? '',
    flag: TYPE_FLAGS[member.type],
    mode: member.mode,
    bytes: Math.min(member.bytes, MAX_USTAR_BYTES),
    target: fits(member.target, 100) ? member.target : shortened(member.target),
  });
  if (extended.length === 0) return header;
  const records = Buffer.from(extended.map(([key, value]) => paxRecord(key, value)).join(''));
  const paxHeader = ustar({
    name: shortened(`PaxHeaders/${path}`),
    prefix: '',
    flag: 'x',
    mode: 0o644,
    bytes: records.length,
    target: '',
  });
  return Buffer.concat([paxHeader, records, tarPadding(records.length), header]);
}

/** Zeros from the end of a member's content to the next block. */
export function tarPadding(bytes: number): Buffer {
  return Buffer.alloc((TAR_BLOCK_BYTES - (bytes % TAR_BLOCK_BYTES)) % TAR_BLOCK_BYTES);
}

/** ustar's fields hold ASCII; everything else goes into a pax header, whose text is UTF-8. */
function fits(text: string, bytes: number): boolean {
  return text.length <= bytes && /^[\x01-\x7f]*$/.test(text);
}

/** Name and prefix as ustar splits them at a slash, or null when the path does not fit. */
function splitPath(path: string): { name: string; prefix: string } | null {
  if (fits(path, 100)) return { name: path, prefix: '' };
  if (!fits(path, 256)) return null;
  const at = path.indexOf('/', path.length - 101);
  // A directory's last slash belongs to its name.
  if (at < 1 || at > 155 || at === path.length - 1) return null;
  return { prefix: path.slice(0, at), name: path.slice(at + 1) };
}

/** Stand-in for readers without pax: the end of the text, in ASCII. */
function shortened(text: string): string {
  return text.replace(/[^\x01-\x7f]/g, '_').slice(-100);
}

function paxRecord(key: string, value: string): string {
  const rest = ` ${key}=${value}\n`;
  const restBytes = Buffer.byteLength(rest);
  let bytes = restBytes + String(restBytes).length;
  // The length counts its own digits.
  if (String(bytes).length !== String(restBytes).length) bytes = restBytes + String(bytes).length;
  return `${bytes}${rest}`;
}

function ustar(fields: {
  name: string;
  prefix: string;
  flag: string;
  mode: number;
  bytes: number;
  target: string;
}): Buffer {
  const header = Buffer.alloc(TAR_BLOCK_BYTES);
  const octal = (value: number, at: number, digits: number) => {
    header.write(value.toString(8).padStart(digits, '0'), at, 'latin1');
  };
  header.write(fields.name, 0, 'latin1');
  octal(fields.mode, 100, 7);
  octal(0, 108, 7);
  octal(0, 116, 7);
  octal(fields.bytes, 124, 11);
  octal(MEMBER_TIME_SECONDS, 136, 11);
  header.fill(' ', 148, 156);
  header.write(fields.flag, 156, 'latin1');
  header.write(fields.target, 157, 'latin1');
  header.write('ustar\0' + '00', 257, 'latin1');
  octal(0, 329, 7);
  octal(0, 337, 7);
  header.write(fields.prefix, 345, 'latin1');
  let sum = 0;
  for (const byte of header) sum += byte;
  octal(sum, 148, 6);
  header[154] = 0;
  return header;
}
