/**
 * Sends the notices that the store keeps. A notice is in one of these modes:
 *
 * - due: any process may take it, by a lease;
 * - leased: looked for in its conversation (the reply to an earlier attempt may have been lost), and
 *   posted if it is not there; a process that dies leaves it due again when the lease ends;
 * - postponed: Slack is busy or away, or the message whose thread it belongs into is not posted yet;
 *   later it is due again;
 * - settled: posted, found, refused by Slack, or for nobody in Slack; it is never sent again.
 */
import { describeProposal } from '../../answers/affected.ts';
import { describeApproval, describeDecided } from '../../answers/approval.ts';
import { type ByKind, byKind } from '../../answers/by-kind.ts';
import type { Document } from '../../answers/document.ts';
import { describeFault } from '../../answers/fault.ts';
import { describeExpiring } from '../../answers/letting-go.ts';
import { describeNewer } from '../../answers/newer.ts';
import { describeScheduled } from '../../answers/scheduled.ts';
import { approvalNoticeId, approvalState } from '../../domain/approval.ts';
import { type Environment, isLetGo } from '../../domain/environment.ts';
import type { Notice, Store } from '../../domain/ports.ts';
import { KEPT_PLAN } from '../../domain/sent-plan.ts';
import { messageOf } from '../blocks.ts';
import { ChatError } from '../chat/error.ts';
import type { Log } from '../log.ts';
import { waitAfter } from '../loop.ts';
import type { Delivery, Sending } from './delivery.ts';
import { type HeardOptions, heardOf } from './heard.ts';
import type { Pace } from './pace.ts';
import { findPosted, isPerson, postOnce } from './post-once.ts';
import { type SettledOptions, settledOf, verifiedOf } from './settled.ts';

export interface OutboxOptions extends SettledOptions {
  store: SettledOptions['store'] &
    HeardOptions['store'] &
    Pick<
      Store,
      | 'readEnvironment'
      | 'readApproval'
      | 'readKept'
      | 'dueNotices'
      | 'leaseNotice'
      | 'postponeNotice'
      | 'settleNotice'
    >;
  pace: Pace;
  log: Log;
}

export interface Outbox {
  /** Sends what is due, until `signal`. Rejects only when the store is away. */
  sendDue(signal: AbortSignal): Promise<void>;
}

const MOST_AT_ONCE = 20;

interface Unsent extends Sending {
  failures: number;
}

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, pace, log } = options;
  const unsent = new Map<string, Unsent>();

  async function send(notice: Notice, lease: 'first' | 'again'): Promise<void> {
    const sending = unsent.get(notice.id) ?? { failures: 0, mayHaveArrived: lease === 'again' };
    const delivery = await byKind(DELIVERIES, notice, options);
    if (delivery === 'later') return postpone(notice, sending, pace.outbox);
    try {
      if (delivery !== 'never') await delivery(sending);
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (error.kind !== 'refused') return postpone(notice, sending, waitFor(sending, error));
      log.error({ notice: notice.id, code: error.code }, 'a notice cannot be delivered');
    }
    unsent.delete(notice.id);
    await store.settleNotice(notice.id);
  }

  function waitFor(sending: Unsent, { kind, retryAfter }: ChatError): number {
    if (kind === 'busy') return retryAfter * 1000;
    sending.failures += 1;
    return waitAfter(sending.failures - 1, pace.backoff);
  }

  function postpone({ id }: Notice, sending: Unsent, milliseconds: number): Promise<void> {
    unsent.set(id, sending);
    return store.postponeNotice(id, milliseconds);
  }

  return {
    async sendDue(signal) {
      for (const notice of await store.dueNotices(MOST_AT_ONCE)) {
        if (signal.aborted) return;
        const lease = await store.leaseNotice(notice.id, pace.lease);
        if (lease !== null) await send(notice, lease);
      }
    },
  };
}

const DELIVERIES: ByKind<Notice, Promise<Delivery>, [OutboxOptions]> = {
  settled: settledOf,
  verified: verifiedOf,
  approval: decisionOf,
  heard: heardOf,
  expiring: reminderOf,
  newer: newerOf,
  affected: proposalOf,
  scheduled: scheduledOf,
  fault: faultOf,
};

/** To a channel, or to a person directly; what is decided stands then where it was asked, too. */
async function decisionOf(
  notice: Extract<Notice, { kind: 'approval' }>,
  { store, chat, clock }: OutboxOptions,
): Promise<Delivery> {
  const approval = await store.readApproval(notice.approvalId);
  if (approval === null) return 'never';
  const now = clock.now();
  const message = messageOf(describeApproval(approval, now));
  const decided =
    approvalState(approval, now) === 'waiting' ? null : describeDecided(approval, now);
  return async (sending) => {
    const { channel } = await postOnce(notice.to, notice, message, chat, sending);
    if (decided === null) return;
    const question = {
      id: approvalNoticeId(approval, 'waiting', notice.to),
      dueAt: approval.createdAt,
    };
    const asked = await findPosted(channel, question, chat);
    if (asked !== null) await chat.edit(asked, messageOf(decided));
  };
}

/** To the owner, directly; not when it was kept or let go meanwhile. */
async function reminderOf(
  notice: Extract<Notice, { kind: 'expiring' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  const { ends } = notice;
  return toOwner(notice, options, (environment) =>
    (environment.keptUntil ?? 0) > ends ? null : describeExpiring(environment, ends),
  );
}

/** To the owner, directly; not when nobody wants to hear of it any more. */
async function newerOf(
  notice: Extract<Notice, { kind: 'newer' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  return toOwner(notice, options, (environment) =>
    environment.schedule === null ? null : describeNewer(environment, notice.text),
  );
}

/** To an operator, directly. */
async function faultOf(
  notice: Extract<Notice, { kind: 'fault' }>,
  { chat }: OutboxOptions,
): Promise<Delivery> {
  return toOne(notice.to, notice, describeFault(notice), chat);
}

/** To the owner, directly; also where the schedule was ended while the build was at work. */
async function scheduledOf(
  notice: Extract<Notice, { kind: 'scheduled' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  const build = await options.store.readBuild(notice.buildId);
  return toOwner(notice, options, (environment) =>
    build === null ? null : describeScheduled(environment, build, options.settings),
  );
}

/** To the owner, directly; not once the environment has become another one. */
async function proposalOf(
  notice: Extract<Notice, { kind: 'affected' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  const { planId } = notice;
  const kept = planId === null ? null : await options.store.readKept(planId, KEPT_PLAN);
  return toOwner(notice, options, (environment) =>
    planId !== null && kept === null ? null : describeProposal(environment, notice, kept),
  );
}

/** What is said of an environment to its owner; never where that is null, and of one that was let go. */
async function toOwner(
  notice: Notice & { environment: string },
  { store, chat }: OutboxOptions,
  describe: (environment: Environment) => Document | null,
): Promise<Delivery> {
  const environment = await store.readEnvironment(notice.environment);
  if (environment === null || isLetGo(environment) || !isPerson(environment.owner)) return 'never';
  const document = describe(environment);
  return document === null ? 'never' : toOne(environment.owner, notice, document, chat);
}

const toOne =
  (to: string, notice: Notice, document: Document, chat: OutboxOptions['chat']): Delivery =>
  async (sending) =>
    void (await postOnce(to, notice, messageOf(document), chat, sending));
