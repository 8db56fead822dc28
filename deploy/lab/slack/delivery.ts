/**
 * From Slack to the app: one envelope at a time, over Socket Mode or signed HTTP, acknowledged
 * within three seconds. Events that are not acknowledged come again, up to three times.
 */
import { randomUUID } from 'node:crypto';
import type { Faults } from './faults.ts';
import type { JsonObject } from './json.ts';

/** The time an app has to acknowledge (Slack's page on acknowledging requests). */
export const ACKNOWLEDGE_MS = 3000;

/** Slack's own schedule for an event nobody acknowledged: at once, after a minute, after five. */
export const RETRY_DELAYS_MS = [0, 60_000, 300_000];

export type Envelope = {
  id: string;
  type: 'slash_commands' | 'interactive' | 'events_api';
  payload: JsonObject;
  acceptsResponse: boolean;
};

export type Retry = { attempt: number; reason: string };

export type Acknowledgement =
  | { acked: true; status: number; body: unknown }
  | {
      acked: false;
      /** HTTP status, or null when there was none. */
      status: number | null;
      error: 'operation_timeout' | 'dispatch_failed';
      /** Slack's word in `X-Slack-Retry-Reason`. */
      reason: string;
      noRetry: boolean;
    };

export type Transport = (envelope: Envelope, retry: Retry | null) => Promise<Acknowledgement>;

export class Delivery {
  readonly #transport: Transport;
  readonly #faults: Faults;
  readonly #retryDelays: readonly number[];
  readonly #timers = new Set<NodeJS.Timeout>();
  #releaseHeld: (() => void) | null = null;

  constructor(transport: Transport, faults: Faults, retryDelays: readonly number[]) {
    this.#transport = transport;
    this.#faults = faults;
    this.#retryDelays = retryDelays;
  }

  /** Delivers a command or an interaction; these are never retried. */
  request(type: 'slash_commands' | 'interactive', payload: JsonObject): Promise<Acknowledgement> {
    return this.#send({ id: randomUUID(), type, payload, acceptsResponse: true }, null);
  }

  /** Delivers an event. Resolves after the first attempt; retries go on behind. */
  async event(payload: JsonObject): Promise<Acknowledgement> {
    const envelope: Envelope = {
      id: randomUUID(),
      type: 'events_api',
      payload,
      acceptsResponse: false,
    };
    const first = await this.#send(envelope, null);
    this.#retryLater(envelope, first, 0);
    return first;
  }

  stop(): void {
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#releaseHeld?.();
  }

  async #send(envelope: Envelope, retry: Retry | null): Promise<Acknowledgement> {
    const fault = this.#faults.takeDelivery();
    if (fault === 'hold') {
      await new Promise<void>((resolve) => {
        this.#releaseHeld = resolve;
      });
    }
    const release = fault === 'hold' ? null : this.#releaseHeld;
    if (release) this.#releaseHeld = null;
    const answer = this.#transport(envelope, retry);
    if (fault === 'duplicate') await Promise.all([answer, this.#transport(envelope, retry)]);
    const acknowledgement = await answer;
    release?.();
    return acknowledgement;
  }

  #retryLater(envelope: Envelope, last: Acknowledgement, attempt: number): void {
    const delay = this.#retryDelays[attempt];
    if (last.acked || last.noRetry || delay === undefined) return;
    const timer = setTimeout(async () => {
      this.#timers.delete(timer);
      const next = await this.#send(envelope, { attempt: attempt + 1, reason: last.reason });
      this.#retryLater(envelope, next, attempt + 1);
    }, delay);
    timer.unref();
    this.#timers.add(timer);
  }
}
