import { type Approval, approvalLabel, approvalState, missing } from '../domain/approval.ts';
import { revisionLabel } from '../domain/environment.ts';
import { counted } from '../domain/figures.ts';
import { compareLocks, everyPackage } from '../domain/lock.ts';
import { MOST_ENTRIES } from '../domain/pages.ts';
import { listInWords } from '../domain/phrase.ts';
import type { Reply } from '../domain/reply.ts';
import { packagesAsked } from '../domain/request.ts';
import type { Settings } from '../domain/services.ts';
import { choicesOf, sayButtons } from './buttons.ts';
import { describeDifference } from './difference.ts';
import {
  bold,
  buttons,
  code,
  codes,
  type Document,
  date,
  heading,
  type Inline,
  list,
  marked,
  type Part,
  prose,
  row,
  small,
  user,
  words,
} from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** One that waits, with what would change and the buttons to decide; or what was decided. */
export function describeApproval(approval: Approval, now: number): Document {
  const { id, lock, needs, given, refused, requester, expiresAt } = approval;
  const name = approvalLabel(approval);
  const state = approvalState(approval, now);
  if (refused !== null) {
    const text = `${name} was refused`;
    return {
      summary: `${text}: ${line(refused.why, 200)}`,
      parts: [
        prose(
          '❌ ',
          bold(name),
          ' of ',
          user(requester.user),
          ' was refused by ',
          user(refused.user),
          `: ${line(refused.why, 300)}`,
        ),
      ],
    };
  }
  if (state !== 'waiting') {
    const people = given.flatMap((each) => words(' ', user(each.user)));
    return {
      summary: `${name} was ${state}`,
      parts: [
        state === 'approved'
          ? prose('✅ ', bold(name), ' of ', user(requester.user), ' was approved by', people, '.')
          : prose('⌛ ', bold(name), ' of ', user(requester.user), ' was not approved in time.'),
      ],
    };
  }
  const about = listInWords([...new Set(needs.map((need) => need.about))], 'and');
  const open = needs.filter((need) => missing(need, given) > 0);
  return {
    summary: `${name} waits for approval`,
    parts: [
      heading(`🕓 ${name} waits for approval`),
      prose(
        ...subjectOf(approval),
        '; ',
        marked(about),
        ' needs approval by ',
        marked(
          listInWords(
            open.map((need) => `${missing(need, given)} of \`${need.by}\``),
            'and',
          ),
        ),
        '.',
      ),
      ...packagesOf(approval),
      ...codeOf(approval),
      small(
        `${counted(everyPackage(lock).length, 'package')} · lapses `,
        date(expiresAt),
        ' · ',
        code(id, 60),
      ),
      ...buttons(sayButtons(decisionsOn(id))),
    ],
  };
}

/** What was asked, once that is decided: in the place of the question, with nothing left to press. */
export function describeDecided(approval: Approval, now: number): Document {
  const { summary, parts } = describeApproval(approval, now);
  const asked = prose(...subjectOf(approval), '.');
  const about = small(
    `${counted(everyPackage(approval.lock).length, 'package')} · `,
    code(approval.id, 60),
  );
  // That there is no revision yet is soon not so.
  const packages = approval.before === null ? [] : packagesOf(approval);
  return { summary, parts: [...parts, asked, ...packages, ...codeOf(approval), about] };
}

/** `@ana asks for …` */
function subjectOf({ request, requester, tag }: Approval): Inline[] {
  return words(
    user(requester.user),
    ...(tag === null
      ? [' asks for ', codes(packagesAsked(request), 600), ' on ', codes(request.edges, 160)]
      : [
          ' gives ',
          code(revisionLabel(request.environment, tag.revision)),
          ' the tag ',
          code(tag.name),
        ]),
  );
}

function codeOf({ projects }: Approval): Part[] {
  const pins = projects.map((pin) => words('code ', code(`${pin.name} ${pin.origin}`, 160)));
  return pins.length === 0 ? [] : [list(pins)];
}

function packagesOf({ request, before, lock, tag }: Approval): Part[] {
  if (before === null) return [prose('There is no revision of it yet.')];
  if (before.number === tag?.revision) return [prose('That is its default revision.')];
  const label = revisionLabel(request.environment, before.number);
  return describeDifference(compareLocks(before.lock, lock), `Since ${label}`);
}

/** Everything that waits. */
export function describeApprovals(
  { approvals, user: reader }: Extract<Reply, { kind: 'approvals' }>,
  _settings: Settings,
): Document {
  if (approvals.length === 0) {
    const nothing = 'Nothing waits for approval.';
    return { summary: nothing, parts: [prose(nothing)] };
  }
  return {
    summary: `${counted(approvals.length, 'question')} to decide`,
    parts: [
      heading('Waiting for approval'),
      ...approvals.slice(0, MOST_ENTRIES).map((approval) => approvalRow(approval, reader)),
      ...andMore(approvals.length - MOST_ENTRIES),
    ],
  };
}

/** `churn:prod of @ana, asked 2026-03-02 09:00, for release to decide bdd5b13aa85` */
function approvalRow(approval: Approval, reader: string): Part {
  const { id, requester, createdAt, needs } = approval;
  return row(
    words(
      bold(approvalLabel(approval)),
      ' of ',
      user(requester.user),
      ', asked ',
      date(createdAt),
      ', for ',
      marked(listInWords([...new Set(needs.map(({ by }) => `\`${by}\``))], 'and')),
      ' to decide ',
      code(id, 60),
    ),
    { menu: choicesOf(requester.user === reader ? [takingBack(id)] : decisionsOn(id)) },
  );
}

const decisionsOn = (id: string) => [
  { label: 'Approve', command: `approve ${id}` },
  { label: 'Refuse', command: `refuse ${id}` },
];

/** Nobody approves what they asked for. */
const takingBack = (id: string) => ({ label: 'Take back', command: `refuse ${id}` });
