import { failed, type Look } from '../../domain/doctor.ts';
import type { Engine } from '../../domain/ports.ts';

/** The oldest of each program whose answers in JSON are those we read. */
const OLDEST: Readonly<Record<string, readonly [major: number, minor: number]>> = {
  conda: [4, 12],
  mamba: [1, 0],
  micromamba: [1, 0],
};

/** Which engine makes environments, and whether it is one we know. Errors: those of `describe`. */
export async function examineEngine(engine: Engine): Promise<Look> {
  const { version, reason } = await engine.describe();
  const [, program = '', major, minor] = /^(\S+) (\d+)\.(\d+)/.exec(version) ?? [];
  const [least = 0, leastMinor = 0] = OLDEST[program] ?? [];
  const isOld =
    program in OLDEST &&
    (Number(major) < least || (Number(major) === least && Number(minor) < leastMinor));
  return {
    text: `${version}: ${reason}`,
    faults: isOld
      ? [
          failed(
            `${version} is too old (${reason})`,
            `Install ${program} ${least}.${leastMinor} or newer, name another one in CONDA_EXE, or set \`engine: rattler\`.`,
          ),
        ]
      : [],
  };
}
