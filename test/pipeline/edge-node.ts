/** An edge in memory: what lies there, asked for and changed by calls that others come between. */
import assert from 'node:assert/strict';
import type { Staging } from '../../src/domain/environment.ts';
import { Cancelled, outsideError } from '../../src/domain/errors.ts';
import type { Edge } from '../../src/domain/ports.ts';
import type { Pointers } from '../../src/domain/reference.ts';
import { executor, staging } from '../answers/samples.ts';
import type { Gate } from './driving.ts';
import type { World } from './world.ts';

export class EdgeNode {
  readonly name: string;
  /** Sha256 of the published ones. */
  readonly archives = new Set<string>();
  /** Path of a driver's prefix → sha256 of the archive that it was unpacked from. */
  readonly prefixes = new Map<string, string>();
  /** What it was told last that the names of each environment mean. */
  readonly pointers = new Map<string, Pointers>();
  /** Workers stop as soon as it has what they staged, before they say so. */
  stopsWorkers = false;
  /** While true, nobody reaches it. */
  isAway = false;
  /** What a trial of an environment prints; nothing that can be read is a failure. */
  printed = (): string => TRIED;

  constructor(name: string) {
    this.name = name;
  }

  edge(gate: Gate, world: World): Edge {
    const known = world.ports.edges.get(this.name);
    assert.ok(known);
    const call: Gate = (name, made) =>
      gate(name, () => {
        this.#reach();
        return made();
      });
    return {
      ...known,
      profile: async () => this.#withoutSpark().cluster,
      run: async () => ({ code: 0, timedOut: false, stdout: this.printed(), stderr: '' }),
      stage: async ({ environment, revision, archive }, _progress, following) => {
        const { sha256, name } = archive;
        const own = `/srv/ferry/envs/${environment}/${revision}`;
        const archivePath = `/srv/ferry/archives/${sha256}/${name}`;
        const place = { edge: this.name, environment, revision, archive, archivePath, hdfs: null };
        let driverPrefix = this.#prefixFor(own, sha256);
        await following?.begins({ ...place, driverPrefix });
        await call('send', () => this.archives.add(sha256));
        for (;;) {
          const told = driverPrefix;
          driverPrefix = await call('unpack', () => this.#unpack(own, told, sha256));
          if (driverPrefix === told) break;
          await following?.begins({ ...place, driverPrefix });
        }
        if (this.stopsWorkers) throw new Cancelled('shutdown');
        return { ...this.#withoutSpark(), ...place, driverPrefix };
      },
      isIntact: ({ driverPrefix, archive }) =>
        call('isIntact', () => this.has(driverPrefix, archive.sha256)),
      point: (environment, pointers) =>
        call('point', () => void this.pointers.set(environment, pointers)),
      remove: async ({ driverPrefix, environment, revision, archive }, { keepArchive }) => {
        const { sha256 } = archive;
        await call('remove', () => {
          if (this.prefixes.get(driverPrefix) !== sha256) return;
          this.prefixes.delete(driverPrefix);
          this.#dropNames(environment, revision);
        });
        await call('remove archive', () => {
          const isNeeded = keepArchive || [...this.prefixes.values()].includes(sha256);
          if (!isNeeded) this.archives.delete(sha256);
        });
      },
    };
  }

  has(driverPrefix: string, sha256: string): boolean {
    return this.prefixes.get(driverPrefix) === sha256 && this.archives.has(sha256);
  }

  /** Answers where it would be instead, and does nothing, where that is not where it was told to be. */
  #unpack(own: string, told: string, sha256: string): string {
    const prefix = this.#prefixFor(own, sha256);
    if (prefix === told) this.prefixes.set(prefix, sha256);
    return prefix;
  }

  /** The revision's own folder, unless it has other bytes. */
  #prefixFor(own: string, sha256: string): string {
    const known = this.prefixes.get(own);
    return known === undefined || known === sha256 ? own : `${own}-${sha256.slice(0, 12)}`;
  }

  /** Names that led to what is gone; what they mean by now is told afterwards. */
  #dropNames(environment: string, revision: number): void {
    const known = this.pointers.get(environment);
    if (!known) return;
    const tags = Object.entries(known.tags).filter(([, number]) => number !== revision);
    this.pointers.set(environment, {
      default: known.default === revision ? null : known.default,
      tags: Object.fromEntries(tags),
    });
  }

  #reach(): void {
    if (!this.isAway) return;
    const message = `The edge \`${this.name}\` does not answer.`;
    throw outsideError({ code: 'edge-unreachable', message, retryable: true });
  }

  #withoutSpark(): Staging {
    const known = staging(this.name);
    return { ...known, cluster: { ...known.cluster, spark: null } };
  }
}

/** What the script of the edge prints where everything can be imported. */
const TRIED = `CONDA_FERRY_EVIDENCE ${JSON.stringify({
  ...{ npv: [], registered: null, driver: null, executors: [executor('edge')] },
})}\n`;
