# SPDX-License-Identifier: Apache-2.0
# docs/schema describes every record that passes between filters: kind, fields, types. What the
# tests of the filters keep as golden, what filters write and what documents show is held to it.

load helper

setup() {
	cd "$ROOT" || exit
	/usr/bin/python3 -c 'import jsonschema' 2>/dev/null || skip "python3-jsonschema is not installed"
	records=$BATS_TEST_TMPDIR/records
}

# schema_of FILTER: the schema of the records that it writes and that its fixtures hold.
schema_of() {
	case $1 in
	tr-parse | tr-classify | tr-stacks | tr-layers | kroof) echo trace.json ;;
	kgrep-imports | kcallers | kcallees | kchain-fmt) echo chains.json ;;
	kjoin | kjoin-fmt) echo joined.json ;;
	kbench) echo bench.json ;;
	defgen) echo definition.json ;;
	kplan) echo plan.json ;;
	tr-account) echo account.json ;;
	tr-ranks) echo ranks.json ;;
	tr-check | tr-compare) echo verdict.json ;;
	*) echo "schema.bats: which schema has $1?" >&2; return 1 ;;
	esac
}

# schema_of_file FILE: the same for a file below fixtures/; none where it is no stream of records.
schema_of_file() {
	case $1 in
	fixtures/names/shapes.out.ndjson) ;; # what a program of the tests writes
	fixtures/kjoin/callees.ndjson | fixtures/kjoin/chains.ndjson) echo chains.json ;;
	fixtures/kchain-fmt/*.plan.ndjson) echo plan.json ;;
	fixtures/kjoin/contract/in | fixtures/kroof/*) echo trace.json ;;
	fixtures/tr-account/*in*) echo trace.json ;;
	fixtures/tr-ranks/*in*) echo account.json ;;
	fixtures/tr-check/*in*) ;; # layers and accounts in one stream
	fixtures/tr-compare/before.ndjson | fixtures/tr-compare/after.ndjson | fixtures/tr-compare/contract/in) echo trace.json ;;
	*)
		local filter=${1#fixtures/}
		schema_of "${filter%%/*}"
		;;
	esac
}

# refused RECORD WORDS: the schema trace.json does not let it through, and says WORDS.
refused() {
	echo "$1" >"$records"
	run tests/schema-check trace.json "$records"
	echo "$output"
	[ "$status" -eq 1 ]
	[[ $output == *"$2"* ]]
}

@test "given the schemas, when they are looked at, then each is one and each field has a description" {
	tests/schema-check --schemas
}

@test "given records that no schema describes, when they are checked, then each is refused" {
	local kernel='{"kind":"kernel","index":0,"name":"k","ts":1.5,"dur":2}'
	echo "$kernel" >"$records"
	tests/schema-check trace.json "$records"
	refused '{"kind":"kernal","index":0}' 'no such kind: "kernal"'
	refused '{"index":0}' 'no such kind: null'
	refused "${kernel/1.5/\"1.5\"}" "kernel.ts: '1.5' is not of type 'number'"
	refused "${kernel/\"dur\":2/\"dur\":2,\"color\":1}" "'color' was unexpected"
	refused "${kernel/,\"dur\":2/}" "'dur' is a required property"
	refused "$kernel"$'\n{' ":2: not JSON"
}

@test "given all golden records, when they are held against their schema, then they fit" {
	local files=() file schema
	while read -r file; do
		schema=$(schema_of_file "$file")
		[ -z "$schema" ] || files+=("$schema" "$file")
	done < <(find fixtures \( -name '*.ndjson' -o -path '*/contract/in' -o -path '*/compare/before' \
		-o -path '*/compare/after' \) -size +0 -exec grep -lE '^\{"(kind|name)":' {} +)
	[ ${#files[@]} -gt 40 ]
	tests/schema-check "${files[@]}"
}

@test "given each filter's contract, when it runs, then all that it writes fits its schema" {
	local checks=()
	for name in ${FILTERS:-$(make -s print-filters)}; do
		# Those that write something else say so.
		[ ! -e "fixtures/$name/contract/format" ] || continue
		mapfile -t arguments <"fixtures/$name/contract/args"
		"$BIN/$name" "${arguments[@]}" <"fixtures/$name/contract/in" >"$records.$name" || [ $? -eq 1 ]
		[ -s "$records.$name" ]
		checks+=("$(schema_of "$name")" "$records.$name")
	done
	tests/schema-check "${checks[@]}"
}

@test "given a trace, when every filter of traces has passed it on, then the records fit at each step" {
	local kinds=kernel,memcpy,memset,launch,module,frame,annotation,op
	tr-parse -s "$kinds" fixtures/kjoin/trace.in.json fixtures/tr-parse/small.in.json \
		fixtures/tr-parse/ops.in.json >"$records.parse" || [ $? -eq 1 ]
	tr-classify <"$records.parse" >"$records.classify"
	tr-stacks <fixtures/kjoin/contract/in >"$records.stacks"
	tr-layers --kernels fixtures/tr-layers/contract/in fixtures/kjoin/contract/in >"$records.kernels"
	tr-layers fixtures/tr-layers/contract/in fixtures/kjoin/contract/in >"$records.layers"
	tests/schema-check trace.json "$records".{parse,classify,stacks,kernels,layers}
	for kind in annotation end frame kernel launch layer memcpy memset \
		module op pass stack summary trace; do
		grep -q "^{\"kind\":\"$kind\"" "$records".*
	done
}

@test "given a small tree, when it is read with all that can be asked for, then the records fit" {
	kgrep-imports -a fixtures/kcallers/tree >"$records.symbols" || [ $? -eq 1 ]
	kgrep-imports -s fixtures/kcallers/sources.txt fixtures/kcallers/tree >"$records.imports" || [ $? -eq 1 ]
	kcallers -e -r fixtures/kcallers/tree -m demo <"$records.imports" >"$records.chains" || [ $? -eq 1 ]
	kcallers -A -r fixtures/kcallers/tree <"$records.imports" >"$records.models" || [ $? -eq 1 ]
	kcallees -r fixtures/kcallers/tree <"$records.imports" >"$records.callees" || [ $? -eq 1 ]
	tests/schema-check chains.json "$records".{symbols,imports,chains,models,callees}
	grep -q '"kind":"edge"' "$records.chains"
	defgen -m tiny --config fixtures/defgen/tiny.json --sglang-path fixtures/defgen/tree \
		--report "$records.report" >"$records.definitions" || [ $? -eq 1 ]
	tests/schema-check definition.json "$records.definitions"
	jq -c . "$records.report" >"$records.line"
	tests/schema-check definitions-report.json "$records.line"
}

@test "given a short measurement, when it is written with explanations, then the records fit" {
	kbench -k index,radix -a rows=64 -a tokens=64 --explain -f ndjson >"$records"
	tests/schema-check bench.json "$records"
	grep -q '"explain":' "$records"
}

@test "given the records that docs/records.md shows, when they are held against their schema, then they fit" {
	# Each block of records stands under a line that links its schema.
	awk -v to="$records" '
		match($0, /schema\/[a-z-]+\.json/) { schema = substr($0, RSTART + 7, RLENGTH - 7) }
		/^```/ { inside = !inside; next }
		inside && /^\{/ { print >(to "." schema) }' docs/records.md
	local checks=() file
	for file in "$records".*; do
		checks+=("${file#"$records".}" "$file")
	done
	tests/schema-check "${checks[@]}"
	[ "$(cat "$records".* | wc -l)" -gt 25 ]
}

@test "given the examples of man pages, when their output is records, then these fit a schema" {
	local files=() line
	for name in ${FILTERS:-$(make -s print-filters)}; do
		while IFS= read -r line; do
			# What is measured takes its time, and another test looks at it.
			[[ $line != *kbench* ]] || continue
			bash -c "$line" >"$records" 2>/dev/null </dev/null || continue
			grep -q '^{"kind":' "$records" || continue
			if grep -qv '^{"kind":' "$records"; then continue; fi
			cp "$records" "$records.${#files[@]}"
			files+=("$records.${#files[@]}")
		done < <(grep -h '^\$ ' "filters/$name/$name.1" | sed 's/^\$ //; s/\\e/\\/g; s/\\-/-/g')
	done
	[ ${#files[@]} -ge 3 ]
	tests/schema-check any.json "${files[@]}"
}

@test "given a trace of training without layers, when it is read, then its roles and the reason are described" {
	jq -cn '{traceEvents: [range(8) as $step | ("cudnn_infer_ampere_scudnn_winograd_128x128_ldg1_ldg4_relu_tile148t_nt_v1",
			"void at::native::(anonymous namespace)::nll_loss_forward_reduce_cuda_kernel_2d<float, float, long>(float*)")
		| {ph: "X", cat: "kernel", name: ., ts: (1000 * $step + length), dur: 2, args: {device: 0, stream: 7}}]}' >"$BATS_TEST_TMPDIR/trace.json"
	tr-parse "$BATS_TEST_TMPDIR/trace.json" | tr-classify | tr-layers --kernels >"$records"
	[ "$(jq -r 'select(.kind == "kernel").roles[]' "$records" | sort -u | paste -sd ' ')" = "conv loss" ]
	jq -se 'any(.kind == "summary" and .devices[0].why != null)' "$records"
	tests/schema-check trace.json "$records"
}
