import type { AuditEntry } from './audit.ts';
import type { Build } from './build.ts';
import { type Environment, isOwned } from './environment.ts';
import { userError } from './errors.ts';
import type { Person } from './phrase.ts';
import type { Settings } from './services.ts';

/**
 * Who may do what. Asked by the services alone, so that the same holds for a command, a button and
 * a form. Everybody may look, verify, and build under a name that is free.
 */

type Operators = Pick<Settings, 'operators'>;

/** Operators may act on everything; others on what they asked for or own. */
function isOperator({ operators }: Operators, user: string): boolean {
  return operators.includes(user);
}

/** Whether one of the people may make revisions of an environment: its owner, or an operator. */
export function mayBuild(
  environment: Environment | null,
  people: readonly string[],
  settings: Operators,
): boolean {
  if (environment === null || !isOwned(environment)) return true;
  return people.some((user) => user === environment.owner || isOperator(settings, user));
}

/**
 * Who owns an environment, and operators, decide what its names mean. Throws `not-allowed`, naming
 * who may.
 */
export function requireMayMove(
  { name, owner }: Environment,
  user: string,
  settings: Operators,
): void {
  if (user === owner || isOperator(settings, user)) return;
  throw userError({
    code: 'not-allowed',
    message: [
      `\`${name}\` belongs to `,
      { person: owner },
      ': only they and operators may do that.',
    ],
    suggestion: ['Ask ', { person: owner }, `, or take a copy: \`clone ${name} as my-${name}\`.`],
  });
}

/**
 * Builds may be stopped or run again by who asked for them and by operators. Throws `not-allowed`,
 * naming who may.
 */
export function requireMayActOn(
  { requester }: Build,
  verb: 'cancel' | 'retry' | 'rebuild',
  user: string,
  settings: Operators,
): void {
  if (requester.user === user || isOperator(settings, user)) return;
  const asker = { person: requester.user };
  throw userError({
    code: 'not-allowed',
    message: ['Only ', asker, `, who asked for this build, and operators may ${verb} it.`],
    suggestion: ['Ask ', asker, '.'],
  });
}

/** Operators see every deed; others their own, and those on environments they own. */
export function maySeeDeed(
  { requester, environment }: Pick<AuditEntry, 'requester' | 'environment'>,
  user: string,
  owned: readonly string[],
  settings: Operators,
): boolean {
  const isTheirs = environment !== null && owned.includes(environment);
  return requester.user === user || isTheirs || isOperator(settings, user);
}

/** Throws `not-allowed` for everybody but operators. */
export function requireMayFreeze(user: string, verb: 'freeze' | 'thaw', settings: Operators): void {
  if (isOperator(settings, user)) return;
  throw userError({
    code: 'not-allowed',
    message: `Only operators may ${verb} edges.`,
    suggestion:
      settings.operators.length === 0
        ? 'The configuration names no operator yet (`slack.operators`).'
        : ['Ask ', ...peopleInWords(settings.operators), '.'],
  });
}

/** The first few people there are. */
function peopleInWords(users: readonly string[]): (string | Person)[] {
  return users
    .slice(0, 3)
    .flatMap((user, index) => [...(index === 0 ? [] : [' or ']), { person: user }]);
}
