# Sourced, not run: make_environment DIRECTORY REQUIREMENTS makes a Python environment, or renews a stale one.
# It is safe to call from several processes at once, and fast when there is nothing to do.

make_environment() {
  local directory="$1" requirements="$2" stamp="$1/.requirements"
  if cmp -s "$requirements" "$stamp" && [ -x "$directory/bin/python" ]; then
    return
  fi
  (
    if command -v flock >/dev/null; then flock 9; fi
    if cmp -s "$requirements" "$stamp" && [ -x "$directory/bin/python" ]; then
      exit
    fi
    echo "making $directory from $(basename "$requirements") …" >&2
    [ -x "$directory/bin/python" ] || "${PYTHON:-python3}" -m venv "$directory"
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >&2
    cp "$requirements" "$stamp"
  ) 9>"$directory.lock"
}
