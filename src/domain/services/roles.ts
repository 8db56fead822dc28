import type { Requester } from '../build.ts';
import type { RoleKind } from '../roles.ts';

/** What somebody may do, before they try. */
export interface Roles {
  standing(requester: Pick<Requester, 'user'>): Promise<Standing>;
}

export interface Standing {
  /** Names of the roles they have. */
  roles: string[];
  /** What is for others. */
  withheld: Readonly<Record<RoleKind, readonly string[]>>;
  /** User groups of which Slack has not said lately who is in them. */
  unknown: string[];
}
