import { looksSecret } from './settings.ts';

/** What activation gives a person's shell and a line can give to driver and executors. */
export interface Activation {
  /** Variable → path relative to the prefix, or several of them with `:` between. */
  activation: Record<string, string>;
  /** Variable → value as it is. */
  variables: Record<string, string>;
}

/**
 * Variables that decide how Spark and its workers start. Some packages set them when activated
 * (openjdk sets JAVA_HOME); on an executor they would change the JVM, the loader or the interpreter.
 */
const DECIDED_BY_THE_LINE =
  /^(PATH|PWD|HOME|IFS|ENV|BASH_ENV|SHELLOPTS|LD_.*|DYLD_.*|JAVA_.*|JDK_.*|_JAVA_OPTIONS|JAVA_LD_LIBRARY_PATH|PYTHON.*|PYSPARK_.*|SPARK_.*|HADOOP_.*|HDFS_.*|YARN_.*)$/;

export function isDecidedByTheLine(name: string): boolean {
  return DECIDED_BY_THE_LINE.test(name);
}

/** Set by the shell, or by activation itself in a way that means nothing on an executor. */
const OF_THE_SHELL =
  /^(PATH|PWD|OLDPWD|HOME|SHLVL|TERM|USER|LOGNAME|PS\d|CONDA_.*|MAMBA_.*|_.*|.*_(BACKUP|OLD))$/;
/** What the packages of compilers set: for building, and a dozen of them. */
const OF_COMPILERS =
  /^(HOST|BUILD|AR|AS|CC|CPP|CXX|FC|F77|F90|F95|GCC|GXX|GFORTRAN|LD|NM|RANLIB|STRIP|.*FLAGS|DEBUG_.*|CMAKE_.*|MESON_.*|(ADDR2LINE|CXXFILT|C\+\+FILT|DWP|ELFEDIT|GCC_AR|GCC_NM|GCC_RANLIB|GPROF|LD_GOLD|OBJCOPY|OBJDUMP|READELF|SIZE|STRINGS)|.*_FOR_BUILD)$/;
/** Characters that neither YARN's launch script (`$X`, `{{X}}`) nor a shell reads as something else. */
const PLAIN = /^[\w.+@:,=/ -]{1,200}$/;

/**
 * Sorts what an activated shell has. A path in the prefix becomes relative to it; a plain value
 * stays. Left out: what belongs to the shell or to compilers, text around a path of the prefix
 * (`file://PREFIX/…`, which cannot be relative), a person's home, and what looks like a secret, for a
 * command line is visible to every user of a host.
 */
export function activationOf(
  environment: Readonly<Record<string, string>>,
  prefix: string,
): Activation {
  const activation: Record<string, string> = {};
  const variables: Record<string, string> = {};
  const home = environment.HOME ?? '';
  for (const [name, value] of Object.entries(environment)) {
    if (OF_THE_SHELL.test(name) || OF_COMPILERS.test(name) || looksSecret(name, value)) continue;
    const relative = relativeTo(prefix, value);
    if (relative !== null) activation[name] = relative;
    else if (
      PLAIN.test(value) &&
      value.trim() === value &&
      !value.includes(prefix) &&
      !(home.length > 1 && value.includes(home))
    ) {
      variables[name] = value;
    }
  }
  return { activation, variables };
}

/** The value as seen from the prefix, when every part of it lies there; else null. */
function relativeTo(prefix: string, value: string): string | null {
  const parts = value.split(':').filter((part) => part !== '');
  if (parts.length === 0) return null;
  const inside = parts.map((part) =>
    part === prefix ? '' : part.startsWith(`${prefix}/`) ? part.slice(prefix.length + 1) : null,
  );
  return inside.every((part) => part !== null && !/\s|(^|\/)\.\.(\/|$)/.test(part))
    ? inside.join(':')
    : null;
}
