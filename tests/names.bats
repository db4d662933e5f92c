# SPDX-License-Identifier: Apache-2.0
# The table of kernel names: spellings, coverage, what is read from names.

load helper

setup() {
	NAMES_TEST=$TESTS/names/names-test
	cd "$BATS_TEST_TMPDIR"
}

# ask NAME...: facts, one record a name.
ask() {
	printf '%s\n' "$@" | "$NAMES_TEST"
}

# same KEY NAME...: all names have this key.
same() {
	local key=$1 got
	shift
	got=$(ask "$@" | jq -r .key | sort -u)
	[ "$got" = "$key" ] && return
	printf 'wanted one key %s, got:\n%s\n' "$key" "$got"
	return 1
}

@test "given one kernel as nvcc, Nsight, ncu and torch spell it, when names are compared, then they have one key" {
	same 'store_kvcache<2048,4,1,long>' \
		'void (anonymous namespace)::store_kvcache<2048l, 4, true, long>((anonymous namespace)::StoreKVCacheParams)' \
		'void <unnamed>::store_kvcache<(long)2048, (int)4, (bool)1, long>(StoreKVCacheParams)' \
		'store_kvcache<2048, 4, 1, long>(StoreKVCacheParams)' \
		'void unnamed>::store_kvcache<2048, 4, 1, long>(T1)'
	same 'vectorized_elementwise_kernel<4,FillFunctor<long>,array<char*,1>>' \
		'void at::native::vectorized_elementwise_kernel<4, at::native::FillFunctor<long>, std::array<char*, 1ul> >(int, at::native::FillFunctor<long>, std::array<char*, 1ul>)' \
		'void at::native::vectorized_elementwise_kernel<(int)4, at::native::FillFunctor<long>, std::array<char *, (unsigned long)1>>(int, T2, T3)' \
		'vectorized_elementwise_kernel<4, FillFunctor<long>, array<char *, 1>>(int, FillFunctor<long>, array<char *, 1>)'
	same 'elementwise_kernel<128,4,gpu_kernel_impl_nocast<neg_kernel_cuda::{lambda()#2}::operator()::{lambda()#9}::operator()::{lambda(BFloat16)#1}>::{lambda(int)#1}>' \
		'void at::native::elementwise_kernel<(int)128, (int)4, void at::native::gpu_kernel_impl_nocast<at::native::neg_kernel_cuda(at::TensorIteratorBase &)::[lambda() (instance 2)]::operator ()() const::[lambda() (instance 9)]::operator ()() const::[lambda(c10::BFloat16) (instance 1)]>(at::TensorIteratorBase &, const T1 &)::[lambda(int) (instance 1)]>(int, T3)' \
		'void at::native::elementwise_kernel<128, 4, at::native::gpu_kernel_impl_nocast<at::native::neg_kernel_cuda(at::TensorIteratorBase&)::{lambda()#2}::operator()() const::{lambda()#9}::operator()() const::{lambda(c10::BFloat16)#1}>(at::TensorIteratorBase&, at::native::neg_kernel_cuda(at::TensorIteratorBase&)::{lambda()#2}::operator()() const::{lambda()#9}::operator()() const::{lambda(c10::BFloat16)#1} const&)::{lambda(int)#1}>(int, int)'
	same 'kernel<int,int,__nv_bfloat16,float,0,7,cublasGemvTensorStridedBatched<__nv_bfloat16>>' \
		'std::enable_if<!T7, void>::type internal::gemvx::kernel<int, int, __nv_bfloat16, float, (bool)0, (int)7, cublasGemvTensorStridedBatched<const __nv_bfloat16>>(T13)' \
		'std::enable_if<!(false), void>::type internal::gemvx::kernel<int, int, __nv_bfloat16, float, false, 7, cublasGemvTensorStridedBatched<__nv_bfloat16 const> >(int)'
}

