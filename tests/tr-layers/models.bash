# SPDX-License-Identifier: Apache-2.0
# What the tests of tr-layers share: streams of records of made-up models.
# shellcheck shell=bash

setup() {
	cd "$ROOT" || exit
	MODELS=$FIXTURES/tr-layers/models
}

# generate MODEL [VARIABLE=VALUE...]: the record stream of a made-up model.
generate() {
	local model=$1 variable variables=()
	shift
	for variable in "$@"; do variables+=(-v "$variable"); done
	awk "${variables[@]}" -f "$FIXTURES/tr-layers/generate.awk" "$MODELS/$model"
}

# misplaced: of tr-layers --kernels output, the kernels that are in another layer than the
# generator put them, one line each.
misplaced() {
	jq -r 'select(.kind == "kernel") | select(.layer != .want_layer or
		(.layer != null and .pass != .want_pass)) |
		"\(.index) \(.name): wanted \(.want_pass)/\(.want_layer), got \(.pass)/\(.layer)"'
}

# stream LINE...: a stream of records with a beginning and an end. A line of six words is a
# kernel: rank device stream name ts dur, with type other; anything else is taken as it is.
stream() {
	local line rank device number name ts dur correlation=0
	echo '{"kind":"trace","file":"made.json","rank":0}'
	for line in "$@"; do
		case $line in
		"{"*) echo "$line" ;;
		*)
			read -r rank device number name ts dur <<<"$line"
			printf '{"kind":"kernel","rank":%s,"name":"%s","ts":%s,"dur":%s,"device":%s,"stream":%s,"correlation":%s,"type":"other","stage":"unknown","roles":[]}\n' \
				"$rank" "$name" "$ts" "$dur" "$device" "$number" "$((++correlation))"
			;;
		esac
	done
	echo '{"kind":"end"}'
}

# kernels REPEAT NAME...: a classified trace in which these kernels run REPEAT times over.
kernels() {
	local repeat=$1
	shift
	printf '%s\n' "$@" | awk -v repeat="$repeat" '{ name[NR] = $0 }
		END {
			printf "{\"traceEvents\":["
			for (i = 0; i < repeat * NR; i++)
				printf "%s{\"ph\":\"X\",\"cat\":\"kernel\",\"name\":\"%s\",\"ts\":%d,\"dur\":9,\"pid\":0,\"tid\":7,\"args\":{\"device\":0,\"stream\":7,\"correlation\":%d,\"grid\":[9000,1,1],\"block\":[64,8,1]}}",
					i ? "," : "", name[i % NR + 1], 1000 + i * 10, i + 1
			print "]}"
		}' | tr-parse | tr-classify
}
