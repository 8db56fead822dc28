/** What is told to people, once. */
import type { Repair } from '../errors.ts';
import type { Happening } from '../subscription.ts';

/** A message that must arrive exactly once, whatever fails meanwhile. `dueAt`: when it came about. */
export type Notice =
  | { id: string; kind: 'settled'; buildId: string; target: 'thread' | 'direct'; dueAt: number }
  /** The executors were asked again, and what they said stands in the record. */
  | { id: string; kind: 'verified'; buildId: string; dueAt: number }
  /** What is to be decided, or was: `to` is a channel or a person. */
  | { id: string; kind: 'approval'; approvalId: string; to: string; dueAt: number }
  /** An environment is let go at the moment `ends`, unless it is kept; for its owner. */
  | { id: string; kind: 'expiring'; environment: string; ends: number; dueAt: number }
  /** What a schedule has found and not built, a sentence; for the owner. */
  | { id: string; kind: 'newer'; environment: string; text: string; dueAt: number }
  /**
   * What somebody wants changed of an environment, and commands that do it; for the owner. `planId`: the
   * plan that one of them builds.
   */
  | {
      id: string;
      kind: 'affected';
      environment: string;
      by: string;
      text: string;
      planId: string | null;
      repairs: Repair[];
      dueAt: number;
    }
  /** What builds fail for that only operators can mend, or that it is gone; for each of them. */
  | {
      id: string;
      kind: 'fault';
      to: string;
      edges: string[];
      text: string;
      buildId: string;
      isGone: boolean;
      dueAt: number;
    }
  /** How a build that a schedule asked for has ended; for the owner. */
  | { id: string; kind: 'scheduled'; environment: string; buildId: string; dueAt: number }
  /** What came of an environment, for who subscribed: `to` is a channel or a person. */
  | {
      id: string;
      kind: 'heard';
      to: string;
      happening: Happening;
      /** The subscription it is told by, as `subscriptionKey` has it. */
      subscription: string;
      dueAt: number;
    };
