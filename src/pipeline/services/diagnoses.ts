import type { Diagnoses } from '../../domain/services/diagnoses.ts';
import { KEPT_DIAGNOSIS } from '../../domain/stored-diagnosis.ts';
import type { ServicePorts } from './ports.ts';

/** Diagnoses kept in the store for as long as it keeps open questions. */
export function diagnoses({ store, newId }: ServicePorts): Diagnoses {
  return {
    async keepDiagnosis(diagnosis) {
      const id = newId();
      await store.keep(id, diagnosis);
      return id;
    },
    keptDiagnosis: (id) => store.readKept(id, KEPT_DIAGNOSIS),
  };
}
