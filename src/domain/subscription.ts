import type { Build } from './build.ts';
import { userError } from './errors.ts';
import { listInWords, type Person, type Phrase } from './phrase.ts';
import { listOf, number, object, oneOf, or, type Shape, string } from './shape.ts';

/** What can come of an environment and be heard of, each with how it is told of `churn@2`. */
export const OUTCOMES = {
  ready: { icon: '✅', words: 'is ready' },
  failed: { icon: '❌', words: 'could not be built' },
  cancelled: { icon: '⏹️', words: 'is not built: it was cancelled' },
  'not-proven': { icon: '⚠️', words: 'does not work on the executors' },
  moved: { icon: '🔖', words: 'was moved' },
  'let-go': { icon: '🗑️', words: 'was let go' },
} as const satisfies Readonly<Record<string, { icon: string; words: string }>>;

export type Outcome = keyof typeof OUTCOMES;

/** What came of a build; null of one that is open. What was built and does not work is told as that. */
export function outcomeOf({ state, failure }: Build): Outcome | null {
  if (state === 'failed') return failure?.code === 'verification-failed' ? 'not-proven' : 'failed';
  return state === 'ready' || state === 'cancelled' ? state : null;
}

export const OUTCOME_NAMES = Object.keys(OUTCOMES) as Outcome[];

/** What is watched; what is null is not looked at, so with nothing but nulls everything is. */
export interface Watched {
  environment: string | null;
  /** Environments of this person. */
  owner: string | null;
  edge: string | null;
}

/** What somebody wants to hear of, and where. */
export interface Subscription extends Watched {
  /** Whoever subscribed. */
  user: string;
  /** Where everybody is told; null: the person, directly. */
  channel: string | null;
  /** In the order of `OUTCOMES`. */
  outcomes: Outcome[];
  at: number;
}

/** Something that came of an environment. */
export interface Happening {
  /** The same for the same, so that it is told once whoever tells it and how often. */
  id: string;
  outcome: Outcome;
  environment: string;
  owner: string;
  edges: readonly string[];
  revision: number | null;
  /** The build it came of; null where it came of none. */
  buildId: string | null;
  /** Whose doing it is; null where nobody asked for it. */
  by: string | null;
  /** Who knows already: it was their press. */
  known: string[];
  /** The channel in which everybody sees it anyway. */
  shownIn: string | null;
  /** What is to be said of it; null where its build says it. */
  text: string | null;
}

/** So many may one person have: who wants to hear of more wants an edge, or everything. */
export const MOST_SUBSCRIPTIONS = 30;

/** Where it is told: a channel, or a person by their id. */
export const placeOf = ({ channel, user }: Subscription): string => channel ?? user;

/** The same place and the same watched: one subscription, whatever its outcomes. */
export function subscriptionKey(subscription: Subscription): string {
  const { environment, owner, edge } = subscription;
  return JSON.stringify([placeOf(subscription), environment, owner, edge]);
}

export function isSameWatched(left: Watched, right: Watched): boolean {
  return (
    left.environment === right.environment && left.owner === right.owner && left.edge === right.edge
  );
}

/**
 * Who is told of it, each place once: by the subscription that says most exactly what it is about.
 * Nobody is told of their own doing, and no channel of what it sees anyway.
 */
export function listenersOf(
  happening: Happening,
  subscriptions: readonly Subscription[],
): Subscription[] {
  const heard = new Map<string, Subscription>();
  for (const subscription of subscriptions) {
    const place = placeOf(subscription);
    if (!isMeant(subscription, happening) || knows(place, happening)) continue;
    const other = heard.get(place);
    if (!other || exactness(subscription) > exactness(other)) heard.set(place, subscription);
  }
  return [...heard.values()];
}

function isMeant(subscription: Subscription, happening: Happening): boolean {
  const { environment, owner, edge, outcomes } = subscription;
  return (
    outcomes.includes(happening.outcome) &&
    (environment === null || environment === happening.environment) &&
    (owner === null || owner === happening.owner) &&
    (edge === null || happening.edges.includes(edge))
  );
}

function knows(place: string, { known, shownIn }: Happening): boolean {
  return known.includes(place) || place === shownIn;
}

/** An environment is more exact than an owner, and that more than an edge. */
function exactness({ environment, owner, edge }: Watched): number {
  return (environment ? 4 : 0) + (owner ? 2 : 0) + (edge ? 1 : 0);
}

/** `churn`, `what @ana owns on lab`, `everything` */
export function watchedInWords({ environment, owner, edge }: Watched): (string | Person)[] {
  const what =
    environment !== null
      ? [`\`${environment}\``, ...(owner === null ? [] : [' of ', { person: owner }])]
      : owner !== null
        ? ['what ', { person: owner }, ' owns']
        : ['everything'];
  return edge === null ? what : [...what, ` on \`${edge}\``];
}

/** `ready or failed`; `whatever comes of it` where it is all there is. */
export function outcomesInWords(outcomes: readonly Outcome[]): string {
  return outcomes.length === OUTCOME_NAMES.length
    ? 'whatever comes of it'
    : listInWords(outcomes, 'or');
}

/** What ends a subscription, said where it is told. */
export function unsubscribeCommand(subscription: Pick<Subscription, 'channel'> & Watched): string {
  return ['unsubscribe', ...watchedWords(subscription)].join(' ');
}

export function watchedWords({
  environment,
  owner,
  edge,
  channel,
}: Pick<Subscription, 'channel'> & Watched): string[] {
  return [
    ...(environment === null ? [] : [environment]),
    ...(owner === null ? [] : [`@${owner}`]),
    ...(edge === null ? [] : ['--edge', edge]),
    ...(channel === null ? [] : ['--here']),
  ];
}

/** Throws `too-many-subscriptions` where one more would be. */
export function requireRoom(own: readonly Subscription[]): void {
  if (own.length < MOST_SUBSCRIPTIONS) return;
  throw userError({
    code: 'too-many-subscriptions',
    message: `You watch ${own.length} things, and more than ${MOST_SUBSCRIPTIONS} nobody may.`,
    suggestion:
      'End one with `unsubscribe`; `subscriptions` shows them. Or watch an owner or an edge instead of each environment.',
  });
}

/** The refusal of ending what is none; `known`: those that are told at the same place. */
export function notSubscribed(
  wanted: Watched & Pick<Subscription, 'channel'>,
  known: readonly Subscription[],
) {
  const others = known.slice(0, 3).map((each) => `\`${unsubscribeCommand(each)}\``);
  const message: Phrase = [
    wanted.channel === null ? 'You do not watch ' : 'This channel does not watch ',
    ...watchedInWords(wanted),
    '.',
  ];
  return userError({
    code: 'not-subscribed',
    message,
    suggestion:
      others.length === 0
        ? 'Nothing is watched here; `subscribe NAME` begins.'
        : `There is ${listInWords(others, 'or')}.`,
  });
}

export const SUBSCRIPTION: Shape<Subscription> = object<Subscription>({
  ...{ user: string, channel: or(string, null), at: number },
  ...{ environment: or(string, null), owner: or(string, null), edge: or(string, null) },
  outcomes: listOf(oneOf(OUTCOME_NAMES)),
});

export const HAPPENING: Shape<Happening> = object<Happening>({
  ...{ id: string, outcome: oneOf(OUTCOME_NAMES), environment: string, owner: string },
  ...{ edges: listOf(string), revision: or(number, null), buildId: or(string, null) },
  ...{ by: or(string, null), known: listOf(string), shownIn: or(string, null) },
  text: or(string, null),
});
