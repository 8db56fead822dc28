import { type Approval, isSatisfied } from '../../domain/approval.ts';
import type { Store } from '../../domain/ports.ts';
import { APPROVAL } from '../../domain/stored.ts';
import type { StoreKeys } from './keys.ts';
import { createRecords } from './records.ts';
import type { RedisLink } from './redis.ts';
import { SAVE_APPROVAL } from './scripts.ts';

/** How long after it lapses: for the retry of its build. Each is as long as a lock, so not for ever. */
const KEPT_MS = 7 * 24 * 3600_000;

/** The records of approvals, by the set of their ids; each is forgotten after a while. */
export function storeApprovals(
  link: RedisLink,
  keys: StoreKeys,
): Pick<
  Store,
  'createApproval' | 'updateApproval' | 'readApproval' | 'listApprovals' | 'removeApproval'
> {
  const records = createRecords<Approval>(link, {
    word: 'approval',
    suggestion: '`approve` lists what waits.',
    key: keys.approval,
    shape: APPROVAL,
    async save(approval, revision, { format, document }) {
      const { id, expiresAt, refused, needs } = approval;
      const waits = refused === null && !isSatisfied(needs, approval);
      const names = [keys.approval(id), keys.approvals, keys.approvalsWaiting];
      const values = [id, revision, format, document];
      values.push(expiresAt + KEPT_MS, expiresAt, waits ? 1 : 0);
      return (await link.script(SAVE_APPROVAL, names, values)) === 1;
    },
  });
  return {
    readApproval: records.read,
    updateApproval: records.update,
    async createApproval(approval) {
      if (!(await records.create(approval))) throw new Error(`approval ${approval.id} exists`);
    },
    async removeApproval(id) {
      await link.transaction((commands) =>
        commands.del(keys.approval(id)).srem(keys.approvals, id).zrem(keys.approvalsWaiting, id),
      );
    },
    async listApprovals() {
      const ids = await link.call((redis) => redis.smembers(keys.approvals));
      const known = await records.list(ids);
      const missing = ids.filter((id) => !known.some((approval) => approval.id === id));
      const there = await link.call((redis) =>
        Promise.all(missing.map((id) => redis.exists(keys.approval(id)))),
      );
      // One that cannot be read here is there for the version that wrote it.
      const gone = missing.filter((_, place) => there[place] === 0);
      if (gone.length > 0) {
        await link.transaction((commands) =>
          commands.srem(keys.approvals, ...gone).zrem(keys.approvalsWaiting, ...gone),
        );
      }
      return known.sort((left, right) => left.createdAt - right.createdAt);
    },
  };
}
