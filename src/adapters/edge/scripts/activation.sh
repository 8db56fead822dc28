# What activation would set: the variables that conda keeps for the prefix (conda `activate.py`,
# `_get_environment_env_vars`), then the scripts themselves, in an otherwise empty environment.
# target environment
tell_activation() {
  asked=no
  for file in "$target"/etc/conda/activate.d/*.sh "$target"/etc/conda/env_vars.d/*.json \
    "$target/conda-meta/state"; do
    if [ -f "$file" ]; then asked=yes; fi
  done
  if [ "$asked" = no ]; then return 0; fi
  shell=sh
  if have bash; then shell=$(command -v bash); fi
  env -u PYTHONHOME -u PYTHONPATH PYTHONDONTWRITEBYTECODE=1 \
    "$target/bin/python" - "$target" "$environment" "$shell" 2>/dev/null <<'PYTHON'
import glob, json, os, subprocess, sys
prefix, name, shell = sys.argv[1:]

def read(path):
    try:
        with open(path) as file:
            return json.load(file)
    except (OSError, ValueError):
        return {}

variables = {}
for path in sorted(glob.glob(prefix + "/etc/conda/env_vars.d/*.json")):
    variables.update(read(path))
variables.update(read(prefix + "/conda-meta/state").get("env_vars") or {})
scripts = sorted(glob.glob(prefix + "/etc/conda/activate.d/*.sh"))
if variables or scripts:
    start = {
        "HOME": os.environ.get("HOME", "/"),
        "PATH": prefix + "/bin:" + os.environ.get("PATH", "/usr/bin:/bin"),
        "CONDA_PREFIX": prefix,
        "CONDA_DEFAULT_ENV": name,
        "CONDA_SHLVL": "1",
    }
    for key, value in variables.items():
        if isinstance(value, str) and value != "***unset***":
            start[key] = value
    # Also when a script ends the shell. NUL ends each variable, whatever it holds.
    report = "trap 'env -0 >&3' EXIT; exec 3>&1 >/dev/null 2>&1; for script; do . \"$script\"; done"
    process = subprocess.Popen(
        [shell, "-c", report, "activate"] + scripts,
        env=start, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, start_new_session=True,
    )
    try:
        output, _ = process.communicate(timeout=20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, 9)
        output, _ = process.communicate()
    found = dict(each.split("=", 1) for each in output.decode("utf-8", "replace").split("\0") if "=" in each)
    print("activation " + json.dumps(found))
PYTHON
  true
}
