# SPDX-License-Identifier: Apache-2.0
# tr-layers: what has no layers: training, and kernels that repeat.

load helper
load tr-layers/models

@test "given steps of training, when layers are looked for, then there are steps, backward and optimizer, and no layer" {
	need tr-classify
	kernels 5 cudnn_ampere_implicit_gemm_fprop_0 'relu_kernel' \
		'void at::native::reduce_kernel<512, 1, at::native::ReduceOp<float, at::native::MeanOps<float, float, float, float>, unsigned int, float, 4, 4> >(int)' \
		'void (anonymous namespace)::softmax_warp_forward<float, float, float, 10, true, false>(float*)' \
		'void at::native::nll_loss_forward_reduce_cuda_kernel_2d<float>(float*)' \
		'void at::native::nll_loss_backward_reduce_cuda_kernel_2d<float>(float*)' volta_sgemm_128x64_nn \
		cudnn_ampere_implicit_gemm_wgrad_0 volta_sgemm_128x64_nt \
		'void at::native::multi_tensor_apply_kernel<at::native::SGD>(int)' >"$BATS_TEST_TMPDIR/in"
	tr-layers "$BATS_TEST_TMPDIR/in" | jq -s -e '(map(select(.kind == "summary"))[0] |
		.layers == 0 and .passes == 0 and .steps == 5 and (.why | test("training")) and
		(.by_stage | map_values(.kernels)) == {"backward": 20, "optimizer": 5, "unknown": 25}) and
		(map(select(.kind == "step")) | length == 5 and all(.kernels == 10 and .sum == 90))'
	for format in table md html; do
		run tr-layers -f "$format" "$BATS_TEST_TMPDIR/in"
		[[ $output == *"5 steps of training, no layers"* ]]
		[[ $output != *prefill* ]]
	done
}

@test "given the profiler's own steps, when training is cut, then a kernel is of the step that launched it" {
	stream '{"kind":"annotation","rank":0,"name":"ProfilerStep#7","ts":100,"dur":50,"pid":1,"tid":1,"gpu":false}' \
		'{"kind":"annotation","rank":0,"name":"ProfilerStep#8","ts":150,"dur":50,"pid":1,"tid":1,"gpu":false}' \
		'{"kind":"annotation","rank":0,"name":"Optimizer.step#SGD.step","stage":"optimizer","ts":180,"dur":10,"pid":1,"tid":1,"gpu":false}' \
		'{"kind":"launch","rank":0,"name":"cudaLaunchKernel","ts":110,"dur":5,"pid":1,"tid":1,"correlation":1}' \
		'{"kind":"launch","rank":0,"name":"cudaLaunchKernel","ts":160,"dur":5,"pid":1,"tid":1,"correlation":2}' \
		'{"kind":"launch","rank":0,"name":"cudaLaunchKernel","ts":185,"dur":5,"pid":1,"tid":1,"correlation":3}' \
		'{"kind":"kernel","rank":0,"name":"wgrad","ts":190,"dur":5,"device":0,"stream":7,"correlation":1,"type":"linear","stage":"backward","roles":[]}' \
		'{"kind":"kernel","rank":0,"name":"fprop","ts":200,"dur":5,"device":0,"stream":7,"correlation":2,"type":"linear","stage":"prefill","roles":[]}' \
		'{"kind":"kernel","rank":0,"name":"foreach","ts":210,"dur":5,"device":0,"stream":7,"correlation":3,"type":"other","stage":"unknown","roles":[]}' |
		tr-layers --kernels | jq -s -e '(map(select(.kind == "step")) | map([.ts, .kernels])) == [[190, 1], [200, 2]] and
			(map(select(.kind == "kernel")) | map(.stage)) == ["backward", "unknown", "optimizer"]'
}

@test "given one kernel again and again, when layers are looked for, then it is a repetition" {
	need tr-classify
	kernels 50 nvjet_tst_64x16_64x16_4x1_v_bz_TNT | tr-layers | jq -s -e 'map(select(.kind == "summary"))[0] |
		.layers == 0 and (.why | test("too simple")) and .devices[0].repetition == {"times": 50, "kernels": 1}'
}

@test "given a classifier of convolutions, when it runs again and again, then its softmax is no attention" {
	need tr-classify
	kernels 8 cudnn_ampere_implicit_gemm_fprop_0 relu_a cudnn_ampere_implicit_gemm_fprop_1 relu_b volta_sgemm_128x64_nn \
		'void (anonymous namespace)::softmax_warp_forward<float, float, float, 10, false, false>(float*)' argmax_copy |
		tr-layers | jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 0 and (.why | test("convolutions")) and
			(.by_stage | keys) == ["unknown"]'
}

@test "given a collective and a matrix product, when nothing else tells of layers, then there are none" {
	need tr-classify
	kernels 3 'ncclDevKernel_AllReduce_Sum_f32_RING_LL(ncclDevKernelArgsStorage<4096ul>)' nvjet_tst_64x16_64x16_4x1_v_bz_TNT |
		tr-layers | jq -s -e 'map(select(.kind == "summary"))[0] | .layers == 0 and .passes == 0'
}
