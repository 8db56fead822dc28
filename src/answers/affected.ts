import { type Environment, latestRevision, revisionLabel } from '../domain/environment.ts';
import type { Repair } from '../domain/errors.ts';
import { counted } from '../domain/figures.ts';
import { compareLocks } from '../domain/lock.ts';
import type { Reply } from '../domain/reply.ts';
import type { KeptPlan } from '../domain/services/edits.ts';
import type { Affected } from '../domain/services/rebuilds.ts';
import { formatSpec } from '../domain/spec.ts';
import { sayButtons } from './buttons.ts';
import { describeDifference } from './difference.ts';
import {
  bold,
  buttons,
  codes,
  type Document,
  heading,
  type Inline,
  list,
  marked,
  prose,
  small,
  user,
  words,
} from './document.ts';
import { andMore } from './lists.ts';
import { line } from './outside.ts';

/** Rows of a message; a terminal has them all one below the other, too. */
const MOST_ROWS = 25;

type AffectedReply = Extract<Reply, { kind: 'affected' }>;

/** Who has the packages, and what becomes of each: a row for each environment. */
export function describeAffected({ specs, affected }: AffectedReply): Document {
  const asked = specs.map(formatSpec);
  if (affected.length === 0) {
    const nobody = `No environment has ${asked.map((text) => `\`${text}\``).join(' or ')}.`;
    return { summary: line(nobody, 200), parts: [prose(marked(nobody, 600))] };
  }
  const count = (kind: Affected['outcome']['kind']) =>
    affected.filter(({ outcome }) => outcome.kind === kind).length;
  const told = count('asked') + count('move');
  const summary = `${counted(affected.length, 'environment')} of ${counted(new Set(affected.map(({ owner }) => owner)).size, 'owner')}: ${told} asked, ${count('cannot')} cannot be rebuilt`;
  return {
    summary,
    parts: [
      heading('Who is affected'),
      small('by ', codes(asked, 300)),
      // What needs somebody comes first.
      list(affected.toSorted(cannotFirst).slice(0, MOST_ROWS).map(row)),
      ...andMore(affected.length - MOST_ROWS),
      small(`${summary}. Each owner has a direct message with a button; nothing is built unasked.`),
    ],
  };
}

function cannotFirst(left: Affected, right: Affected): number {
  const rank = ({ outcome }: Affected) => (outcome.kind === 'cannot' ? 0 : 1);
  return rank(left) - rank(right);
}

/** `churn@3 of @ana, prod: openssl 3.0.14 — asked: 1 changed: …` */
function row({ environment, owner, revision, tags, packages, outcome }: Affected): Inline[] {
  return words(
    bold(line(revisionLabel(environment, revision), 80)),
    ' of ',
    user(owner),
    tags.length > 0 ? ' · ' : '',
    codes(tags, 80),
    ': ',
    codes(
      packages.map(({ name, version }) => `${name} ${version}`),
      140,
    ),
    ' · ',
    outcomeOf(environment, outcome),
  );
}

function outcomeOf(environment: string, outcome: Affected['outcome']): Inline[] {
  switch (outcome.kind) {
    case 'asked':
      return words('asked: ', marked(outcome.changes, 200));
    case 'move':
      return marked(`asked to move its tags to \`${revisionLabel(environment, outcome.to)}\``);
    case 'cannot':
      return words('cannot be rebuilt: ', marked(outcome.why, 300));
  }
}

/** The question to an owner; null once it is void, as the environment has become another one. */
export function describeProposal(
  environment: Environment,
  said: { by: string; text: string; repairs: readonly Repair[] },
  kept: KeptPlan | null,
): Document | null {
  const { name, revisions } = environment;
  const newest = latestRevision(environment);
  if (kept !== null && kept.newest !== newest?.number) return null;
  const base = kept && revisions.find(({ number }) => number === kept.plan.before?.number);
  const changes =
    kept && base
      ? describeDifference(
          compareLocks(base.lock, kept.plan.lock),
          `${revisionLabel(name, base.number)} would change`,
        )
      : [];
  const show = { label: `Show ${name}`, command: `show ${name}` };
  return {
    summary: `${name} should be made anew: ${line(said.text, 300)}`,
    parts: [
      prose(user(said.by), ' asks you to change ', bold(name), '. ', marked(said.text, 900)),
      ...changes,
      small('All else stays where it is. Nothing is done until you press.'),
      ...buttons(sayButtons([...said.repairs, show].slice(0, 4))),
    ],
  };
}
