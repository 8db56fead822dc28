import { printable } from '../domain/names.ts';
import { parseRequirement } from '../domain/pip.ts';
import { FETCHED, wheelAddress } from './addresses.ts';
import type { Rows } from './rows.ts';

/** `conda list --explicit` and what `conda-lock render` writes: `@EXPLICIT` above addresses. */
export function readExplicitList(rows: Rows): void {
  rows.isLock = true;
  const foreign = foreignPlatform(rows);
  if (foreign !== null) {
    rows.refuse(
      foreign.line,
      `The list is for ${foreign.platform}, not for ${rows.settings.platform}.`,
      `Make it on a machine of ${rows.settings.platform}, or name the packages you need.`,
    );
    return;
  }
  for (const [index, typed] of rows.lines.entries()) {
    const line = index + 1;
    const text = typed.trim();
    const ofPip = /^#\s*pip\s+(\S+\s*@.*)$/.exec(text)?.[1];
    if (ofPip !== undefined) readPipComment(rows, ofPip, line);
    else if (text !== '' && !text.startsWith('#') && text !== '@EXPLICIT') {
      readAddress(rows, text, line);
    }
  }
}

function readAddress(rows: Rows, text: string, line: number): void {
  const [url = '', digest = ''] = text.split('#');
  if (!FETCHED.test(url)) {
    rows.refuse(
      line,
      `\`${printable(text)}\` is not the address of a package in a channel.`,
      'Below `@EXPLICIT` stand addresses only; specs belong into an `environment.yml`.',
    );
    return;
  }
  const bare = digest
    .trim()
    .toLowerCase()
    .replace(/^(?:sha256|md5)[:=]/, '');
  rows.package(
    url.trim(),
    {
      sha256: /^[0-9a-f]{64}$/.test(bare) ? bare : null,
      md5: /^[0-9a-f]{32}$/.test(bare) ? bare : null,
    },
    line,
  );
}

/** conda-lock has rows of pip as comments: `# pip name @ https://…/name-1.0-py3-none-any.whl`. */
function readPipComment(rows: Rows, text: string, line: number): void {
  const [bare = '', hash] = text.split(/\s--hash=/);
  rows.attempt(line, () => {
    const { name, url } = parseRequirement(bare);
    const address = url?.split('#')[0] ?? '';
    const sha256 = /^sha256:([0-9a-f]{64})$/.exec(hash?.trim() ?? '')?.[1] ?? null;
    rows.lockedPip({ name, version: wheelAddress(address).version, url: address, sha256 }, line);
  });
}

/** The platform of all packages, where it is one that is not ours. */
function foreignPlatform(rows: Rows): { platform: string; line: number } | null {
  const subdirs = rows.lines.flatMap((text, index) => {
    const subdir = /^(?:https?|file):\/\/\S+\/((?:linux|osx|win)-[a-z0-9_]+)\/[^/\s]+$/.exec(
      text.trim(),
    )?.[1];
    return subdir === undefined ? [] : [{ subdir, line: index + 1 }];
  });
  const [first] = subdirs;
  const isForeign = first && subdirs.every(({ subdir }) => subdir !== rows.settings.platform);
  return isForeign ? { platform: first.subdir, line: first.line } : null;
}
