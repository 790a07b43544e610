# Sourced, not run. make_environment DIRECTORY REQUIREMENTS [OLDEST] makes a Python environment, or renews a stale one.
# OLDEST is the oldest minor version of Python 3 that will do (default 10; the Snowflake connectors need 11).
# It is safe to call from several processes at once, and fast when there is nothing to do.

find_python() {
  local candidate
  for candidate in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11 python3.10; do
    if "$candidate" -c "import sys; sys.exit(sys.version_info < (3, $1))" 2>/dev/null; then
      echo "$candidate"
      return
    fi
  done
  echo "Python 3.$1 or newer is needed; none was found (PYTHON=… names one)" >&2
  return 1
}

make_environment() {
  local directory="$1" requirements="$2" oldest="${3:-10}" stamp="$1/.requirements" python
  if cmp -s "$requirements" "$stamp" && [ -x "$directory/bin/python" ]; then
    return
  fi
  (
    if command -v flock >/dev/null; then flock 9; fi
    if cmp -s "$requirements" "$stamp" && [ -x "$directory/bin/python" ]; then
      exit
    fi
    echo "making $directory from $(basename "$requirements") …" >&2
    if [ ! -x "$directory/bin/python" ]; then
      python="$(find_python "$oldest")" || exit 1
      "$python" -m venv "$directory"
    fi
    "$directory/bin/python" -m pip install --quiet --disable-pip-version-check --requirement "$requirements" >&2 &&
      cp "$requirements" "$stamp"
  ) 9>"$directory.lock"
}

# make_node_tool DIRECTORY PACKAGE_JSON installs what a package.json names, or renews it.
make_node_tool() {
  local directory="$1" package="$2" stamp="$1/installed.json"
  if cmp -s "$package" "$stamp"; then
    return
  fi
  mkdir -p "$directory"
  (
    if command -v flock >/dev/null; then flock 9; fi
    if cmp -s "$package" "$stamp"; then
      exit
    fi
    echo "installing $(basename "$directory") with npm …" >&2
    cp "$package" "$directory/package.json"
    cd "$directory"
    npm install --silent --no-audit --no-fund --no-package-lock --ignore-scripts >&2 && cp "$package" "$stamp"
  ) 9>"$directory.lock"
}
