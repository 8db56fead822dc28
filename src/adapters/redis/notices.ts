import type { Repair } from '../../domain/errors.ts';
import type { Notice, Store } from '../../domain/ports.ts';
import {
  boolean,
  listOf,
  number,
  object,
  oneOf,
  or,
  type Shape,
  string,
} from '../../domain/shape.ts';
import { HAPPENING } from '../../domain/subscription.ts';
import type { StoreKeys } from './keys.ts';
import { FORMAT, readStored } from './records.ts';
import type { RedisLink } from './redis.ts';
import {
  DUE_NOTICES,
  LEASE_NOTICE,
  POSTPONE_NOTICE,
  SCHEDULE_NOTICE,
  SETTLE_NOTICE,
} from './scripts.ts';

/** How long a sent notice is remembered, so that a repeated step cannot send it again. */
const SENT_SECONDS = 7 * 24 * 3600;

/** Messages that must arrive exactly once: waiting by time, leased by one sender, marked as sent. */
export function storeNotices(
  link: RedisLink,
  keys: StoreKeys,
): Pick<Store, 'addNotice' | 'dueNotices' | 'leaseNotice' | 'postponeNotice' | 'settleNotice'> {
  return {
    async addNotice(notice) {
      await link.script(
        SCHEDULE_NOTICE,
        [keys.noticesByTime, keys.notices, keys.noticeSent(notice.id)],
        [notice.id, JSON.stringify({ format: FORMAT, notice })],
      );
    },

    async dueNotices(limit) {
      const names = [keys.noticesByTime, keys.notices];
      // Those that only another version can read stay for it, and hold up none behind them.
      for (let start = 0; ; start += limit) {
        // The answer to HMGET: a string or nothing for each notice.
        const texts = (await link.script(DUE_NOTICES, names, [start, limit])) as (string | null)[];
        const notices = texts.flatMap((text) => readStored(text, 'notice', NOTICE) ?? []);
        if (notices.length > 0 || texts.length < limit) return notices;
      }
    },

    async leaseNotice(id, milliseconds) {
      const leased = await link.script(
        LEASE_NOTICE,
        [keys.noticesByTime, keys.noticeLease(id), keys.noticesLeased],
        [id, milliseconds],
      );
      return leased === 'first' || leased === 'again' ? leased : null;
    },

    async postponeNotice(id, milliseconds) {
      await link.script(
        POSTPONE_NOTICE,
        [keys.noticesByTime, keys.noticeLease(id)],
        [id, Math.ceil(milliseconds)],
      );
    },

    async settleNotice(id) {
      await link.script(
        SETTLE_NOTICE,
        [
          ...[keys.noticesByTime, keys.notices, keys.noticeLease(id)],
          ...[keys.noticesLeased, keys.noticeSent(id)],
        ],
        [id, SENT_SECONDS],
      );
    },
  };
}

type NoticeOf<Kind> = Extract<Notice, { kind: Kind }>;

const NOTICES = {
  settled: object<NoticeOf<'settled'>>({
    ...{ id: string, kind: oneOf(['settled']), buildId: string },
    ...{ target: oneOf(['thread', 'direct']), dueAt: number },
  }),
  verified: object<NoticeOf<'verified'>>({
    ...{ id: string, kind: oneOf(['verified']), buildId: string, dueAt: number },
  }),
  approval: object<NoticeOf<'approval'>>({
    ...{ id: string, kind: oneOf(['approval']), approvalId: string, to: string, dueAt: number },
  }),
  fault: object<NoticeOf<'fault'>>({
    ...{ id: string, kind: oneOf(['fault']), to: string, edges: listOf(string), text: string },
    ...{ buildId: string, isGone: boolean, dueAt: number },
  }),
  expiring: object<NoticeOf<'expiring'>>({
    ...{ id: string, kind: oneOf(['expiring']), environment: string, ends: number, dueAt: number },
  }),
  heard: object<NoticeOf<'heard'>>({
    ...{ id: string, kind: oneOf(['heard']), to: string, happening: HAPPENING },
    ...{ subscription: string, dueAt: number },
  }),
  newer: object<NoticeOf<'newer'>>({
    ...{ id: string, kind: oneOf(['newer']), environment: string, text: string, dueAt: number },
  }),
  affected: object<NoticeOf<'affected'>>({
    ...{ id: string, kind: oneOf(['affected']), environment: string, by: string, text: string },
    ...{ planId: or(string, null), dueAt: number },
    repairs: listOf(object<Repair>({ label: string, command: string })),
  }),
  scheduled: object<NoticeOf<'scheduled'>>({
    ...{ id: string, kind: oneOf(['scheduled']), environment: string, buildId: string },
    dueAt: number,
  }),
};

const KIND = object<Pick<Notice, 'kind'>>({
  kind: oneOf(Object.keys(NOTICES) as Notice['kind'][]),
});

const NOTICE: Shape<Notice> = (value, at) => NOTICES[KIND(value, at).kind](value, at);
