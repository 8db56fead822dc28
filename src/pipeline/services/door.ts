import { type ApprovedBy, type AuditEntry, DONE, saidAs } from '../../domain/audit.ts';
import { FerryError, toFailure } from '../../domain/errors.ts';
import { secondsBetween } from '../../domain/events.ts';
import { requireAllowed } from '../../domain/policy.ts';
import type { Services } from '../../domain/services.ts';
import { DEEDS, type DeedName, type Told } from './deeds.ts';
import type { ServicePorts } from './ports.ts';
import { askerOf } from './roles.ts';

/** A method and its row of the table, where which one it is does not matter. */
type Method = (...asked: unknown[]) => Promise<unknown>;
type AnyTell = (asked: unknown[], result: unknown) => Told;

/**
 * The services behind the one door that every deed goes through, whoever asks and however: roles must
 * allow it, and what is done is written to the audit before it is answered, as is what was refused. A
 * deed that cannot be written is answered with the store's error, though it is done: said again, it
 * finds itself done. `approval`: by which it is done.
 */
export function door<Some extends Partial<Services>>(
  ports: ServicePorts,
  services: Some,
  approval: ApprovedBy | null = null,
): Some {
  const there = (Object.keys(DEEDS) as DeedName[]).filter((name) => services[name] !== undefined);
  const deeds = there.map((name) => {
    // TypeScript does not see that a method and its row are of the same name.
    const tell = DEEDS[name] as AnyTell;
    const method = checked(ports, services[name] as Method, tell);
    return [name, written(ports, { deed: name, approval }, method, tell)] as const;
  });
  return { ...services, ...Object.fromEntries(deeds) };
}

/** The method for those whom roles allow it. */
function checked(ports: ServicePorts, method: Method, tell: AnyTell): Method {
  return async (...asked) => {
    const { requester, concerns } = tell(asked, null);
    requireAllowed(await askerOf(ports, requester.user), concerns, ports.settings);
    return method(...asked);
  };
}

/** The method, and what came of it in the audit and the log. */
function written(
  { store, clock, login, events }: ServicePorts,
  entry: Pick<AuditEntry, 'deed' | 'approval'>,
  method: Method,
  tell: AnyTell,
): Method {
  const write = (asked: unknown[], result: unknown, outcome: string) => {
    const { concerns: _, ...told } = tell(asked, result);
    return store.appendAudit({ ...entry, at: clock.now(), login, outcome, ...told });
  };
  const eventOf = (asked: unknown[], result: unknown) => {
    const { requester, deed = entry.deed, environment, build } = tell(asked, result);
    const { user, way = null } = requester;
    return { deed, user, way, environment, build, approval: entry.approval?.id ?? null };
  };
  return async (...asked) => {
    const { text } = tell(asked, null);
    events.emit('deed-asked', { ...eventOf(asked, null), text: saidAs(text, null) });
    const begunAt = clock.now();
    const seconds = () => secondsBetween(begunAt, clock.now());
    let result: unknown;
    try {
      result = await method(...asked);
    } catch (error) {
      const { code, message: reason } = toFailure(error);
      events.emit('deed-refused', { ...eventOf(asked, null), seconds: seconds(), code, reason });
      // Why it went wrong is the answer, even where it cannot be written.
      await write(asked, null, error instanceof FerryError ? error.code : 'defect').catch(() => {});
      throw error;
    }
    events.emit('deed-done', { ...eventOf(asked, result), seconds: seconds() });
    await write(asked, result, DONE);
    return result;
  };
}
