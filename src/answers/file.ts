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

type FileReply = Extract<Reply, { kind: 'file' }>;

export function describeFile(reply: FileReply): Document {
  const { file } = reply;
  const { summary, parts } = describeBeside(reply);
  const text = isShown(file) ? [block(visible(file.text).trimEnd(), file.language)] : [];
  return { summary, parts: parts.toSpliced(1, 0, ...text) };
}

/** What is said of a file, without its text. */
export function describeBeside({ file }: FileReply): Document {
  return {
    summary: file.title,
    parts: [prose('📋 ', marked(file.title, 200)), ...aboutFile(file)],
  };
}

/** How the file is used, and what is not in it. */
function aboutFile({ use, name, missing }: LockFile): Part[] {
  return [
    ...(use === null ? [] : [small('saved as ', code(name), ': ', code(use, 300))]),
    ...missing.map((what) => small('not in it: ', marked(what, 300))),
  ];
}
