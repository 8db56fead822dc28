import type { Channels } from '../domain/ports.ts';
import type { Services } from '../domain/services.ts';
import { approvals } from './services/approvals.ts';
import { audits } from './services/audits.ts';
import { blocks } from './services/blocks.ts';
import { builds } from './services/builds.ts';
import { clones } from './services/clones.ts';
import { create } from './services/create.ts';
import { diagnoses } from './services/diagnoses.ts';
import { door } from './services/door.ts';
import { edits } from './services/edits.ts';
import { freezes } from './services/freezes.ts';
import { lettingGo } from './services/letting-go.ts';
import { lookup } from './services/lookup.ts';
import { operating } from './services/operating.ts';
import { outlooks } from './services/outlooks.ts';
import { packages } from './services/packages.ts';
import { plans } from './services/plans.ts';
import type { ServicePorts } from './services/ports.ts';
import { rebuilds } from './services/rebuilds.ts';
import { roles } from './services/roles.ts';
import { schedules } from './services/schedules.ts';
import { subscriptions } from './services/subscriptions.ts';
import { tags } from './services/tags.ts';

const UNKNOWN: Channels = { read: async () => null, close() {} };

type Assumed = 'channels' | 'login';

/**
 * What commands may ask for; whatever changes something goes through the one door. Where `channels`
 * is left out, nothing is known of any channel; where `login` is, Slack says who asks.
 */
export function createServices({
  channels = UNKNOWN,
  login = null,
  ...rest
}: Omit<ServicePorts, Assumed> & Partial<Pick<ServicePorts, Assumed>>): Services {
  const ports: ServicePorts = { ...rest, channels, login };
  return door(ports, {
    settings: ports.settings,
    ...lookup(ports),
    ...create(ports),
    ...builds(ports),
    ...clones(ports),
    ...plans(ports),
    ...edits(ports),
    ...packages(ports),
    ...diagnoses(ports),
    ...audits(ports),
    ...freezes(ports),
    ...blocks(ports),
    ...schedules(ports),
    ...rebuilds(ports),
    ...tags(ports),
    ...roles(ports),
    ...approvals(ports),
    ...lettingGo(ports),
    ...subscriptions(ports),
    ...outlooks(ports),
    ...operating(ports),
  });
}
