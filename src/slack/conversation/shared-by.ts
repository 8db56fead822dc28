/** Which private answers others could want, and the command that shows them the same. */
import { type ByKind, byKind } from '../../answers/by-kind.ts';
import { revisionLabel } from '../../domain/environment.ts';
import type { Reply } from '../../domain/reply.ts';

/** The command; null for an answer that is not shared. `asked`: the one that was answered. */
export function sharedBy(reply: Reply, asked: string | null): string | null {
  return byKind(SHARED_BY, reply, asked);
}

type Asked = string | null;
const same = (_: Reply, asked: Asked): Asked => asked;
const never = (): null => null;

const SHARED_BY: ByKind<Reply, Asked, [Asked]> = {
  build: ({ build }) => `status ${build.id}`,
  invocation: same,
  plan: same,
  known: ({ environment, revision }) => `run ${revisionLabel(environment, revision)}`,
  edit: same,
  revisions: same,
  comparison: same,
  builds: ({ builds }, asked) => (builds.length > 0 ? asked : null),
  // Of people and what they do.
  operations: never,
  environments: ({ environments }, asked) => (environments.length > 0 ? asked : null),
  environment: same,
  // Said again, it would ask the owners again.
  affected: never,
  schedules: ({ environments }, asked) => (environments.length > 0 ? asked : null),
  search: ({ found }, asked) => (found.length > 0 ? asked : null),
  file: same,
  leaving: never,
  left: never,
  move: never,
  log: ({ lines }, asked) => (lines.length > 0 ? asked : null),
  findings: same,
  // Of people and their deeds.
  audit: never,
  approvals: never,
  subscriptions: never,
  freezes: ({ freezes }, asked) => (freezes.length > 0 ? asked : null),
  blocks: ({ blocks }, asked) => (blocks.length > 0 ? asked : null),
  help: never,
  welcome: never,
  form: never,
  notice: never,
  refusal: never,
};
