import { DONE } from '../../domain/audit.ts';
import { FerryError } from '../../domain/errors.ts';
import type { Services } from '../../domain/services.ts';
import { DEEDS, type DeedName, type Told } from './deeds.ts';
import type { ServicePorts } from './ports.ts';

/** A method and its row of the table, where which one it is does not matter. */
type Method = (...asked: unknown[]) => Promise<unknown>;
type AnyTell = (asked: unknown[], result: unknown) => Told;

/**
 * The services behind the one door that every deed goes through, whoever asks and however: what is
 * done is written to the audit before it is answered, and so is what was refused. A deed that cannot
 * be written is answered with the store's error, though it is done: said again, it finds itself done.
 */
export function door(ports: ServicePorts, services: Services): Services {
  const names = Object.keys(DEEDS) as DeedName[];
  const audited = names.map((name) => {
    // TypeScript does not see that the method and its row are of the same name.
    const method = services[name] as Method;
    const tell = DEEDS[name] as AnyTell;
    return [name, through(ports, name, method, tell)] as const;
  });
  return { ...services, ...Object.fromEntries(audited) };
}

function through(
  { store, clock, login }: ServicePorts,
  deed: DeedName,
  method: Method,
  tell: AnyTell,
): Method {
  const write = (asked: unknown[], result: unknown, outcome: string) =>
    store.appendAudit({ at: clock.now(), login, deed, outcome, ...tell(asked, result) });
  return async (...asked) => {
    let result: unknown;
    try {
      result = await method(...asked);
    } catch (error) {
      // Why it went wrong is the answer, even where it cannot be written.
      await write(asked, null, error instanceof FerryError ? error.code : 'defect').catch(() => {});
      throw error;
    }
    await write(asked, result, DONE);
    return result;
  };
}