@test "given mangled names, when they are read, then they are demangled, bf16 and half too, and cut ones give what they hold" {
	canonical() { ask "$1" | jq -r .canonical; }
	[ "$(canonical _ZN5aiter24add_rmsnorm_quant_kernelIDF16bDF16bLi64ELi8ELb0ELb0ELb1ELi1EEEvPT0_PT_PfS4_S4_S4_diiiiiiib)" = 'aiter::add_rmsnorm_quant_kernel<__bf16,__bf16,64,8,0,0,1,1>' ]
	[ "$(canonical _Z1fIDF16_Evv)" = 'f<_Float16>' ]
	[ "$(canonical _Z1fIDF16_Evv.kd)" = 'f<_Float16>' ]
	[ "$(canonical _ZN7ck_tile6kentryILi4ENS_16MoeSortingKernel)" = 'ck_tile::kentry<4,MoeSortingKernel' ]
	[ "$(canonical _ZN5aiter34mla_a8w8_qh16_qseqlen1_gqaratio16E)" = 'aiter::mla_a8w8_qh16_qseqlen1_gqaratio16E' ]
	[ "$(canonical _Z)" = '' ]
	[ "$(canonical _ZN9999999999x)" != '' ]
}

@test "given a mangled name that doubles with every substitution, when it is read, then the demangler is stopped and the name stays" {
	name=_Z1f1AIiiES_IS0_S0_E
	for i in 1 2 3 4 5 6 7 8 9 A B C D E F G H I J K L M N O P; do name+="S_IS${i}_S${i}_E"; done
	limit() { grep -q __asan_init "$NAMES_TEST" || ulimit -v 200000; }
	[ "$( (limit; echo "${name}vv" | timeout 10 "$NAMES_TEST") | jq -r .family)" = unknown ]
}

@test "given names that are not C++, when they are read, then they stay as they are" {
	for name in 'Memcpy DtoD (Device -> Device)' '[CUDA memcpy Device-to-Device]' triton_poi_fused_add_0 'a  b' '<' '((((' '}]})' 'operator<' ' '; do
		[ "$(ask "$name" | jq -r .name)" = "$name" ]
	done
	[ "$(ask 'Memcpy DtoD (Device -> Device)' | jq -r .canonical)" = 'Memcpy DtoD (Device -> Device)' ]
	[ "$(ask '' | jq -r .family)" = unknown ]
}

@test "given a kernel of each family that encodes its shape, when its name is read, then every value is right" {
	check_golden names/shapes.out.ndjson 0 sh -c "'$NAMES_TEST' <'$FIXTURES/names/shapes.in.txt' | jq -c '{name: .name[0:60], family, library, friendly, values: (.values | del(.function, .library)), generic, fixed, tiled}'"
}

@test "given kernels of the field, when they are classified, then each has the family and type of the golden table" {
	cut -f 3 "$FIXTURES/names/field.tsv" | "$NAMES_TEST" | jq -r "[.type, .family, .name] | @tsv" | diff -u "$FIXTURES/names/field.tsv" -
	[ "$(cut -f 2 "$FIXTURES/names/field.tsv" | grep -c unknown)" -eq 0 ]
}

