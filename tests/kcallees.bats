# SPDX-License-Identifier: Apache-2.0
# kcallees: what runs on the GPU for each Python kernel, through Python and C++ code.

load helper

setup() {
	cd "$ROOT"
	IN=fixtures/kcallees/contract/in
	TREES=fixtures/kcallees/trees
}

# callees [ARGUMENT...]: of the example trees.
callees() {
	kcallees -r $TREES/toy -r $TREES/fastlib -r $TREES/oplib "$@" <"$IN"
}

# links KERNEL: its GPU functions, each with the way to it, a line each.
links() {
	callees | jq -r --arg kernel "$1" 'select(.kind == "callee" and .kernel == $kernel) |
		"\(.gpu) \(.how) \(.via | join(" > "))"' | sort
}

@test "given the example trees, when they are followed, then all records are the golden ones" {
	check_golden kcallees/callees.out.ndjson 0 callees
}

@test "given a loader's pairs of names and C++ expressions, then each export leads to its own kernels" {
	run links gate
	[ "$output" = "gate_kernel loader run_gate > GateKernel::run > GateKernel::select > GateKernel::kernel_of" ]
	run links gate_filtered
	[ "${lines[0]}" = "compact_kernel loader run_filtered > GateKernel::run_filtered" ]
	[ "${#lines[@]}" -eq 2 ]
}

