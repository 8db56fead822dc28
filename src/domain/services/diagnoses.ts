import type { Finding, Mention, ShownForm } from '../diagnosis.ts';

/** Diagnoses that wait for an answer. */
export interface Diagnoses {
  /** Keeps what a log showed until it is said which environment is meant; answers its id. */
  keepDiagnosis(diagnosis: KeptDiagnosis): Promise<string>;
  /** Null once it is forgotten. */
  keptDiagnosis(id: string): Promise<KeptDiagnosis | null>;
}

/** What a log showed, without the log. */
export interface KeptDiagnosis {
  findings: Finding[];
  mentions: Mention[];
  form: ShownForm;
}
