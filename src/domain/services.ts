import type { ApprovalRule } from './approval.ts';
import type { Platform } from './lock.ts';
import type { Quota } from './quota.ts';
import type { Retention } from './retention.ts';
import type { Role } from './roles.ts';
import type { Approvals } from './services/approvals.ts';
import type { Audits } from './services/audits.ts';
import type { Blocks } from './services/blocks.ts';
import type { Builds } from './services/builds.ts';
import type { Clones } from './services/clones.ts';
import type { Create } from './services/create.ts';
import type { Diagnoses } from './services/diagnoses.ts';
import type { Edits } from './services/edits.ts';
import type { Freezes } from './services/freezes.ts';
import type { LettingGo } from './services/letting-go.ts';
import type { Lookup } from './services/lookup.ts';
import type { Operating } from './services/operating.ts';
import type { Outlooks } from './services/outlooks.ts';
import type { Packages } from './services/packages.ts';
import type { Plans } from './services/plans.ts';
import type { Rebuilds } from './services/rebuilds.ts';
import type { Roles } from './services/roles.ts';
import type { Schedules } from './services/schedules.ts';
import type { Subscriptions } from './services/subscriptions.ts';
import type { Tags } from './services/tags.ts';

/**
 * What a command may ask for, whoever typed it: the one door between the conversation and the
 * pipeline. Each concern is an interface in `services/`, and a file of the same name in
 * `src/pipeline/services/` implements it.
 */
export interface Services
  extends Lookup,
    Create,
    Builds,
    Clones,
    Packages,
    Diagnoses,
    Plans,
    Edits,
    Audits,
    Freezes,
    Blocks,
    Schedules,
    Rebuilds,
    Roles,
    Approvals,
    LettingGo,
    Subscriptions,
    Outlooks,
    Operating,
    Tags {
  readonly settings: Settings;
}

/** The part of the configuration that commands, modals and help show. */
export interface Settings {
  /** What is built for where an edge does not say; linux-64 where it is left out. */
  platform?: Platform;
  /** The slash command, `/conda-env`. */
  command: string;
  /** `url` is left out where nothing is configured. */
  channels: { name: string; default: boolean; url?: string }[];
  /**
   * `spark`: of its cluster, as is configured; left out where that is found out on the edge. `platform`: what
   * its machines run; left out where their architecture is not configured.
   */
  edges: { name: string; default: boolean; spark?: string; platform?: Platform }[];
  /** Names of the indexes that pip packages come from; none: there are no such packages. */
  indexes: readonly string[];
  projects: { repositories: string[]; paths: string[] };
  operators: readonly string[];
  roles: readonly Role[];
  approvals: readonly ApprovalRule[];
  /** How long a build may wait for approval. */
  approvalHours: number;
  /** How many that were refused or have lapsed are kept. */
  closedApprovals: number;
  retention: Retention;
  quota: Quota;
}
