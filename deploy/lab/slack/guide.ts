/** A guide of steps on the page: what somebody may try first, known to be done by what they see and did. */
import { randomUUID } from 'node:crypto';
import type { JsonObject } from './json.ts';
import type { Message, Workspace } from './workspace.ts';

/** What one person sees and did. */
export interface Seen {
  user: string;
  /** Every message this person sees, oldest first. */
  messages: readonly Message[];
  /** What this person copied on the page, oldest first. */
  copied: readonly string[];
  /** What the runs of steps answered to this person, oldest first. */
  answers: readonly string[];
}

export interface GuideStep {
  /** A word: the row of steps shows it. */
  title: string;
  /** What happens and why it matters, in one sentence or two. */
  text: string;
  isDone: (seen: Seen) => boolean;
  /** What a press puts into the field where one types; it is never sent. Null where there is nothing yet. */
  fill?: { label: string; text: (seen: Seen) => string | null };
  /** The message that a press leads to, once it is there. */
  find?: { label: string; message: (seen: Seen) => Message | undefined };
  /** What a press has done; resolves with what is shown of it, rejects with what is said instead. */
  run?: { label: string; meanwhile: string; start: (user: string) => Promise<string> };
}

export interface Guide {
  title: string;
  steps: readonly GuideStep[];
  /** What is said when every step is done. */
  end: string;
}

interface Progress {
  done: Set<GuideStep>;
  copied: string[];
  answers: string[];
  runs: Map<GuideStep, { running: boolean; answer: string | null; error: string | null }>;
}

/** One guide, and how far each person is; a step that was done stays done. */
export class GuideProgress {
  readonly #guide: Guide;
  readonly #workspace: Workspace;
  readonly #people = new Map<string, Progress>();
  /** What a browser remembers of another guide, it does not take for this one's. */
  readonly #id = randomUUID();

  constructor(guide: Guide, workspace: Workspace) {
    this.#guide = guide;
    this.#workspace = workspace;
  }

  /** What the page shows to a person, by id. */
  stateFor(user: string): JsonObject {
    const progress = this.#of(user);
    const messages = this.#workspace
      .channelsOf(user)
      .flatMap(({ id }) => this.#workspace.visibleTo(user, id))
      .sort((one, other) => Number(one.ts) - Number(other.ts));
    const { copied, answers } = progress;
    const seen: Seen = { user, messages, copied, answers };
    const { title, steps, end } = this.#guide;
    return {
      id: this.#id,
      title,
      end,
      steps: steps.map((step) => stepState(step, seen, progress)),
    };
  }

  /** Something was copied on the page. */
  copied(user: string, text: string): void {
    this.#of(user).copied.push(text);
    this.#workspace.changed();
  }

  /** Starts what the step at `index` runs; at most once at a time for each person. */
  run(user: string, index: number): void {
    const step = this.#guide.steps[index];
    if (!step?.run) throw new Error(`step ${index} of the guide runs nothing`);
    const { runs, answers } = this.#of(user);
    if (runs.get(step)?.running) return;
    const end = (answer: string | null, error: string | null): void => {
      if (answer !== null) answers.push(answer);
      runs.set(step, { running: false, answer, error });
      this.#workspace.changed();
    };
    runs.set(step, { running: true, answer: null, error: null });
    this.#workspace.changed();
    step.run.start(user).then(
      (answer) => end(answer, null),
      (error: Error) => end(null, error.message),
    );
  }

  #of(user: string): Progress {
    const { id } = this.#workspace.user(user);
    const progress = this.#people.get(id);
    if (progress) return progress;
    const made: Progress = { done: new Set(), copied: [], answers: [], runs: new Map() };
    this.#people.set(id, made);
    return made;
  }
}

function stepState(step: GuideStep, seen: Seen, { done, runs }: Progress): JsonObject {
  if (!done.has(step) && step.isDone(seen)) done.add(step);
  const { title, text, fill, find, run } = step;
  const message = find?.message(seen);
  return {
    ...{ title, text, done: done.has(step) },
    fill: fill ? { label: fill.label, text: fill.text(seen) } : null,
    find: find ? { label: find.label, channel: message?.channel, ts: message?.ts } : null,
    run: run
      ? {
          ...{ label: run.label, meanwhile: run.meanwhile },
          ...(runs.get(step) ?? { running: false, answer: null, error: null }),
        }
      : null,
  };
}