@test "given a class whose name Python picks, then the kernels of both classes are found" {
	run links norm
	[ "$output" = "slim_norm_kernel loader norm > SlimNorm::run
wide_norm_kernel loader norm > WideNorm::run" ]
}

@test "given __global__ after a macro, then it is a kernel; in a comment or on the device it is none" {
	run links move
	[ "$output" = "move_kernel loader move > move_rows" ]
	! callees | grep -E 'unused_kernel|device_gate' || false
}

@test "given a module that is built from sources, then calls lead through dispatch macros and lambdas" {
	links fused_norm | grep -qx 'NormKernel ffi _fused_norm > norm > Norm'
	[ "$(links scale)" = "ScaleKernel ffi scale" ]
}

@test "given a CuTe DSL kernel, then its name in profiles is a prefix, reached through the compiled object" {
	links fused_norm | grep -qx 'kernel_cutlass_kernel_fastlibkernelsfusedFusedNorm_object_at_ cute-dsl _fused_norm > fused_norm_cute > FusedNorm.__call__'
	callees | jq -e -s 'all(.[] | select(.how == "cute-dsl"); .match == "prefix")'
}

@test "given a source that Python fills in, when its export has no fixed name, then the kernel is found" {
	[ "$(links silu_and_mul)" = "act_and_mul_kernel ffi get_activation_module.run_activation" ]
}

@test "given two definitions in files compiled together, then the number of arguments tells which is called" {
	run links BatchRunner
	[ "$output" = "AttentionKernel ffi run > AttentionRun > AttentionDispatched" ]
}

@test "given a kernel that is only asked for its occupancy, then the function that asks launches nothing" {
	! callees | jq -e 'select(.gpu == "AttentionKernel" and (.via | any(. == "AttentionBlocks")))' || false
}

@test "given methods of one name, then the object's class tells which runs" {
	[ "$(links merge)" = "MergeKernel ffi merge > Merger::merge" ]
	links sample | grep -qx 'DrawWideKernel ffi get_sampling_module.draw > draw > DrawWide > WideDraw::launch'
	! links sample | grep -q SortKernel || false
}

@test "given torch libraries, then the operator of that space leads to the bound function in another file" {
	[ "$(links topk)" = "topk_kernel torch-library topk > topk_softmax > CALL_TOPK" ]
	run links rotate
	[ "$output" = "rotate_kernel torch-library rotate
rotate_neox_kernel torch-library rotate" ]
}

@test "given a function of an extension module that headers bind under two names, then code in its strings is followed" {
	[ "$(links gemm_nt)" = "gemm_impl pybind gemm > sm90_gemm > LaunchRuntime::generate > GemmRuntime::generate_impl" ]
	[ "$(links grouped_gemm_nt)" = "grouped_gemm_impl pybind grouped_gemm_nt > grouped_gemm > sm90_grouped_gemm > LaunchRuntime::generate > GroupedGemmRuntime::generate_impl" ]
}

@test "given a function without a body, then its decorator's binding runs, or the C++ function of its name" {
	[ "$(links scale_gemm)" = "scale_gemm_kernel pybind scale_gemm_raw" ]
	[ "$(links pack_gemm)" = "pack_gemm_kernel name pack_gemm" ]
}

@test "given an object that is asked for a method by name, then what derives from its interface runs" {
	run links fused_moe
	[ "$output" = "ExpertKernel ffi get_moe_module.Runner.forward > MoeObject::run_moe > MoeObject::run > Runner::run
RouteKernel ffi get_moe_module.Runner.forward > MoeObject::run_moe > MoeObject::run > Runner::run > LAUNCH_STEP" ]
}

@test "given a macro that is defined twice and another name for a namespace, then the right ones are meant" {
	run links all_to_all
	[ "$output" = "FinishKernel ffi all_to_all > finish > LAUNCH_STEP
SendKernel ffi all_to_all > Channel::send" ]
}

@test "given functions of embedded languages, then each is named as its compiler names it" {
	[ "$(links position_kernel)" = "position_kernel triton " ]
	[ "$(links index_kernel)" = "index_main_kernel tilelang " ]
	callees | jq -e -s 'any(.[]; .gpu == "grouped_gemm" and .match == "prefix")'
}

@test "given Python that does not parse, then the rest is linked and the status is 1" {
	cp -r $TREES/fastlib "$BATS_TEST_TMPDIR/fastlib"
	echo 'def broken(:' >>"$BATS_TEST_TMPDIR/fastlib/norm.py"
	run_split kcallees -r "$BATS_TEST_TMPDIR/fastlib" <"$IN"
	[ "$status" -eq 1 ]
	[[ $errors == "kcallees: fastlib/norm.py:"* ]]
	jq -e -s 'any(.[]; .gpu == "ScaleKernel") and .[-1].problems == 1' <<<"$output"
}

@test "given no ctags, then Python's own kernels are linked, a message tells, and the status is 1" {
	mkdir "$BATS_TEST_TMPDIR/bin"
	run_split env PATH="$BATS_TEST_TMPDIR/bin" "$BIN/kcallees" -r $TREES/fastlib <"$IN"
	[ "$status" -eq 1 ]
	[[ $errors == "kcallees: ctags: "* ]]
	jq -e -s 'any(.[]; .how == "cute-dsl") and all(.[]; .how != "ffi")' <<<"$output"
}

@test "given one tree of two that is missing, then it is told and the other is used" {
	run_split kcallees -r /no/such/tree -r $TREES/fastlib <"$IN"
	[ "$status" -eq 1 ]
	[ "$errors" = "kcallees: /no/such/tree: No such file or directory" ]
	jq -e -s 'any(.[]; .gpu == "NormKernel")' <<<"$output"
}

# pack OPS: a package whose pack.ops is that text, and what asks for its function run in `in`.
pack() {
	mkdir -p tree/pack
	: >tree/pack/__init__.py
	printf %s "$1" >tree/pack/ops.py
	echo '{"kind":"import","kernel":"run","source":"pack","module":"pack.ops","alias":null,"file":"x.py","line":1,"how":"from-import","scope":"<module>"}' >in
	echo '{"kind":"end","imports":1,"kernels":1,"files":1,"problems":0}' >>in
}

# is_exact true|false: what the end record says of the package.
is_exact() {
	kcallees -r tree <in | jq -e -s --argjson exact "$1" '.[-1].exact == $exact'
}

# times COUNT TEXT: the text so many times.
times() {
	printf "%.0s$2" $(seq "$1")
}

@test "given more values than an expression can have, when callees are looked for, then the end record says so" {
	cd "$BATS_TEST_TMPDIR"
	for count in 24 25; do
		pack "$(for i in $(seq "$count"); do printf 'def f%d(x):\n    return x\n\n\npick = f%d\n' "$i" "$i"; done)
def run(x):
    return pick(x)
"
		is_exact "$([ "$count" = 24 ] && echo true || echo false)"
	done
}

@test "given more strings than are put together, when callees are looked for, then the end record says so" {
	cd "$BATS_TEST_TMPDIR"
	local name='name = "a"; name = "b"; name = "c"; name = "d"'
	for made in 'f"{name}.x"' 'name / "x.y"'; do
		pack "$name"$'\n'"def run(x): return pick($made)"$'\n'
		is_exact true
		pack "$name; name = \"e\""$'\n'"def run(x): return pick($made)"$'\n'
		is_exact false
	done
	pack 'one = "a"; one = "b"; two = "c"; two = "d"'$'\ndef run(x): return pick(f"{one}{two}")\n'
	is_exact true
	pack 'one = "a"; one = "b"; two = "c"; two = "d"; two = "e"'$'\ndef run(x): return pick(f"{one}{two}")\n'
	is_exact false
}

@test "given an expression deeper than is followed, when callees are looked for, then the end record says so" {
	cd "$BATS_TEST_TMPDIR"
	pack "def run(x): return x$(times 100 .a)()"$'\n'
	is_exact true
	pack "def run(x): return x$(times 130 .a)()"$'\n'
	is_exact false
	# Names that come from elsewhere, from there again, and so on.
	pack "def run(x): return f130(x)"$'\n'"f0 = run"$'\n'"$(for i in $(seq 130); do echo "f$i = f$((i - 1))"; done)"$'\n'
	is_exact false
}

@test "given a class that a hundred others lie between, when its method is called, then the kernel is found" {
	cd "$BATS_TEST_TMPDIR"
	pack $'import torch\ndef run(x): return torch.ops.pack.entry.default(x)\n'
	{
		echo '__global__ void deep_kernel(int x) { }'
		echo 'struct B0 { void go(int x) { deep_kernel<<<1, 1>>>(x); } };'
		for i in $(seq 100); do echo "struct B$i : public B$((i - 1)) { };"; done
		for i in $(seq 5); do echo "struct Other$i { void go(int x) { } };"; done
		echo 'void entry(int x) { B100 object; object.go(x); }'
		echo 'TORCH_LIBRARY_FRAGMENT(pack, m) { m.impl("entry", torch::kCUDA, &entry); }'
	} >tree/pack/ops.cu
	kcallees -r tree <in >out
	jq -e -s '[.[] | select(.kind == "callee") | .gpu] == ["deep_kernel"] and .[-1].exact' out
}

@test "given a function that compiles to many kernels, when it is followed, then each is named" {
	cd "$BATS_TEST_TMPDIR"
	pack "import tilelang
@tilelang.jit
def run(x):
$(for i in $(seq 9); do printf '    @T.prim_func\n    def part%d(a):\n        pass\n' "$i"; done)
    return part1
"
	kcallees -r tree <in | jq -e -s '[.[] | select(.kind == "callee") | .gpu] == [range(1; 10) | "part\(.)_kernel"]'
}

@test "given modules that import all names of one another, when callees are looked for, then each is looked at once" {
	cd "$BATS_TEST_TMPDIR"
	mkdir -p tree/pack
	: >tree/pack/__init__.py
	for i in $(seq 0 14); do
		for j in $(seq 0 14); do [ "$i" = "$j" ] || echo "from pack.a$j import *"; done >tree/pack/a$i.py
	done
	printf 'from pack.a0 import *\n\n\ndef run(x):\n    return nowhere(x)\n' >tree/pack/ops.py
	echo '{"kind":"import","kernel":"run","source":"pack","module":"pack.ops","alias":null,"file":"x.py","line":1,"how":"from-import","scope":"<module>"}' >in
	echo '{"kind":"end","imports":1,"kernels":1,"files":1,"problems":0}' >>in
	( ulimit -t 10; kcallees -r tree <in ) | jq -e -s '.[-1].kernels == 1'
}

@test "given forms of Python that a call goes through, when its kernel is looked for, then it is found through each" {
	cd "$BATS_TEST_TMPDIR"
	local begin=$'import triton\n@triton.jit\ndef kern(x): pass\n@triton.jit\ndef other(x): pass\ndef call(x): return kern[(1,)](x)\n'
	# found CODE: the kernels that run() leads to in it.
	found() {
		pack "$begin$1"$'\n'
		[ -z "${2:-}" ] || printf '%s\n' "$2" >tree/pack/more.py
		kcallees -r tree <in | jq -r 'select(.kind == "callee").gpu' | sort | xargs
	}
	[ "$(found 'def run(x): return call(x)')" = kern ]
	[ "$(found 'def run(x): return x')" = "" ]
	[ "$(found $'f = lambda x: kern[(1,)](x)\ndef run(x): return f(x)')" = kern ]
	[ "$(found 'def run(x): return (y := call)(x)')" = kern ]
	[ "$(found 'def run(x): return [call(i) for i in x]')" = kern ]
	[ "$(found $'async def later(x): return call(x)\nasync def run(x): return await later(x)')" = kern ]
	[ "$(found 'def run(x): return (call if x else None)(x)')" = kern ]
	[ "$(found $'def both(x): return other[(1,)](x)\ndef run(x): return (call if x else both)(x)')" = "kern other" ]
	[ "$(found $'def run(x):\n    def inner(y): return call(y)\n    return inner(x)')" = kern ]
	[ "$(found $'class B:\n    def go(self, x): return call(x)\nclass A(B):\n    def go(self, x): return super().go(x)\ndef run(x): return A().go(x)')" = kern ]
	[ "$(found $'class B:\n    def go(self, x): return other[(1,)](x)\nclass A(B):\n    def go(self, x): return call(x)\ndef run(x): return A().go(x)')" = kern ]
	[ "$(found $'class A:\n    def go(self, x): return call(x)\n    def no(self, x): return other[(1,)](x)\ndef run(x): return getattr(A(), "go")(x)')" = kern ]
	[ "$(found $'class A:\n    def __init__(self): self.f = call\ndef run(x): return A().f(x)')" = kern ]
	[ "$(found $'class A:\n    def __init__(me): me.f = call\ndef run(x): return A().f(x)')" = kern ]
	[ "$(found $'class A:\n    @property\n    def f(self): return call\ndef run(x): return A().f(x)')" = kern ]
	[ "$(found $'class A:\n    def __call__(self, x): return call(x)\ndef run(x): return A()(x)')" = kern ]
	[ "$(found $'class A:\n    @staticmethod\n    def go(x): return call(x)\ndef run(x): return A.go(x)')" = kern ]
	[ "$(found $'from pack import more\ndef run(x): return more.f(x)' $'from pack.ops import call\ndef f(x): return call(x)')" = kern ]
	[ "$(found $'from . import more as m\ndef run(x): return m.f(x)' $'from .ops import call as c\ndef f(x): return c(x)')" = kern ]
	[ "$(found $'from .more import *\ndef run(x): return f(x)' $'from .ops import call\ndef f(x): return call(x)')" = kern ]
	[ "$(found $'table = {"a": call}\ndef run(x): return table["a"](x)')" = kern ]
	[ "$(found $'if True:\n    pick = call\nelse:\n    pick = other\ndef run(x): return pick(x)')" = "kern other" ]
}

@test "given forms of C++ that a call goes through, when its kernel is looked for, then it is the one that runs" {
	need ctags
	local expected code got
	cd "$BATS_TEST_TMPDIR"
	pack $'import torch\ndef run(x): return torch.ops.pack.entry.default(x)\n'
	while IFS= read -r line; do
		[[ $line != '#'* ]] || continue
		expected=${line%%: *} code=${line#*: }
		{
			printf '__global__ void %s(int x) { }\n' k1 k2
			sed 's/\([{}]\) /\1\n/g; s/;; /\n/g' <<<"$code"
			echo 'TORCH_LIBRARY_FRAGMENT(pack, m) { m.impl("entry", torch::kCUDA, &entry); }'
		} >tree/pack/ops.cu
		got=$(kcallees -r tree <in | jq -r 'select(.kind == "callee").gpu' | sort | xargs)
		[ "$got" = "$expected" ] || { echo "$expected expected, got $got: $code"; false; }
	done <"$FIXTURES/kcallees/cxx.txt"
}

@test "given the pinned releases, when their kernels are followed, then each leads to the functions listed, which stand where it says" {
	need ctags
	pinned flashinfer
	cd "$(dirname "$TREE")"
	kgrep-imports sglang flashinfer >"$BATS_TEST_TMPDIR/imports" || [ $? -eq 1 ]
	kcallees -r sglang -r flashinfer <"$BATS_TEST_TMPDIR/imports" >"$BATS_TEST_TMPDIR/out" || [ $? -eq 1 ]
	jq -r 'select(.kind == "callee" and .match == null) |
		[.file, .line, if .how == "tilelang" then .kernel else .gpu end] | @tsv' "$BATS_TEST_TMPDIR/out" >"$BATS_TEST_TMPDIR/stand"
	[ "$(wc -l <"$BATS_TEST_TMPDIR/stand")" -gt 300 ]
	# The line of each has its name, as a word.
	awk -F '\t' '{ while (line[$1] < $2) { getline text <$1; line[$1]++ } }
		!match(" " text " ", "[^A-Za-z0-9_]" $3 "[^A-Za-z0-9_]") { print; bad = 1 } END { exit bad }' \
		<(sort -u -k 1,1 -k 2,2n "$BATS_TEST_TMPDIR/stand")
	jq -e -s 'all(.[] | select(.how == "triton"); .gpu == .kernel and .via == [])' "$BATS_TEST_TMPDIR/out"
	listed() {
		jq -r 'select(.kind == "callee" and .how != "triton") |
			"\(.kernel): \(.gpu) \(.how)\(.via | map(" < " + .) | join(""))"' "$BATS_TEST_TMPDIR/out"
	}
	check_golden kcallees/pinned.txt 0 listed
}
