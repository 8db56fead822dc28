import type { Person } from './phrase.ts';

/** Commands a role may name: those that change something for others, and logs, in which may stand anything. */
export const RESTRICTABLE = [
  'create',
  'cancel',
  'verify',
  'logs',
  'tag',
  'rollback',
  'delete',
  'freeze',
  'thaw',
  'block',
  'unblock',
  'rebuild',
  'subscribe',
] as const;
export type Restrictable = (typeof RESTRICTABLE)[number];

/** The kinds of things a role may name, each with how a refusal begins that is about one. */
export const ROLE_KINDS = {
  commands: 'The command',
  edges: 'The edge',
  channels: 'The channel',
  indexes: 'The index of pip packages',
  projects: 'The project',
  tags: 'The tag',
} as const;
export type RoleKind = keyof typeof ROLE_KINDS;

/**
 * People together with what is theirs: what a role names is for the members of the roles that name
 * it, and for operators. What no role names is as if there were none.
 */
export type Role = {
  name: string;
  /** Ids of people (`U…`) and of Slack's user groups (`S…`). */
  members: readonly string[];
} & Readonly<Record<RoleKind, readonly string[]>>;

/** What somebody is about to do, in the terms of roles. */
export type Concerns = { command: Restrictable | null } & Readonly<
  Record<Exclude<RoleKind, 'commands'>, readonly string[]>
>;

/** Nothing that roles have to say something of. */
export const NOTHING: Concerns = {
  ...{ command: null, edges: [], channels: [], indexes: [], projects: [], tags: [] },
};

/** Members of user groups, where Slack has said lately who they are. */
export type GroupMembers = ReadonlyMap<string, readonly string[]>;

/** Who asks, and what is known of them. */
export interface Asker {
  user: string;
  /** False where anybody may say that they are this person: at a terminal. */
  isProven: boolean;
  groups: GroupMembers;
}

const isUserGroup = (member: string): boolean => member.startsWith('S');

/** Whether the person is one of the role's, as far as it is known. */
export function belongs({ members }: Role, { user, groups }: Pick<Asker, 'user' | 'groups'>) {
  return members.some((member) => member === user || groups.get(member)?.includes(user));
}

/** User groups that roles name, each once. */
export function userGroups(roles: readonly Role[]): string[] {
  return [...new Set(roles.flatMap(({ members }) => members.filter(isUserGroup)))];
}

/** Those of which it is not known who is in them. */
export function unknownGroups(roles: readonly Role[], groups: GroupMembers): string[] {
  return userGroups(roles).filter((group) => !groups.has(group));
}

/** The people of the roles, as far as they are known. */
export function peopleOf(roles: readonly Role[], groups: GroupMembers): string[] {
  const people = roles.flatMap(({ members }) =>
    members.flatMap((member) => (isUserGroup(member) ? (groups.get(member) ?? []) : member)),
  );
  return [...new Set(people)];
}

/** Roles that name this thing; a folder is named by each folder above it, and brings all below it. */
export function rolesNaming(roles: readonly Role[], kind: RoleKind, name: string): Role[] {
  return roles.filter((role) =>
    role[kind].some((named) => named === name || (kind === 'projects' && isWithin(name, named))),
  );
}

/** Whether one of two folders is in the other, or they are the same, by how they are written. */
export function isWithin(path: string, other: string): boolean {
  return isUnder(path, other) || isUnder(other, path);
}

function isUnder(path: string, folder: string): boolean {
  const parts = (text: string) => text.split('/').filter((part) => part !== '' && part !== '.');
  if (!path.startsWith('/') || !folder.startsWith('/')) return false;
  const wanted = parts(folder);
  return wanted.every((part, index) => parts(path)[index] === part);
}

/** `@a or @b` */
export function anyOf(users: readonly string[]): (string | Person)[] {
  return users.flatMap((user, index) => [...(index === 0 ? [] : [' or ']), { person: user }]);
}
