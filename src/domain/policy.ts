import type { Approval, Need } from './approval.ts';
import type { AuditEntry } from './audit.ts';
import type { Build } from './build.ts';
import { channelsOf, edgesOf } from './defaults.ts';
import { type Environment, isOwned } from './environment.ts';
import { userError } from './errors.ts';
import { printable } from './names.ts';
import { listInWords, type Phrase } from './phrase.ts';
import type { BuildRequest } from './request.ts';
import {
  type Asker,
  anyOf,
  belongs,
  type Concerns,
  NOTHING,
  peopleOf,
  type Restrictable,
  ROLE_KINDS,
  type RoleKind,
  rolesNaming,
  unknownGroups,
} from './roles.ts';
import type { Settings } from './services.ts';

/**
 * Who may do what. Decided on by the services alone, so that the same holds for a command, a button and
 * a form. Everybody may look, use what there is, and build under a name that is free; what a build printed,
 * and the cluster's time for another proof of it, are for those whom it concerns.
 */

type Operators = Pick<Settings, 'operators'>;

/** Operators may act on everything; others on what they asked for or own. */
function isOperator({ operators }: Operators, user: string): boolean {
  return operators.includes(user);
}

/** Whether somebody may do what is for an environment's owner and operators; what answers offer by. */
export function isOwnersOrOperators(
  { owner }: Pick<Environment, 'owner'>,
  user: string,
  settings: Operators,
): boolean {
  return user === owner || isOperator(settings, user);
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
export function requireMayMove(environment: Environment, user: string, settings: Operators): void {
  if (isOwnersOrOperators(environment, user, settings)) return;
  const { name, owner } = environment;
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

/** What others may be using goes only where an operator wants that. Throws `not-allowed`. */
export function requireMayForce(user: string, settings: Operators): void {
  requireOperator(user, settings, '`--force` is for operators: somebody may be using it.');
}

/** Throws `not-allowed`, with `message` and who could. */
export function requireOperator(user: string, settings: Operators, message: string): void {
  if (isOperator(settings, user)) return;
  const some = settings.operators.slice(0, 3);
  throw userError({
    code: 'not-allowed',
    message,
    suggestion:
      some.length === 0
        ? 'The configuration names nobody who could (`slack.operators`).'
        : ['Ask ', ...anyOf(some), '.'],
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
  owned: ReadonlySet<string>,
  settings: Operators,
): boolean {
  const isTheirs = environment !== null && owned.has(environment);
  return requester.user === user || isTheirs || isOperator(settings, user);
}

/** Commands that are for operators while no role names them. */
const OPERATORS_ONLY: readonly string[] = [
  'freeze',
  'thaw',
  'block',
  'unblock',
  'rebuild',
] satisfies Restrictable[];

/**
 * Commands by what they come to in the end, in the words of roles: without that nothing comes of them.
 * `logs` has one's own for everybody, and is not among them.
 */
const COMES_TO: Readonly<Record<string, Restrictable>> = {
  ...{ create: 'create', add: 'create', remove: 'create', update: 'create', apply: 'create' },
  ...{ clone: 'create', rebuild: 'create', restore: 'create', retry: 'create' },
  ...{ cancel: 'cancel', verify: 'verify', tag: 'tag', untag: 'tag', rollback: 'rollback' },
  ...{ delete: 'delete', keep: 'delete', subscribe: 'subscribe', unsubscribe: 'subscribe' },
  ...{ freeze: 'freeze', thaw: 'thaw', block: 'block', unblock: 'unblock' },
};

type Rules = Pick<Settings, 'operators' | 'roles' | 'approvals'>;

/**
 * Whether roles let somebody do this. Throws `not-allowed`, naming the rule and who could, and where
 * something is restricted and it is not certain who asks, or who belongs to the roles.
 */
export function requireAllowed(asker: Asker, { command, ...rest }: Concerns, rules: Rules): void {
  const concerned: Record<RoleKind, readonly string[]> = {
    commands: command === null ? [] : [command],
    ...rest,
  };
  for (const [kind, names] of Object.entries(concerned) as [RoleKind, readonly string[]][]) {
    for (const name of names) {
      if (!isWithheld(kind, name, asker, rules)) continue;
      throw withheld(kind, name, asker, rules);
    }
  }
}

/**
 * The log of one's own build is never for others only; others' are for the roles that name logs, else for
 * those whom the build concerns. Throws `not-allowed`, naming who may.
 */
export function requireMayReadLog(
  asker: Asker,
  build: Build,
  environment: Environment | null,
  rules: Rules,
): void {
  if (asker.isProven && build.requester.user === asker.user) return;
  if (rolesNaming(rules.roles, 'commands', 'logs').length === 0) {
    requireConcerned(build, environment, 'read its log', asker.user, rules);
  } else requireAllowed(asker, { ...NOTHING, command: 'logs' }, rules);
}

/**
 * Executors are asked again for those whom the build concerns, unless a role names that: it is asked for
 * where every deed is. Throws `not-allowed`, naming who may.
 */
export function requireMayVerify(
  build: Build,
  environment: Environment | null,
  user: string,
  rules: Rules,
): void {
  if (rolesNaming(rules.roles, 'commands', 'verify').length > 0) return;
  requireConcerned(build, environment, 'have it verified', user, rules);
}

/** A build concerns who asked for it, who owns its environment, and operators. */
function requireConcerned(
  { requester }: Build,
  environment: Environment | null,
  deed: string,
  user: string,
  settings: Operators,
): void {
  const owner = environment && isOwned(environment) ? environment.owner : requester.user;
  const people = [...new Set([requester.user, owner])];
  if (people.includes(user) || isOperator(settings, user)) return;
  const whose = people.length > 1 ? [', ', { person: owner }, ', who owns the environment'] : [];
  throw userError({
    code: 'not-allowed',
    message: [
      ...['Only ', { person: requester.user }, ', who asked for this build'],
      ...whose,
      `, and operators may ${deed}.`,
    ],
    suggestion: ['Ask ', ...anyOf(people), '.'],
  });
}

/** What is for others than this person, of all that is restricted. */
export function withheldFrom(asker: Asker, rules: Rules): Record<RoleKind, string[]> {
  const named = (kind: RoleKind) => {
    const names = rules.roles.flatMap((role) => role[kind]);
    return [...new Set(names)].filter((name) => isWithheld(kind, name, asker, rules));
  };
  const commands = Object.entries(COMES_TO).flatMap(([command, deed]) =>
    isWithheld('commands', deed, asker, rules) ? command : [],
  );
  return {
    commands: [...commands, ...withheldDecisions(asker, rules)],
    edges: named('edges'),
    channels: named('channels'),
    indexes: named('indexes'),
    projects: named('projects'),
    tags: named('tags'),
  };
}

/** Commands that decide on approvals, where there are no such rules or none of them is for this person. */
function withheldDecisions(asker: Asker, { roles, approvals }: Rules): string[] {
  if (approvals.length === 0) return ['approve', 'refuse'];
  const deciding = roles.filter(({ name }) => approvals.some(({ by }) => by === name));
  return asker.isProven && deciding.some((role) => belongs(role, asker)) ? [] : ['approve'];
}

function isWithheld(kind: RoleKind, name: string, asker: Asker, rules: Rules): boolean {
  const naming = rolesNaming(rules.roles, kind, name);
  if (naming.length === 0) {
    const isForOperators = kind === 'commands' && OPERATORS_ONLY.includes(name);
    return isForOperators && !isOperator(rules, asker.user);
  }
  // At a terminal everybody can say that they are an operator, too.
  if (!asker.isProven) return true;
  return !isOperator(rules, asker.user) && !naming.some((role) => belongs(role, asker));
}

function withheld(kind: RoleKind, name: string, asker: Asker, { operators, roles }: Rules) {
  const naming = rolesNaming(roles, kind, name);
  const names = naming.map((role) => `the role \`${role.name}\``);
  const whose = listInWords([...names, 'operators'], 'and');
  const known = new Set([...peopleOf(naming, asker.groups), ...operators]);
  const people = [...known].slice(0, 3);
  const unknown = unknownGroups(naming, asker.groups);
  return userError({
    code: 'not-allowed',
    message: `${ROLE_KINDS[kind]} \`${printable(name)}\` is for ${whose}${asker.isProven ? '' : ', and a terminal cannot prove who asks'}.`,
    suggestion:
      !asker.isProven && naming.length > 0
        ? 'Ask in Slack, where it is known who you are.'
        : unknown.length > 0
          ? `Slack has not said lately who is in ${listInWords(unknown, 'and')}: if you are, try again in a few minutes; else the bot may lack the scope \`usergroups:read\`.`
          : people.length === 0
            ? 'The configuration names nobody who could (`slack.operators`).'
            : ['Ask ', ...anyOf(people), '.'],
  });
}

/**
 * The roles by which somebody decides on an approval. Throws `not-allowed`, naming who could; who asked
 * may only refuse, which takes the question back.
 */
export function rolesToDecide(
  asker: Asker,
  verb: 'approve' | 'refuse',
  { requester, needs, given }: Approval,
  rules: Rules,
): string[] {
  const wanted = rules.roles.filter(({ name }) => needs.some(({ by }) => by === name));
  const refuse = (message: string, suggestion: Phrase) =>
    userError({ code: 'not-allowed', message, suggestion });
  if (!asker.isProven) {
    throw refuse(
      `A terminal cannot prove who asks, so nobody can ${verb} there.`,
      'Do it in Slack, where it is known who you are.',
    );
  }
  const isOwn = requester.user === asker.user;
  if (isOwn && verb === 'refuse') return [];
  const held = wanted.filter((role) => belongs(role, asker)).map(({ name }) => name);
  const people = peopleOf(wanted, asker.groups).filter((user) => user !== requester.user);
  const who: Phrase =
    people.length === 0
      ? `It is for ${listInWords(
          wanted.map(({ name }) => `the role \`${name}\``),
          'and',
        )}.`
      : ['Ask ', ...anyOf(people.slice(0, 3)), '.'];
  if (isOwn) throw refuse('Who asked cannot approve it.', who);
  if (held.length === 0) {
    const unknown = unknownGroups(wanted, asker.groups);
    const names = listInWords(
      wanted.map(({ name }) => `the role \`${name}\``),
      'and',
    );
    throw refuse(
      `Only ${names || 'a role that is no more'} may ${verb} this.`,
      unknown.length > 0
        ? `Slack has not said lately who is in ${listInWords(unknown, 'and')}; try again in a few minutes.`
        : who,
    );
  }
  if (verb === 'approve' && given.some(({ user }) => user === asker.user)) {
    throw refuse('You have approved this already; others have to, too.', who);
  }
  return held;
}

/** What a request needs to be approved for, by the rules there are. */
export function needsOf(request: BuildRequest, settings: Settings): Need[] {
  const ofSpecs = request.specs.flatMap(({ channel }) => channel ?? []);
  const edges = edgesOf(request, settings);
  const channels = [...channelsOf(request, settings), ...ofSpecs];
  return settings.approvals.flatMap(({ by, count, where, ...rule }) => {
    const edge = rule.edges.find((name) => edges.includes(name));
    const channel = rule.channels.find((name) => channels.includes(name));
    const about =
      edge !== undefined
        ? `the edge \`${edge}\``
        : channel !== undefined
          ? `the channel \`${channel}\``
          : rule.projects && request.projects.length > 0
            ? 'code of one’s own'
            : null;
    return about === null ? [] : [{ by, count, where, about }];
  });
}

/** What giving a tag needs to be approved for. */
export function needsOfTag(tag: string, { approvals }: Settings): Need[] {
  return approvals
    .filter(({ tags }) => tags.includes(tag))
    .map(({ by, count, where }) => ({ by, count, where, about: `the tag \`${tag}\`` }));
}
