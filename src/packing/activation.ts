/**
 * The three scripts an archive gets besides the environment's own files. All are for people who
 * unpack it by hand: a YARN container neither sources nor runs any of them.
 *
 * `activate` and `deactivate` are sourced by bash, zsh, ksh, dash and busybox, under whatever
 * options the person has set: `set -eu`, zsh's NOMATCH, bash's failglob.
 */

/**
 * Sources the `.sh` files of a hook folder. The listing is looked at before the pattern is used: a
 * pattern without a match ends a zsh script. `-e`, `-u` and `-f` are off meanwhile: hooks of
 * conda packages read variables that are not set.
 */
const hooks = (folder: string) => `  if [ -d "\${_FERRY_PREFIX}/etc/conda/${folder}" ] &&
    ls "\${_FERRY_PREFIX}/etc/conda/${folder}" | grep -q '\\.sh$'; then
    _ferry_options=
    case $- in *u*) _ferry_options=u ;; esac
    case $- in *e*) _ferry_options="e\${_ferry_options}" ;; esac
    case $- in *f*) _ferry_options="f\${_ferry_options}" ;; esac
    set +euf
    for _ferry_hook in "\${_FERRY_PREFIX}/etc/conda/${folder}"/*.sh; do
      if [ -f "\${_ferry_hook}" ]; then . "\${_ferry_hook}"; fi
    done
    if [ -n "\${_ferry_options}" ]; then set "-\${_ferry_options}"; fi
    unset _ferry_hook _ferry_options
  fi`;

/**
 * `. bin/activate`: puts the prefix first on the PATH and runs its activation scripts. Only dash
 * and its like do not tell a sourced file where it lies; on Linux the file they read it from does.
 */
export const ACTIVATE = `# Source this file: . <prefix>/bin/activate
_ferry_script=
if [ -n "\${BASH_VERSION:-}" ]; then
  _ferry_script="\${BASH_SOURCE:-}"
elif [ -n "\${ZSH_VERSION:-}" ]; then
  eval '_ferry_script="\${(%):-%x}"'
elif [ -n "\${KSH_VERSION:-}" ]; then
  eval '_ferry_script="\${.sh.file}"' 2>/dev/null || :
fi
if [ -z "\${_ferry_script}" ] && [ -n "\${CONDA_PREFIX_TO_ACTIVATE:-}" ]; then
  _ferry_script="\${CONDA_PREFIX_TO_ACTIVATE}/bin/activate"
fi
if [ -z "\${_ferry_script}" ]; then
  for _ferry_file in /proc/$$/fd/*; do
    _ferry_file="$(readlink "\${_ferry_file}" 2>/dev/null || :)"
    case "\${_ferry_file}" in */bin/activate) _ferry_script="\${_ferry_file}" ;; esac
  done
  unset _ferry_file
fi
_ferry_prefix=
if [ -n "\${_ferry_script}" ]; then
  _ferry_prefix="$(unset CDPATH; \\cd "$(dirname "\${_ferry_script}")/.." >/dev/null && pwd)" || :
fi
if [ -z "\${ZSH_VERSION:-}" ] && [ "\${_ferry_script}" -ef "$0" ]; then
  echo "activate: this shell ends at once; source the file instead: . $0" >&2
  exit 1
elif [ -z "\${_ferry_prefix}" ] || [ ! -d "\${_ferry_prefix}/conda-meta" ]; then
  echo "activate: this shell does not say where the file lies; say it yourself:" >&2
  echo "  CONDA_PREFIX_TO_ACTIVATE=<prefix>; . <prefix>/bin/activate" >&2
  unset _ferry_script _ferry_prefix
  return 1
fi
case "\${_ferry_prefix}" in
  *:*)
    echo "activate: \${_ferry_prefix} has a colon, so it cannot be on the PATH; move it" >&2
    unset _ferry_script _ferry_prefix
    return 1
    ;;
esac
if [ -n "\${_FERRY_PREFIX:-}" ] && [ -f "\${_FERRY_PREFIX}/bin/deactivate" ]; then
  . "\${_FERRY_PREFIX}/bin/deactivate"
fi
_FERRY_PREFIX="\${_ferry_prefix}"
unset _ferry_script _ferry_prefix CONDA_PREFIX_TO_ACTIVATE
if [ -n "\${CONDA_PREFIX+set}" ]; then _FERRY_OLD_CONDA_PREFIX="\${CONDA_PREFIX}"; fi
if [ -n "\${CONDA_DEFAULT_ENV+set}" ]; then
  _FERRY_OLD_CONDA_DEFAULT_ENV="\${CONDA_DEFAULT_ENV}"
fi
CONDA_PREFIX="\${_FERRY_PREFIX}"
CONDA_DEFAULT_ENV="$(basename "\${_FERRY_PREFIX}")"
PATH="\${_FERRY_PREFIX}/bin\${PATH:+:\${PATH}}"
export CONDA_PREFIX CONDA_DEFAULT_ENV PATH
${hooks('activate.d').replace(/^ {2}/gm, '')}
hash -r 2>/dev/null || :
`;

/** `. bin/deactivate`: undoes `bin/activate`; what was put on the PATH since then stays. */
export const DEACTIVATE = `# Source this file: . <prefix>/bin/deactivate
if [ -n "\${_FERRY_PREFIX:-}" ]; then
${hooks('deactivate.d')}
  _ferry_path=":\${PATH}:"
  case "\${_ferry_path}" in
    *":\${_FERRY_PREFIX}/bin:"*)
      _ferry_path="\${_ferry_path%%":\${_FERRY_PREFIX}/bin:"*}:\${_ferry_path#*":\${_FERRY_PREFIX}/bin:"}"
      ;;
  esac
  _ferry_path="\${_ferry_path#:}"
  PATH="\${_ferry_path%:}"
  export PATH
  unset _ferry_path _FERRY_PREFIX CONDA_PREFIX CONDA_DEFAULT_ENV
  if [ -n "\${_FERRY_OLD_CONDA_PREFIX+set}" ]; then
    CONDA_PREFIX="\${_FERRY_OLD_CONDA_PREFIX}"
    export CONDA_PREFIX
    unset _FERRY_OLD_CONDA_PREFIX
  fi
  if [ -n "\${_FERRY_OLD_CONDA_DEFAULT_ENV+set}" ]; then
    CONDA_DEFAULT_ENV="\${_FERRY_OLD_CONDA_DEFAULT_ENV}"
    export CONDA_DEFAULT_ENV
    unset _FERRY_OLD_CONDA_DEFAULT_ENV
  fi
  hash -r 2>/dev/null || :
fi
`;
