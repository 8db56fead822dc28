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
import { describeApproval } from '../../answers/approval.ts';
import { type ByKind, byKind } from '../../answers/by-kind.ts';
import type { Document } from '../../answers/document.ts';
import { describeExpiring } from '../../answers/letting-go.ts';
import { describeNewer } from '../../answers/newer.ts';
import { describeSettled } from '../../answers/settled.ts';
import type { Build } from '../../domain/build.ts';
import { type Environment, isLetGo } from '../../domain/environment.ts';
import type { Clock, Notice, Store } from '../../domain/ports.ts';
import type { Settings } from '../../domain/services.ts';
import { type Message, messageOf } from '../blocks.ts';
import { ChatError, isDeleted, isNoEntry, whereReadable } from '../chat/error.ts';
import type { Mark } from '../chat/messages.ts';
import type { Chat } from '../chat.ts';
import type { Log } from '../log.ts';
import { waitAfter } from '../loop.ts';
import { isConversation } from './live-message.ts';
import type { Pace } from './pace.ts';

export interface OutboxOptions {
  store: Pick<
    Store,
    | 'readBuild'
    | 'readEnvironment'
    | 'readApproval'
    | 'dueNotices'
    | 'leaseNotice'
    | 'postponeNotice'
    | 'settleNotice'
  >;
  chat: Chat;
  settings: Settings;
  pace: Pace;
  clock: Clock;
  log: Log;
}

export interface Outbox {
  /** Sends what is due, until `signal`. Rejects only when the store is away. */
  sendDue(signal: AbortSignal): Promise<void>;
}

/** A thread reply waits this long for its live message, then goes to the person directly. */
const WAIT_FOR_MESSAGE = 10 * 60_000;
const MOST_AT_ONCE = 20;

export function createOutbox(options: OutboxOptions): Outbox {
  const { store, pace, clock, log } = options;
  const failures = new Map<string, number>();

  async function send(notice: Notice): Promise<void> {
    const delivery = await byKind(DELIVERIES, notice, options);
    if (delivery === 'never') return store.settleNotice(notice.id);
    if (delivery === 'later') return store.postponeNotice(notice.id, clock.now() + pace.outbox);
    try {
      await delivery();
    } catch (error) {
      if (!(error instanceof ChatError)) throw error;
      if (error.kind !== 'refused') return postpone(notice, error);
      log.error({ notice: notice.id, code: error.code }, 'a notice cannot be delivered');
    }
    failures.delete(notice.id);
    await store.settleNotice(notice.id);
  }

  function postpone({ id }: Notice, { kind, retryAfter }: ChatError): Promise<void> {
    const before = failures.get(id) ?? 0;
    failures.set(id, before + 1);
    const wait = kind === 'busy' ? retryAfter * 1000 : waitAfter(before, pace.backoff);
    return store.postponeNotice(id, clock.now() + wait);
  }

  return {
    async sendDue(signal) {
      for (const notice of await store.dueNotices(clock.now(), MOST_AT_ONCE)) {
        if (signal.aborted) return;
        if (await store.leaseNotice(notice.id, clock.now() + pace.lease)) await send(notice);
      }
    },
  };
}

/** How a notice is delivered, unless it is for nobody or has to wait. */
type Delivery = (() => Promise<void>) | 'never' | 'later';

const DELIVERIES: ByKind<Notice, Promise<Delivery>, [OutboxOptions]> = {
  settled: settledOf,
  approval: decisionOf,
  expiring: reminderOf,
  newer: newerOf,
};

async function settledOf(
  notice: Extract<Notice, { kind: 'settled' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  const build = await options.store.readBuild(notice.buildId);
  if (!build || !isConversation(build.requester.channel)) return 'never';
  const hasThread = notice.target !== 'thread' || build.message !== null;
  if (!hasThread && options.clock.now() - notice.dueAt < WAIT_FOR_MESSAGE) return 'later';
  return () => deliver(notice, build, options);
}

/** To a channel, or to a person directly. */
async function decisionOf(
  notice: Extract<Notice, { kind: 'approval' }>,
  { store, chat, clock }: OutboxOptions,
): Promise<Delivery> {
  const approval = await store.readApproval(notice.approvalId);
  if (approval === null) return 'never';
  return async () => {
    const isPerson = /^[UW]/.test(notice.to);
    const channel = isPerson ? await chat.openDirect(notice.to) : notice.to;
    const wanted: Mark = { type: 'conda_ferry_notice', id: notice.id };
    const since = notice.dueAt - 60_000;
    const seen = await whereReadable(() => chat.findInChannel(channel, wanted, since));
    if (seen) return;
    const message = messageOf(describeApproval(approval, clock.now()));
    await chat.post({ channel, thread: null }, message, wanted);
  };
}

/** To the owner, directly; not when it was kept or let go meanwhile. */
async function reminderOf(
  notice: Extract<Notice, { kind: 'expiring' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  const environment = await options.store.readEnvironment(notice.environment);
  const isKept = (environment?.keptUntil ?? 0) > notice.ends;
  if (environment === null || isLetGo(environment) || isKept) return 'never';
  return toOwner(notice, environment, describeExpiring(environment, notice.ends), options);
}

/** To the owner, directly; not when nobody wants to hear of it any more. */
async function newerOf(
  notice: Extract<Notice, { kind: 'newer' }>,
  options: OutboxOptions,
): Promise<Delivery> {
  const environment = await options.store.readEnvironment(notice.environment);
  if (environment === null || isLetGo(environment) || environment.schedule === null) return 'never';
  return toOwner(notice, environment, describeNewer(environment, notice.text), options);
}

function toOwner(
  notice: Notice,
  { owner }: Environment,
  document: Document,
  { chat }: OutboxOptions,
): Delivery {
  if (!/^[UW][A-Z0-9]+$/.test(owner)) return 'never';
  return async () => {
    const channel = await chat.openDirect(owner);
    const wanted: Mark = { type: 'conda_ferry_notice', id: notice.id };
    const since = notice.dueAt - 60_000;
    const seen = await whereReadable(() => chat.findInChannel(channel, wanted, since));
    if (seen) return;
    await chat.post({ channel, thread: null }, messageOf(document), wanted);
  };
}

/** Under the live message, or directly where that is asked for or there is no thread to write in. */
async function deliver(
  notice: Extract<Notice, { kind: 'settled' }>,
  build: Build,
  { chat, settings }: OutboxOptions,
): Promise<void> {
  const message = noticeMessage(build, settings);
  const wanted: Mark = { type: 'conda_ferry_notice', id: notice.id };
  if (notice.target === 'thread' && build.message) {
    try {
      const reference = build.message;
      const seen = await whereReadable(() => chat.findInThread(reference, wanted));
      if (seen?.found) return;
      const place = { channel: reference.channel, thread: seen?.thread ?? reference.ts };
      await chat.post(place, message, wanted);
      return;
    } catch (error) {
      if (!isNoEntry(error) && !isDeleted(error)) throw error;
    }
  }
  const channel = await chat.openDirect(build.requester.user);
  const since = (build.finishedAt ?? build.createdAt) - 60_000;
  const seen = await whereReadable(() => chat.findInChannel(channel, wanted, since));
  if (!seen) await chat.post({ channel, thread: null }, message, wanted);
}

function noticeMessage(build: Build, settings: Settings): Message {
  const message = messageOf(describeSettled(build, settings));
  const { user } = build.requester;
  // Clients that show only the text must notify all the same.
  return /^[UW][A-Z0-9]+$/.test(user)
    ? { ...message, text: `<@${user}> ${message.text}` }
    : message;
}
