# Sourced by the other scripts: the project's root, the path of its tools, and steps that print their time.

set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."
root="$PWD"
# Tools of other projects stay as they are: a version that only Podium needs goes into .tools.
# Debian keeps servers where users do not look for commands.
export PATH="$root/.tools/bin:${CARGO_HOME:-$HOME/.cargo}/bin:$PATH:/usr/sbin"
target="${CARGO_TARGET_DIR:-$root/target}"
# Playwright's own browsers are never downloaded; the journeys use the machine's Chromium.
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

say() { printf '%s\n' "$*" >&2; }

# step NAME COMMAND…: runs the command and prints how long it took. Ends the script when the command fails.
step() {
  local name="$1" started=$SECONDS
  shift
  say "── $name"
  "$@" || {
    say "── $name: FAILED after $((SECONDS - started)) s"
    return 1
  }
  say "── $name: $((SECONDS - started)) s"
}

# The browser of the journeys: the one named by CHROMIUM, else the machine's.
find_browser() {
  if [ -n "${CHROMIUM:-}" ]; then
    command -v "$CHROMIUM"
  else
    command -v chromium || command -v chromium-browser || command -v google-chrome
  fi
}
