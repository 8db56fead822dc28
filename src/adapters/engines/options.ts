import type { Credential } from '../../domain/credential.ts';
import type { Network } from '../host/network.ts';
import type { SandboxPolicy } from '../host/sandbox.ts';

/** What each engine is made with. */
export interface EngineOptions {
  dataDirectory: string;
  network: Network;
  /** What opens private channels. */
  credentials?: readonly Credential[];
  /** Why this engine was chosen, for people. */
  reason: string;
  limits: EngineLimits;
  /** Where code of packages runs, of those that run any: link scripts, and the Python that compiles. */
  sandbox: SandboxPolicy;
  /** Of packages; those that were not linked for longest are removed above this. */
  cacheBytes: number;
}

/** Seconds an engine may take, and may stay silent. */
export interface EngineLimits {
  solveSeconds: number;
  createSeconds: number;
  idleSeconds: number;
}