@test "given the names of all field data, when they are classified, then at most 1 % of names and 0.5 % of time is of no family" {
	shared_data traces
	for trace in "$DATA"/*.json.gz "$DATA"/capture/*.json.gz; do
		tr-parse "$trace" | tr-classify | jq -r 'select(.kind == "kernel") | [.family, .dur, .name] | @tsv'
	done >kernels
	cut -f 1,3 kernels | sort -u | awk -F'\t' '{ n++; u += $1 == "unknown" } END { print u, n; exit u > n / 100 }'
	awk -F'\t' '{ t += $2; if ($1 == "unknown") u += $2 } END { print u / t; exit u > t / 200 }' kernels
	shared_data nsys
	need python3
	find "$DATA" -name '*.csv' -exec python3 -c 'import csv, sys
for path in sys.argv[1:]:
    for row in csv.DictReader(open(path, newline="")): print(row["Name"])' {} + | sort -u >names
	"$NAMES_TEST" <names | jq -r .family | awk '{ n++; u += $1 == "unknown" } END { print u + 0, n; exit u > n / 100 }'
}

@test "given every row of the table, when all rows are read, then each pattern compiles and fewer than one in a hundred gives up on a long name" {
	# A name that makes careless patterns backtrack: words, digits and brackets, 16 KiB of them.
	for i in $(seq 1200); do printf 'abc%d_x128<int,' "$i"; done >long
	echo >>long
	run_split timeout 20 "$NAMES_TEST" <long
	[ "$status" -eq 0 ]
	[ -z "$errors" ] || { echo "$errors"; false; }
}

@test "given more names than are remembered, when they stream by, then memory is bounded and the answers the same" {
	awk 'BEGIN { for (i = 0; i < 140000; i++) print "nvjet_tst_64x16_64x16_4x1_v_bz_TNT_" i }' >many
	# A sanitized program reserves terabytes of addresses.
	limit() { grep -q __asan_init "$NAMES_TEST" || ulimit -v 400000; }
	[ "$( (limit; "$NAMES_TEST" <many) | jq -r .family | sort -u)" = nvjet ]
}

# The words of the patterns that look for kernels.
words() {
	sed -nE "/^- family|^ *(match|function):|^ *- '|^- \{?(match|function|launcher)/p" "$ROOT"/filters/names/*.yaml |
		sed -E 's/\\[a-zA-Z]/ /g; s/\(\?<[a-z_0-9]+>//g' | grep -oE '[A-Za-z]{3,}' | tr A-Z a-z | sort -u
}

@test "given every word of the table, when it stands inside a longer word, then it tells nothing" {
	words >words
	[ "$(wc -l <words)" -gt 1000 ]
	# No longer word of English holds these, and libraries write them in one with others.
	own='gem[mv]|matmul|(rms|group|batch|qk)norm|mamba|softmax|quant|internalgradients|shmem|bcast|moments|welford|fusedparams|catarraybatchedcopy|activation|epcombine|epdispatch|inputrows|moerouting|ssdkernel'
	own+='|bwd|backward|dgrad|wgrad|wrw|backprop|gradinput|gammabeta|accgradparameters'
	sed -E 's/.*/qua&vy_thing/' words >longer
	sed -E 's/.*/qua&_thing/' words >>longer
	sed -E 's/.*/zz_&vy_thing/' words >>longer
	"$NAMES_TEST" <longer | jq -r 'select(.family != "unknown" or .library != "unknown" or .type != "other" or
		.stage != "unknown" or .values.direction != null) | .name' |
		grep -vE "^[a-z_]*($own)" >told || true
	[ ! -s told ] || { cat told; false; }
}

@test "given every kernel of the field, when another library's function has it as a template argument, then the library is not its own" {
	cut -f 3 "$FIXTURES/names/field.tsv" | "$NAMES_TEST" | jq -r 'select(.library != "unknown") | .canonical' >known
	[ "$(wc -l <known)" -gt 150 ]
	sed -E 's/.*/void mine::wrap<&, 4>(int)/' known | "$NAMES_TEST" |
		jq -r 'select(.library != "unknown") | [.library, .name] | @tsv' >claimed
	[ ! -s claimed ] || { cat claimed; false; }
}

@test "given names that tell where a kernel comes from, when they are asked for evidence, then it is what the name holds" {
	evidence() { ask "$1" | jq -r '[.library, .evidence.library] | join(" by ")'; }
	[ "$(evidence 'void rocprim::detail::scan<at::native::X>(int)')" = 'rocPRIM by namespace' ]
	[ "$(evidence 'void cutlass::device_kernel<flash::enable_sm90<flash::FlashAttnFwdSm90<cutlass::half_t> > >(int)')" = 'FlashAttention by namespace' ]
	[ "$(evidence nvjet_tst_64x16_64x16_4x1_v_bz_TNT)" = 'cuBLASLt by prefix' ]
	[ "$(evidence gateup_layout_myl0_3)" = 'TensorRT (Myelin) by suffix' ]
	[ "$(evidence 'vectorized_elementwise_kernel<4, CUDAFunctor_add<BFloat16>, array<char *, 3>>(int)')" = 'PyTorch ATen by template argument' ]
	[ "$(evidence _fwd_kernel)" = 'Triton by habit' ]
	[ "$(evidence kernel_0d1d2de3de)" = 'Triton by suffix' ]
	for name in addition_kernel rms_finish.kd multi_tensor_apply_kernel '_mine(float*, int)' '(anonymous namespace)::_mine(int)' '_mine.kd'; do
		[ "$(ask "$name" | jq -r .library)" = unknown ] || { echo "$name"; false; }
	done
}

@test "given names that were read wrong before, when they are read, then each field has the right value" {
	shared_data nsys
	cut -f 1 "$DATA/../../cases/nsys/names.tsv" | tail -n +2 >names
	cases() { "$NAMES_TEST" <names | jq -c '[.name[0:60], .library, .type, .family, .friendly, .description, .values.dtype, .values.dtype_c, ((.generic // []) | join(" ")), ((.tiled // []) | join(" "))]'; }
	check_golden names/cases.out.ndjson 0 cases
}

