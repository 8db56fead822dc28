import type { LockFile } from '../domain/lock-file.ts';
import type { Reply } from '../domain/reply.ts';
import { block, code, type Document, marked, type Part, prose, small } from './document.ts';
import { visible } from './outside.ts';

/** Longer ones are no reading matter: they are sent as a file. */
const LONGEST = 2_800;

/** Whether a file is short enough to be read in a message. */
export function isShown({ text }: LockFile): boolean {
  return visible(text).length <= LONGEST;
}

export function describeFile({ file }: Extract<Reply, { kind: 'file' }>): Document {
  return {
    summary: file.title,
    parts: [
      prose('📋 ', marked(file.title, 200)),
      ...(isShown(file) ? [block(visible(file.text).trimEnd(), file.language)] : []),
      ...aboutFile(file),
    ],
  };
}

/** How the file is used, and what is not in it. */
function aboutFile({ use, name, missing }: LockFile): Part[] {
  return [
    ...(use === null ? [] : [small('saved as ', code(name), ': ', code(use, 300))]),
    ...missing.map((what) => small('not in it: ', marked(what, 300))),
  ];
}
