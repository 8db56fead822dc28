import { laboratory } from '../../deploy/lab/laboratory.ts';
import type { World, WorldOptions } from '../harness/world.ts';
import type { Places } from './recorded.ts';

/** The world in which a store is recorded, and in which a later version finds it. */
export const WORLD = {
  configure: (_, [edge]) => ({
    // What a recorded build needs approval for; nobody connects to it before that.
    edges: [edge, { ...edge, name: 'guarded', root: `${edge.root}-guarded` }],
    roles: [{ name: 'release', members: ['U0BENOKAF1'] }],
    approvals: { rules: [{ edges: ['guarded'], by: 'release' }] },
  }),
} as const satisfies WorldOptions;

/** What of a recorded store belongs to the machine. */
export const placesOf = ({ directory }: World): Places => ({
  channel: laboratory.channel,
  directory,
});
