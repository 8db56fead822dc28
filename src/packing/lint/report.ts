export interface LintFinding {
  /** The same id `diagnose` uses where the same thing has gone wrong. */
  id: string;
  severity: 'error' | 'warning';
  text: string;
  fix: string;
  /** The first five members concerned. */
  paths: string[];
  /** Names of the profiles where it fails, or for a warning, matters. */
  profiles: string[];
}

export interface LintReport {
  file: string;
  /** By content: what the bytes are. */
  format: 'zip' | 'tar.gz' | 'tar' | 'unknown';
  /** The single top-level folder, or null. */
  root: string | null;
  files: number;
  /** Size of the archive. */
  bytes: number;
  /** What it takes unpacked, as far as it could be read. */
  unpackedBytes: number;
  sha256: string;
  findings: LintFinding[];
  verdicts: Record<string, 'ok' | 'fails'>;
}
