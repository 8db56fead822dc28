/** What people do, each with what chance puts into it; a refusal is an answer like any other. */
import type { Build, Requester } from '../../src/domain/build.ts';
import type { BuildRequest } from '../../src/domain/request.ts';
import { PERIODS } from '../../src/domain/schedule.ts';
import type { Services } from '../../src/domain/services.ts';
import type { Random } from '../harness/random.ts';
import type { MemoryStore } from '../slack/memory.ts';
import { requestOf } from './lives.ts';

const NAMES = ['churn', 'ltv', 'fraud'];
/** Whoever approves what is for the edge `madrid`, and for the tag `prod`. */
export const APPROVER = 'U4';
export const OPERATOR = 'U3';
export const PEOPLE = ['U1', 'U2', OPERATOR, APPROVER];

export interface Doing {
  services: Services;
  /** To look at what there is, as on a screen of a moment ago. */
  store: MemoryStore;
  by: Requester;
  random: Random;
}

/** Null where there is nothing to do it with. */
type Deed = (doing: Doing) => Promise<unknown> | null;

const name = ({ random }: Doing) => random.pick(NAMES);
const which = ({ random }: Doing) => (random.chance(0.4) ? null : 1 + random.below(3));
const tag = ({ random }: Doing) => random.pick(['prod', 'test']);

function request(doing: Doing): BuildRequest {
  const { random } = doing;
  const specs = random.pick([['numpy'], ['numpy'], ['pandas'], ['numpy', 'pandas']]);
  const edges = random.pick([['lab'], ['lab'], [], ['lab', 'madrid']]);
  return { ...requestOf(...specs), environment: name(doing), edges };
}

/** Does it with a build that somebody could see. */
function withBuild(doing: Doing, act: (build: Build) => Promise<unknown>): Promise<unknown> | null {
  const builds = [...doing.store.builds.values()];
  return builds.length === 0 ? null : act(doing.random.pick(builds));
}

/** Does it with an approval that somebody was asked for. */
function withApproval(doing: Doing, act: (id: string) => Promise<unknown>) {
  const ids = [...doing.store.approvals.keys()];
  return ids.length === 0 ? null : act(doing.random.pick(ids));
}

export const DEEDS: Readonly<Record<string, Deed>> = {
  create: (doing) => doing.services.create(request(doing), doing.by),
  createPlanned: (doing) => doing.services.createPlanned(request(doing), doing.by),
  clone: (doing) =>
    doing.services.clone({ name: name(doing), which: which(doing) }, name(doing), [], doing.by),
  retry: (doing) => withBuild(doing, (build) => doing.services.retry(build, doing.by)),
  rebuild: (doing) => withBuild(doing, (build) => doing.services.rebuild(build, doing.by)),
  cancel: (doing) => withBuild(doing, (build) => doing.services.cancel(build, doing.by)),
  verify: (doing) => withBuild(doing, (build) => doing.services.verify(build, doing.by)),
  delete: (doing) => doing.services.letGo(name(doing), which(doing), false, doing.by),
  forget: (doing) => doing.services.forget(name(doing), false, doing.by),
  restore: (doing) => doing.services.restore(name(doing), which(doing), doing.by),
  keep: (doing) => doing.services.keep(name(doing), 1, doing.by),
  tag: (doing) => doing.services.tag(name(doing), which(doing), tag(doing), doing.by),
  untag: (doing) => doing.services.untag(name(doing), tag(doing), doing.by),
  rollback: (doing) => doing.services.rollback(name(doing), which(doing), doing.by),
  schedule(doing) {
    const every = doing.random.chance(0.7) ? doing.random.pick(PERIODS) : null;
    return doing.services.schedule(name(doing), every, doing.random.chance(0.3), doing.by);
  },
  approve: (doing) => withApproval(doing, (id) => doing.services.approve(id, doing.by)),
  refuse: (doing) => withApproval(doing, (id) => doing.services.refuse(id, 'no', doing.by)),
  freeze: (doing) => doing.services.freeze('madrid', 'works', doing.by),
  thaw: (doing) => doing.services.thaw('madrid', doing.by),
  subscribe: ({ services, by, store, random }) => {
    const [environment = null] = [...store.environments.keys()];
    const wanted = {
      environment: random.chance(0.5) ? environment : null,
      owner: null,
      edge: null,
    };
    return services.subscribe({ ...wanted, here: false, outcomes: ['ready', 'failed'] }, by);
  },
};
