import { isOfJava } from './calls.ts';
import { type Clue, isRaised } from './clue.ts';

/** Native libraries: whose is loaded, and whether the system lets it be. */
export const LIBRARY_CLUES: readonly Clue[] = [
  {
    id: 'glibc-or-arch',
    needle: 'exec format error',
    pattern: /exec(?:ve| user process caused)?.{0,200}: exec format error/,
    confidence: 0.92,
  },
  {
    id: 'glibc-or-arch',
    needle: 'GLIBC_',
    pattern: /version [`'"]?(GLIBC_[\d.]+)['"]? not found/,
    confidence: 0.97,
    accept: (place) => !isOfJava(place),
  },
  {
    // Every other versioned symbol is a library's that the environment has itself.
    id: 'library-shadowed',
    needle: 'not found (required by',
    pattern: /version [`'"]?((?!GLIBC_)[A-Z][A-Za-z0-9]*_[\w.]+)['"]? not found \(required by/,
    confidence: 0.95,
    accept: (place) => !isOfJava(place),
  },
  {
    id: 'library-shadowed',
    needle: ['GLIBCXX_', 'CXXABI_'],
    pattern: /version [`'"]?((?:GLIBCXX|CXXABI)_[\w.]+)['"]? not found/,
    confidence: 0.94,
    accept: (place) => !isOfJava(place),
  },
  {
    id: 'library-shadowed',
    needle: 'not defined in file',
    pattern: /symbol:? (\S+),? version \S+ not defined in file \S+ with link time reference/,
    confidence: 0.94,
    accept: (place) => !isOfJava(place),
  },
  {
    id: 'library-shadowed',
    needle: 'undefined symbol',
    pattern:
      /^(?:ImportError|OSError): (?:\S+): undefined symbol: (?!mkl_|cblas_|omp_|GOMP_|__kmpc|kmpc|LAPACK)(\w+)/,
    confidence: 0.75,
    accept: (place) => isRaised(place) && !isOfJava(place),
  },
  {
    id: 'library-shadowed',
    needle: 'symbol lookup error',
    pattern: /\/bin\/python[\d.]*: symbol lookup error: \S+: undefined symbol: (\w+)/,
    confidence: 0.88,
  },
  {
    id: 'mkl-openmp-conflict',
    needle: ['MKL FATAL ERROR', 'MKL ERROR'],
    pattern: /I(?:ntel|NTEL)(?:\(R\))? (?:one)?MKL (?:FATAL )?ERROR: (?!Parameter)/,
    confidence: 0.96,
  },
  {
    id: 'mkl-openmp-conflict',
    needle: 'OMP: Error #',
    pattern: /OMP: Error #(?:15|13|179|100|178)\b/,
    confidence: 0.95,
  },
  {
    id: 'mkl-openmp-conflict',
    needle: 'is incompatible with',
    pattern: /MKL_THREADING_LAYER=?\w{0,20} is incompatible with/,
    confidence: 0.95,
  },
  {
    id: 'mkl-openmp-conflict',
    needle: 'static TLS block',
    pattern:
      /(?<!\S)(\S{0,300}lib(?:gomp|iomp5|omp|mkl|openblas)[^\s:]{0,100}): cannot allocate memory in static TLS block/,
    confidence: 0.92,
  },
  {
    id: 'mkl-openmp-conflict',
    needle: 'undefined symbol',
    pattern: /undefined symbol: (?:mkl_|cblas_|omp_|GOMP_|__kmpc|kmpc|LAPACK)\w*/,
    confidence: 0.88,
    accept: (place) => !isOfJava(place),
  },
  {
    id: 'noexec-mount',
    needle: 'failed to map segment from shared object',
    pattern: /(?<!\S)(\S+): failed to map segment from shared object/,
    confidence: 0.93,
    accept: (place) => !isOfJava(place),
  },
  {
    id: 'noexec-mount',
    needle: 'Cannot run program',
    pattern:
      /Cannot run program "([^"]*python[\d.]*)"[^:]{0,300}: (?:Exec failed, )?error[=:] ?(?:1,|1 \(|13\b)/,
    confidence: 0.96,
    accept: ({ message, mentions }) => /error[=:] ?1[, ]/.test(message) || mentions(NO_EXECUTION),
  },
  {
    id: 'noexec-mount',
    needle: ['ermission denied', 'peration not permitted'],
    pattern:
      /(?<![\w./-])[\w-]{0,100}((?:\.{1,2}|\/)[^\s:'"]{0,300}\/bin\/python[\d.]{0,9})['"]?: (?:cannot execute: )?(?:[Pp]ermission denied|[Oo]peration not permitted)/,
    confidence: 0.96,
    accept: ({ message, mentions }) => /peration not/.test(message) || mentions(NO_EXECUTION),
  },
];

/** The mount says it, or the file has the bits and still may not be executed. */
const NO_EXECUTION =
  /\bnoexec\b|^\S{0,80}[^\S\n]{0,80}-[rwx-]{2}x[rwx-]{2}x[rwx-]{2}x\S{0,2} .{0,200}\bbin\/python[\d.]{0,9}[^\S\n]{0,9}$/m;
