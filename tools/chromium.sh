#!/bin/sh
# Prints the path of Chromium: of the one that NASHRA_CHROMIUM names, else of the first on PATH. Where there is none, it
# fails and says what to install: the browser tests are never left out.
set -eu
named=${NASHRA_CHROMIUM:-}
case $named in
  /* | '') ;;
  */*) named=${NASHRA_CALLER_CWD:-$PWD}/$named ;; # from where the caller stands
esac

for candidate in ${named:-chromium chromium-browser google-chrome}; do
  command -v "$candidate" && exit
done
printf '%s\n' \
  "nashra: --browser needs Chromium: \`sudo apt install chromium fonts-noto-core\`, or NASHRA_CHROMIUM=/path/to/chromium." \
  "نشرة: يلزم متصفح Chromium: ثبّته بالأمر المذكور أعلاه، أو دُلّ عليه بالمتغير NASHRA_CHROMIUM." >&2
exit 1
