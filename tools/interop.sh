#!/bin/sh
# `./nashra test --interop [DOCUMENT]`: outside linters read the OpenAPI document, and may find nothing at all.
#
#   Spectral  rules of OpenAPI and OWASP, with hints      tests/interop/spectral.yaml
#   Redocly   its recommended rules, warnings included    tests/interop/redocly.yaml
#
# The only step that needs Node (20.19 or newer of 20, else 22.12 or newer) and npm. The linters, and the generators of
# clients for tests/interop, are locked with hashes in tests/interop/package-lock.json and installed in
# tests/interop/node_modules, which git ignores; renew them with `npm install --package-lock-only` there. They are
# versions that run on Node 20. Without Node this fails, so that CI cannot pass by leaving it out.
set -eu
cd "$(dirname "$0")/.."
document=${1:-openapi.json}
home=tests/interop
stamp=$home/node_modules/.nashra-stamp

fail() { printf '%s\n' "$@" >&2; exit 1; }

if ! command -v node >/dev/null 2>&1 || ! command -v npm >/dev/null 2>&1; then
  fail "interop: needs Node.js (22.12 or newer) with npm, which is not on PATH; everything else in Nashra works without." \
    "يلزم Node.js لهذه الخطوة وحدها، وهو غير موجود."
fi
node -e 'const [a, b] = process.versions.node.split(".").map(Number);
process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a > 22 ? 0 : 1)' ||
  fail "interop: Node.js $(node --version) is too old; it needs 22.12 or newer (or 20.19 of the 20 line)." \
    "إصدار Node.js قديم؛ يلزم 22.12 أو أحدث."
[ -f "$document" ] || fail "interop: there is no $document."

[ -w "${HOME:-/nonexistent}" ] || export npm_config_cache="$PWD/$home/.npm"
export REDOCLY_TELEMETRY=off REDOCLY_SUPPRESS_UPDATE_NOTICE=true

locked="$(cksum <"$home/package-lock.json") $(node --version)"
if [ "$(cat "$stamp" 2>/dev/null)" != "$locked" ]; then
  printf 'interop: installing the linters and generators ...\n' >&2
  npm ci --prefix "$home" --loglevel=error >&2 ||
    fail "interop: npm could not install the linters and generators (its words are above); check the network." \
      "تعذّر تثبيت أدوات الفحص؛ تحقق من الشبكة."
  printf '%s\n' "$locked" >"$stamp"
fi

status=0
printf '\n── Spectral\n'
"$home/node_modules/.bin/spectral" lint --ruleset "$home/spectral.yaml" --fail-severity hint "$document" || status=1
printf '\n── Redocly\n'
"$home/node_modules/.bin/redocly" lint --config "$home/redocly.yaml" --format stylish "$document" 2>&1 || status=1
if [ $status = 0 ]; then printf '\ninterop: no findings in %s\n' "$document"; else
  printf '\ninterop: FAILED: findings in %s (above)\n' "$document"
fi
exit $status
