/** Tells those who subscribed what came of an environment: a notice for each place. */
import type { Build } from '../domain/build.ts';
import {
  type Environment,
  isOwned,
  type Move,
  revisionLabel,
  tagLabel,
} from '../domain/environment.ts';
import type { Events } from '../domain/events.ts';
import type { Clock, Store } from '../domain/ports.ts';
import {
  type Happening,
  listenersOf,
  type Outcome,
  outcomeOf,
  placeOf,
  subscriptionKey,
} from '../domain/subscription.ts';

export interface TellingPorts {
  store: Pick<Store, 'readSubscriptions' | 'readEnvironment' | 'addNotice'>;
  clock: Clock;
}

type MovingPorts = TellingPorts & { events: Events };

/** Safe to do twice: what was told is told once, by the happening's id. */
async function tell({ store, clock }: TellingPorts, happening: Happening): Promise<void> {
  for (const subscription of listenersOf(happening, await store.readSubscriptions())) {
    const to = placeOf(subscription);
    await store.addNotice({
      ...{ id: `heard.${happening.id}.${to}`, kind: 'heard', to, happening },
      ...{ subscription: subscriptionKey(subscription), dueAt: clock.now() },
    });
  }
}

/** How a build ended. */
export async function tellSettled(ports: TellingPorts, build: Build): Promise<void> {
  const outcome = outcomeOf(build);
  if (outcome !== null) await tellOfBuild(ports, build, outcome, `${build.id}.${build.attempt}`);
}

/** That executors said no when a ready build was proven again. */
export async function tellUnproven(ports: TellingPorts, build: Build): Promise<void> {
  const id = `${build.id}.pressed.${build.pressed?.at ?? 0}`;
  await tellOfBuild(ports, build, 'not-proven', id);
}

async function tellOfBuild(ports: TellingPorts, build: Build, outcome: Outcome, id: string) {
  const { requester, pressed, cancelRequested, request, message } = build;
  const environment = await ports.store.readEnvironment(request.environment);
  const by = outcome === 'cancelled' && cancelRequested ? cancelRequested.user : requester.user;
  await tell(ports, {
    ...{ id, outcome, environment: request.environment, by, text: null },
    owner: environment && isOwned(environment) ? environment.owner : requester.user,
    ...{ edges: request.edges, revision: build.revision, buildId: build.id },
    // Whoever asked is told in the thread of the build.
    known: [by, requester.user, ...(pressed ? [pressed.by] : [])],
    shownIn: message?.channel ?? null,
  });
}

/** That revisions of an environment were let go; `at`: when, which is what tells it from others. */
export async function tellLetGo(
  ports: MovingPorts,
  { name, owner, revisions }: Environment,
  { at, by }: { at: number; by: string | null },
): Promise<void> {
  const gone = revisions.filter(({ letGo }) => letGo?.at === at);
  const [first] = gone;
  if (!first) return;
  for (const { number } of gone) {
    const reason = by === null ? 'retention' : 'deleted';
    ports.events.emit('revision-let-go', { user: by, environment: name, revision: number, reason });
  }
  const labels = gone.map(({ number }) => `\`${revisionLabel(name, number)}\``);
  await tell(ports, {
    ...{ id: `${name}.let-go.${at}`, outcome: 'let-go', environment: name, owner, by },
    edges: [...new Set(gone.flatMap(({ request }) => request.edges))],
    revision: gone.length === 1 ? first.number : null,
    ...{ buildId: null, known: by === null ? [] : [by], shownIn: null },
    text: `${labelsInWords(labels)}: the packages are known still, and \`restore ${revisionLabel(name, first.number)}\` builds it again.`,
  });
}

const MOST_NAMED = 5;

function labelsInWords(labels: readonly string[]): string {
  const hidden = labels.length - MOST_NAMED;
  const named = labels.slice(0, MOST_NAMED).join(', ');
  return hidden > 0 ? `${named} and ${hidden} more` : named;
}

/** That a tag, or what the environment's name alone means, is another revision now. */
export async function tellMoved(
  ports: MovingPorts,
  { name, owner, revisions }: Environment,
  { tag, from, to, by, at }: Move,
): Promise<void> {
  const label = (number: number | null) =>
    number === null ? 'nothing' : `\`${revisionLabel(name, number)}\``;
  const request = revisions.find(({ number }) => number === to)?.request;
  ports.events.emit('name-moved', { user: by, environment: name, tag, revision: to });
  await tell(ports, {
    ...{
      id: `${name}.moved.${at}.${tag ?? ''}.${to ?? 0}`,
      outcome: 'moved',
      environment: name,
      owner,
      by,
    },
    ...{ edges: request?.edges ?? [], revision: null, buildId: null, known: [by], shownIn: null },
    text: `\`${tagLabel(name, tag)}\` meant ${label(from)} and means ${label(to)} now.`,
  });
}
