import type { Channels } from '../domain/ports.ts';
import type { Services } from '../domain/services.ts';
import { builds } from './services/builds.ts';
import { create } from './services/create.ts';
import { diagnoses } from './services/diagnoses.ts';
import { lookup } from './services/lookup.ts';
import { packages } from './services/packages.ts';
import { plans } from './services/plans.ts';
import type { ServicePorts } from './services/ports.ts';

const UNKNOWN: Channels = { read: async () => null, close() {} };

/** What commands may ask for. Where `channels` is left out, nothing is known of any channel. */
export function createServices({
  channels = UNKNOWN,
  ...rest
}: Omit<ServicePorts, 'channels'> & Partial<Pick<ServicePorts, 'channels'>>): Services {
  const ports: ServicePorts = { ...rest, channels };
  return {
    settings: ports.settings,
    ...lookup(ports),
    ...create(ports),
    ...builds(ports),
    ...plans(ports),
    ...packages(ports),
    ...diagnoses(ports),
  };
}
