#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# The report of a large trace: SIZE bytes of JSON (4G; half a GB of disk for each GB), made of a real
# trace by shifting its times. Prints the peak memory of each program, the page's size, and how
# long a browser takes from the begin of loading until scripts have run and everything has its
# place, in light, dark and 500 pixels wide. TRACE= is grown instead of the stored one; SHOTS=FOLDER keeps pictures.
set -euo pipefail
cd "$(dirname "$0")/../.." || exit

SIZE=${SIZE:-4G} SHOTS=${SHOTS:-}
trace=${TRACE:-${WARPIPE_SHARED:-../shared}/data/traces/mi300_Qwen_Qwen1.5-0.5B-Chat__1016005.json.gz}
[ -e "$trace" ] || trace=fixtures/tr-parse/small.in.json
make -s bin build/tests/bench/trace-grow
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
browser=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)

# Each program under time, which writes its peak.
mkdir "$work/bin"
for program in bin/*; do
	program=$(basename "$program")
	# shellcheck disable=SC2016 # the wrapper expands them
	printf '#!/bin/sh\nexec /usr/bin/time -a -o %q -f "%%M KiB %s $1 $2" %q "$@"\n' \
		"$work/peaks" "$program" "$PWD/bin/$program" >"$work/bin/$program"
done
chmod +x "$work/bin"/*
build/tests/bench/trace-grow "$SIZE" "$trace" | gzip -1 >"$work/big.json.gz"
start=$EPOCHREALTIME
BIN=$work/bin TMPDIR=$work pipelines/trace-report -o "$work/out" "$work/big.json.gz" >"$work/printed" || [ $? -eq 1 ]
echo "report: $(echo "$EPOCHREALTIME - $start" | bc) s; load $(cut -d ' ' -f 1 /proc/loadavg)"
sed -n 2p "$work/printed"
sort -rn "$work/peaks" | awk '!seen[$3 $4 $5]++' | head -n 8
page=$work/out/big/report.html
echo "page: $(wc -c <"$page") bytes"
[ -n "$browser" ] || exit 0
sed '/<\/body>/d' "$page" >"$work/page.html"
echo '<script>addEventListener("load", () => { document.body.offsetHeight;
	document.title = "ready after " + Math.round(performance.now()) + " ms" })</script></body></html>' >>"$work/page.html"
for look in light dark narrow; do
	options=("--window-size=1300,900")
	[ "$look" != dark ] || options+=(--blink-settings=preferredColorScheme=0)
	[ "$look" != narrow ] || options=("--window-size=500,900")
	[ -z "$SHOTS" ] || options+=("--screenshot=$SHOTS/$look.png")
	"$browser" --headless --no-sandbox --disable-gpu --disable-dev-shm-usage --user-data-dir="$work/browser" \
		"${options[@]}" --timeout=60000 --dump-dom "file://$work/page.html" 2>/dev/null >"$work/dom" || true
	echo "$look: $(grep -m 1 -o 'ready after [0-9]* ms<' "$work/dom" | tr -d '<')"
done