# judge LABELS FREE RIGHT: the kernels of LABELS, classified: at least FREE in 100 have no false
# fact, at least RIGHT in 100 are fully right. A line of LABELS says where a kernel is from, its
# library (- where the name proves none), types (- where it tells none), direction (- forward
# backward optimizer), name.
judge() {
	need python3
	cut -f 5 "$1" | "$NAMES_TEST" >told
	python3 - "$1" told "$2" "$3" <<'END'
import json, sys
right = missing = false = 0
for label, told in zip(open(sys.argv[1]), open(sys.argv[2])):
    _, libraries, types, direction, name = label.rstrip("\n").split("\t")
    told = json.loads(told)
    library = "-" if told["library"] == "unknown" else told["library"]
    way = told["values"].get("direction")
    backward = way in ("backward", "data gradient", "weight gradient") or told["stage"] == "backward"
    # A family that only says whose a kernel is says no type.
    unknown = told["family"] == "unknown" or "type" not in told["evidence"]
    wrong = library != "-" and library not in libraries.split("|") or \
        not unknown and told["type"] not in types.split("|") or \
        backward and direction != "backward" or \
        told["stage"] == "optimizer" and direction != "optimizer"
    lacks = library == "-" and "-" not in libraries.split("|") or \
        types != "-" and told["type"] not in types.split("|") or direction == "backward" and not backward
    right += not wrong and not lacks
    missing += lacks and not wrong
    false += wrong
    if wrong or lacks:
        print("false" if wrong else "missing", told["library"], told["type"], way, told["stage"], name[:90])
total = right + missing + false
print(f"right {right}, missing {missing}, false {false} of {total}")
sys.exit(100 * (total - false) < float(sys.argv[3]) * total or 100 * right < float(sys.argv[4]) * total)
END
}

@test "given kernels that were labelled by reading their names and sources, when they are classified, then 97 in 100 have no false fact and 92 are fully right" {
	judge "$FIXTURES/names/labels.tsv" 97 92
}

# These were drawn by chance from 22 packages and from traces, at most 16 from one package, and
# labelled by a reader who had not seen the table. Measured before any row was changed for them:
# 94 in 100 (289 of 307) without a false fact, 79 (245) fully right, less than the 97 and 92 wanted;
# before the reader put six of his own labels right on a second look, 92 (283) and 78 (241).
# Libraries are spelled as in the table; where a name leaves several types open, each counts.
@test "given kernels that a reader labelled without knowing the table, when they are classified, then as many as first measured have no false fact and are fully right" {
	judge "$FIXTURES/names/labels-independent.tsv" 94 79
}

# Drawn by chance from 35 packages, and labelled by whoever wrote the rows before the program was
# asked. Measured before any row was changed for them: 98 in 100 (303 of 308) without a false fact,
# 94 (290) fully right.
@test "given kernels that were labelled before the program was asked, when they are classified, then 97 in 100 have no false fact and 92 are fully right" {
	judge "$FIXTURES/names/labels-fresh.tsv" 97 92
}

# The kernels of labels-fresh.tsv once more, labelled by a reader who had seen neither the table nor
# what it says. Measured before any row was changed for them: 94 in 100 (288 of 308) without a false
# fact, 87 (269) fully right.
@test "given kernels that another reader labelled blind, when they are classified, then 97 in 100 have no false fact and 92 are fully right" {
	judge "$FIXTURES/names/labels-blind.tsv" 97 92
}

# Drawn by chance from libraries, packages and public traces and logs that no list before had, at most
# a few of one base name, and labelled by a reader who had seen neither the table nor what it says.
# Measured before any row was changed for them: 95 in 100 (298 of 313) without a false fact, 88 (276)
# fully right.
@test "given kernels of further places that a reader labelled blind, when they are classified, then 97 in 100 have no false fact and 92 are fully right" {
	judge "$FIXTURES/names/labels-third.tsv" 97 92
}

# Likewise, from places that no list before had, by another reader; the rows were committed before, and
# none has been changed for them: 98 in 100 (294 of 300) without a false fact, 94 (281) fully right.
@test "given kernels that no row was changed for, labelled blind, when they are classified, then 97 in 100 have no false fact and 92 are fully right" {
	judge "$FIXTURES/names/labels-fourth.tsv" 97 92
}
