import type { Mend, MissingModule } from '../finding.ts';
import { AGAIN, type FailureCause, type Known, line, rebuild, WITH_PROJECT } from './cause.ts';

/** Nobody's whom a channel knows: most likely the person's own code. */
const isOwn = (missing: MissingModule | null): boolean => missing?.packages.length === 0;
const withModule = ({ missing }: Known): Mend =>
  missing?.packages[0] === undefined ? WITH_PROJECT : { specs: [missing.packages[0]] };
const packageOf = (missing: MissingModule | null): string =>
  missing === null ? 'the package' : `\`${missing.packages[0]}\``;

/** The environment itself, and what hides or mixes it. */
export const ENVIRONMENT_CAUSES: readonly FailureCause[] = [
  {
    id: 'python-version-mismatch',
    title: 'Driver and executors run different Pythons',
    cause:
      'The minor versions differ, so functions of the driver cannot be read on the executors: one side used a Python of the node or of the shell instead of the environment.',
    fix: 'Give both sides the same build: PYSPARK_DRIVER_PYTHON and PYSPARK_PYTHON as in {line}.',
    command: line,
    explainedBy: [],
  },
  {
    id: 'module-missing-on-executor',
    title: 'A module is missing on the executors',
    cause:
      "The executors' Python has no {subject}. Either it is not in the environment, or the executors did not use the environment because PYSPARK_PYTHON did not point into the archive.",
    fix: ({ missing }) =>
      isOwn(missing)
        ? 'If it is your own code, build it into the environment with --project; if it is a package, add it under its name in the channel.'
        : `Run with {line}, which sets PYSPARK_PYTHON. If the environment does not have it yet, build it with ${packageOf(missing)} as well.`,
    command: (known) => (isOwn(known.missing) ? rebuild(WITH_PROJECT)(known) : line(known)),
    mend: withModule,
    explainedBy: [
      'egg-shadows-package',
      'editable-package',
      'module-shadowed',
      'connect-server-without-python',
      'package-version-differs',
    ],
  },
  {
    id: 'module-missing-on-driver',
    title: 'A module is missing in the driver',
    cause:
      "The driver's Python has no {subject}. Either it is not in the environment, or the driver runs another Python: in client mode the shell's, in cluster mode the node's.",
    fix: ({ missing }) =>
      isOwn(missing)
        ? 'If it is your own code, build it into the environment with --project; if it is a package, add it under its name in the channel.'
        : `Build the environment with ${packageOf(missing)} as well. If it has it, start with {line}: it sets PYSPARK_DRIVER_PYTHON, in cluster mode for the driver's container.`,
    command: (known) =>
      isOwn(known.missing)
        ? rebuild(WITH_PROJECT)(known)
        : rebuild({ specs: [known.missing?.packages[0] ?? 'PACKAGE'] })(known),
    mend: withModule,
    explainedBy: [
      'egg-shadows-package',
      'editable-package',
      'module-shadowed',
      'module-missing-on-executor',
      'spark-home-missing',
      'python-unsupported-by-spark',
      'package-unsupported-by-spark',
      'pythonhome-leak',
    ],
  },
  {
    id: 'spark-home-missing',
    title: 'Spark cannot find itself',
    cause:
      "SPARK_HOME is not set, and the Python in use has no pyspark: a Spark installed with pip asks the driver's Python where it is, and a shipped environment does not know.",
    fix: 'Set SPARK_HOME to the Spark of the edge; {line} does when the profile knows it. Do not put another pyspark into the environment.',
    command: line,
    explainedBy: ['pythonhome-leak', 'connect-server-without-python'],
  },
  {
    id: 'conda-files-clobbered',
    title: 'pip overwrote files of conda',
    cause:
      'A package installed with pip replaced or removed files that conda manages, so the environment is neither the one nor the other.',
    fix: 'Take the package from one of the two only; your own code goes in last, with --project.',
    command: rebuild(WITH_PROJECT),
    mend: WITH_PROJECT,
    explainedBy: [],
  },
  {
    id: 'editable-package',
    title: 'An editable install cannot travel',
    cause:
      'The package was installed with `pip install -e` or from something that is no wheel: its code is outside the environment, on the machine it was built on.',
    fix: 'Have it built and installed as a wheel with --project.',
    command: rebuild(WITH_PROJECT),
    mend: WITH_PROJECT,
    explainedBy: [],
  },
  {
    id: 'dangling-link',
    title: 'A file behind a link is not in the archive',
    cause:
      'A library or link of the environment points to something that was not packed: a link across packages, to a file outside the environment, or one that the archive format dropped. Seen: {subject}.',
    fix: 'Build the environment again: links are resolved inside it, and what is missing is named before it is shipped.',
    command: rebuild(AGAIN),
    mend: AGAIN,
    explainedBy: ['glibc-or-arch', 'libhdfs', 'mkl-openmp-conflict'],
  },
  {
    id: 'numpy-abi',
    title: 'Two numpys do not fit each other',
    cause:
      "A compiled package, or an array on its way, meets a numpy it was not made for: two numpys are mixed, from pip and conda, from the node's own packages or ~/.local, or between driver and executors.",
    fix: 'Run with {line}, which keeps foreign packages out (PYTHONNOUSERSITE=1, no PYTHONPATH). If the mix is in the environment itself, build it from one channel with numpy pinned.',
    command: line,
    // numpy 2 loads nothing that was compiled for numpy 1; the other way round it does.
    mend: ({ evidence }) =>
      /compiled using NumPy 1\b|_ARRAY_API not found/.test(evidence)
        ? { specs: ['numpy<2'] }
        : null,
    explainedBy: [
      'egg-shadows-package',
      'glibc-or-arch',
      'python-version-mismatch',
      'library-shadowed',
      'mkl-openmp-conflict',
      'noexec-mount',
    ],
  },
  {
    id: 'egg-shadows-package',
    title: 'An egg hides the package of the environment',
    cause:
      'The egg of {subject} shipped with --py-files goes first on the path, and its compiled parts cannot be imported from inside an egg.',
    fix: 'Leave --py-files out: take the package from the environment, and build your own code into it with --project.',
    command: rebuild(WITH_PROJECT),
    mend: WITH_PROJECT,
    explainedBy: [],
  },
  {
    id: 'pythonhome-leak',
    title: "Python looks for its library in another Python's folder",
    cause:
      'PYTHONHOME or PYTHONPATH of the shell or the node leaks in, or the interpreter is a virtual environment whose base Python is not on the nodes.',
    fix: 'Run with {line}, which takes both variables away, and ship a conda environment, not a virtual environment.',
    command: line,
    explainedBy: ['zip-symlink-hang'],
  },
  {
    id: 'prefix-hardcoded',
    title: 'A path of the build host is written into a file',
    cause:
      'A script or binary of the environment holds the path it was built under, which does not exist on the nodes ({subject}); nothing rewrites it there.',
    fix: 'Build again: scripts are relocated when packed. Start tools as `python -m TOOL` rather than by their script.',
    command: rebuild(AGAIN),
    mend: AGAIN,
    explainedBy: [],
  },
];
