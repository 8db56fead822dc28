/** Every kind of reply as a document: a table with one describer per kind. */
import type { Reply } from '../domain/reply.ts';
import type { Settings } from '../domain/services.ts';
import { describeAffected } from './affected.ts';
import { describeApprovals } from './approval.ts';
import { describeAudit } from './audit.ts';
import { describeBlocks } from './blocks.ts';
import { describeBuild } from './build.ts';
import { describeBuilds } from './builds.ts';
import { type ByKind, byKind } from './by-kind.ts';
import { describeComparison } from './comparison.ts';
import type { Document } from './document.ts';
import { describeEdit } from './edit.ts';
import { describeEnvironment } from './environment.ts';
import { describeEnvironments } from './environments.ts';
import { describeFile } from './file.ts';
import { describeFindings } from './findings.ts';
import { describeForm } from './form.ts';
import { describeFreezes } from './freezes.ts';
import { describeHelp } from './help.ts';
import { describeInvocation } from './invocation.ts';
import { describeKnown } from './known.ts';
import { describeLeaving, describeLeft } from './letting-go.ts';
import { describeLog } from './log.ts';
import { describeMove } from './move.ts';
import { describeNotice } from './notice.ts';
import { describeOperations } from './operations.ts';
import { describePlan } from './plan.ts';
import { describeRefusal } from './refusal.ts';
import { describeRevisions } from './revisions.ts';
import { describeSchedules } from './schedules.ts';
import { describeSearch } from './search.ts';
import { describeSubscriptions } from './subscriptions.ts';
import { describeWelcome } from './welcome.ts';

const DESCRIBERS: ByKind<Reply, Document, [Settings]> = {
  build: describeBuild,
  invocation: describeInvocation,
  plan: describePlan,
  known: describeKnown,
  edit: describeEdit,
  revisions: describeRevisions,
  comparison: describeComparison,
  builds: describeBuilds,
  operations: describeOperations,
  environments: describeEnvironments,
  environment: describeEnvironment,
  affected: describeAffected,
  schedules: describeSchedules,
  search: describeSearch,
  file: describeFile,
  leaving: describeLeaving,
  left: describeLeft,
  move: describeMove,
  log: describeLog,
  findings: describeFindings,
  audit: describeAudit,
  freezes: describeFreezes,
  blocks: describeBlocks,
  approvals: describeApprovals,
  subscriptions: describeSubscriptions,
  help: describeHelp,
  welcome: describeWelcome,
  form: describeForm,
  notice: describeNotice,
  refusal: describeRefusal,
};

export function describe(reply: Reply, settings: Settings): Document {
  return byKind(DESCRIBERS, reply, settings);
}
