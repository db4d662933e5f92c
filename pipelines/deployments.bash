# SPDX-License-Identifier: Apache-2.0
# Deployments: files that say which model runs on which devices, and what kplan says of them.
# Sourced after command.bash or given.bash; needs WORK and the programs on PATH.

# deployments_of MODEL: those of this folder that are the model's, a file a line.
deployments_of() {
	local file
	for file in "${BASH_SOURCE[0]%/*}"/deployments/*.json; do
		[ "$(jq -r .model "$file")" != "$1" ] || printf '%s\n' "$file"
	done
}

# deployment_plan FILE: the launches of all its phases in $WORK/trees/sglang, layers alike once, on
# stdout. What could not be run is in the records.
deployment_plan() {
	local file=$1 phase status options=() phases sizes
	jq -e '(.config | type) == "object" or (.config | type) == "string"' "$file" >/dev/null 2>&1 ||
		fail "$file: is no deployment: a config is missing"
	if [ "$(jq -r '.config | type' "$file")" = object ]; then
		jq .config "$file" >"$WORK/config.json"
		options=(-c "$(realpath -e -- "$WORK/config.json")")
	else
		options=(-c "$(cd -- "$(dirname -- "$file")" && realpath -- "$(jq -r .config "${file##*/}")")")
	fi
	mapfile -d '' -t -O ${#options[@]} options < <(jq -j '
		["-D", .device, "--tp", (.tp // 1), "--ep", (.ep // 1), "--dp", (.dp // 1), "-a", (.args // "")]
			+ [(.env // [])[] | "-e", .] | .[] | "\(.)\u0000"' "$file")
	mapfile -t phases < <(jq -c '(.phases // [{phase: "decode"}, {phase: "extend"}])[]' "$file")
	for phase in "${phases[@]}"; do
		mapfile -d '' -t sizes < <(jq -j '["-p", .phase] + [if .batch then "-b", .batch else empty end,
			if .tokens then "-n", .tokens else empty end, if .kv then "-k", .kv else empty end] |
			.[] | "\(.)\u0000"' <<<"$phase")
		status=0
		(cd -- "$WORK/trees" && kplan -r sglang --fold "${options[@]}" "${sizes[@]}") || status=$?
		[ "$status" -le 1 ] || return "$status"
	done | jq -c --arg name "$(jq -r '.name // empty' "$file")" \
		'if .kind == "deployment" and $name != "" then {kind, version, name: $name} + . else . end'
}
