import { type AuditEntry, DONE, wordsOf } from '../domain/audit.ts';
import type { Requester, Way } from '../domain/build.ts';
import { counted } from '../domain/figures.ts';
import type { Reply } from '../domain/reply.ts';
import { SCHEDULE } from '../domain/schedule.ts';
import type { Settings } from '../domain/services.ts';
import { exportAudit } from './audit-export.ts';
import {
  block,
  code,
  type Document,
  date,
  heading,
  type Inline,
  list,
  marked,
  type Part,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { line } from './outside.ts';

type AuditReply = Extract<Reply, { kind: 'audit' }>;

/** Characters of a page of an export: a message of Slack holds a few, a terminal all. */
const PAGE = 2_500;

/** Who did what, newest first; or the same as a file. */
export function describeAudit(reply: AuditReply, _settings: Settings): Document {
  const { entries, format, more, limit } = reply;
  const count = `${more ? 'the newest ' : ''}${counted(entries.length, 'entry', 'entries')}`;
  if (entries.length === 0 && format === null) {
    const nothing = 'Nothing of what you may see was done in that time.';
    return { summary: nothing, parts: [prose(nothing)] };
  }
  if (format !== null) {
    return { summary: `Audit: ${count}`, parts: pagesOf(exportAudit(entries, format)) };
  }
  const older = `\`--last ${limit * 4}\` shows older ones, \`--since 30d\` looks back further.`;
  return {
    summary: `Audit: ${count}`,
    parts: [
      heading('Who did what'),
      list(entries.map(entryLine)),
      ...(more ? [small(`These are ${count}; `, marked(older))] : []),
    ],
  };
}

/** `2026-03-02 09:00 @ana add churn scipy, by a button in #team, approved by @ben, not done: name-taken b4k7q2` */
function entryLine(entry: AuditEntry): Inline[] {
  const { at, requester, login, build, approval, outcome } = entry;
  const said = wordsOf(entry);
  return words(
    date(at),
    ' ',
    user(requester.user),
    ' ',
    code(said, 120),
    ...(login === null ? placeOf(requester) : [` at the terminal, as ${line(login, 60)}`]),
    ...approvedBy(approval),
    outcome === DONE ? '' : `, not done: ${line(outcome, 60)}`,
    build === null || said.endsWith(` ${build}`) ? '' : [...words(' '), code(build, 60)],
  );
}

/** Where nothing stands here, it was typed after the slash. */
const WAYS_IN_WORDS: Readonly<Partial<Record<Way, string>>> = {
  button: ' by a button',
  form: ' by a form',
  mention: ' in a mention',
  message: ' in a message',
  shortcut: ' by a shortcut',
};

/** ` by a button in #team`; a conversation between two has no name that others would know. */
function placeOf({ channel, way = 'slash' }: Requester): (string | Inline)[] {
  return [WAYS_IN_WORDS[way] ?? '', ...conversationOf(channel)];
}

function conversationOf(channel: string): (string | Inline)[] {
  if (channel === SCHEDULE) return [' by schedule'];
  if (channel.startsWith('D') || channel === '') return [' in a direct message'];
  return [' in ', { kind: 'channel', id: channel }];
}

/** `, approved by @ben and @eva` */
function approvedBy(approval: AuditEntry['approval']): (string | Inline)[] {
  if (approval === null) return [];
  return approval.by.flatMap((person, index) => [
    index === 0 ? ', approved by ' : ' and ',
    user(person),
  ]);
}

/** Whole lines on pages; what stands between pages is nothing in a terminal. */
function pagesOf(text: string): Part[] {
  const pages: string[] = [];
  for (const row of text.split('\n')) {
    const last = pages.at(-1);
    if (last !== undefined && last.length + row.length < PAGE) {
      pages[pages.length - 1] = `${last}\n${row}`;
    } else pages.push(row);
  }
  return pages.flatMap((page, index): Part[] =>
    index === 0 ? [block(page)] : [{ kind: 'divider' }, block(page)],
  );
}
