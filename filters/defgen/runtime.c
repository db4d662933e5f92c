/* SPDX-License-Identifier: Apache-2.0 */
/* sglang's questions about the machine and the run, answered for one rank of a CUDA run
 * with the given tensor and expert parallelism and every other option at its default. */
#include <string.h>

#include "base/intern.h"
#include "interp.h"

/* More layers than any model has are a mistake in the config. */
enum { LAYER_LIMIT = 1000 };

static struct value *
answer(struct interp *it, struct call *call)
{
	(void)it;
	return (struct value *)(uintptr_t)call->builtin->data;
}

static void
define(struct interp *it, const char *name, struct value *value)
{
	scope_set(&it->arena, &it->runtime, intern_string(name), value);
}

/* A function of no arguments that always gives `value`. */
static void
define_answer(struct interp *it, const char *name, struct value *value)
{
	define(it, name, builtin_value(it, intern_string(name), answer, value, NULL));
}

static struct value *
run_add_prefix(struct interp *it, struct call *call)
{
	const char *name, *prefix;

	if (call->count < 2)
		return unknown(it, "add_prefix() lacks an argument");
	name = value_str(&it->arena, call->arguments[0]);
	prefix = value_str(&it->arena, call->arguments[1]);
	return value_text(&it->arena, *prefix ? interp_text(it, "%s.%s", prefix, name) : name);
}

static struct value *
run_divide(struct interp *it, struct call *call)
{
	if (call->count < 2)
		return unknown(it, "divide() lacks an argument");
	return operate(it, "//", call->arguments[0], call->arguments[1]);
}

/* get_bool_env_var(name, default) and its kin: nothing is set in the environment. */
static struct value *
run_environment(struct interp *it, struct call *call)
{
	struct value *fallback = call_argument(call, 1, "default");

	if (!fallback)
		return call->builtin->name[4] == 'b' ? value_bool(false) :
		    value_int(&it->arena, 0);
	if (fallback->kind == VALUE_STRING)
		return value_bool(value_is_string(fallback, "true") ||
		    value_is_string(fallback, "1"));
	return fallback;
}

/* make_layers(n, fn, ...): fn builds layer after layer. The range of a pipeline stage comes
 * with it when the caller says which stage it is, or asks for pipeline layers. */
static struct value *
run_make_layers(struct interp *it, struct call *call)
{
	struct value *count = call_argument(call, 0, "num_hidden_layers");
	struct value *build = call_argument(call, 1, "layer_fn");
	struct value *rank = call_argument(call, 2, "pp_rank"), *result;
	struct value *list_class = scope_get(&it->runtime, intern_string("torch.nn.ModuleList"));
	bool pipeline = strstr(call->builtin->name, "_pp_") != NULL && strcmp(call->builtin->name,
	    "make_layers_non_pp");
	const char *keywords[2];
	int64_t total = 1, index;

	keywords[0] = intern_string("idx");
	keywords[1] = intern_string("prefix");
	if (!build)
		return unknown(it, "make_layers() lacks its function");
	result = instance_new(it, list_class);
	if (!count || !value_integer(count, &total))
		finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, it->line,
		    "number of layers", count && value_is_unknown(count) ? count->reason->text :
		    "not a whole number; one layer is evaluated");
	if (total > LAYER_LIMIT) {
		finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, it->line,
		    "number of layers", interp_text(it, "%lld; %d are evaluated", (long long)total,
		    LAYER_LIMIT));
		total = LAYER_LIMIT;
	}
	for (index = 0; index < total && !step(it, 1) && !it->raised; index++) {
		struct value *values[2] = { value_int(&it->arena, index),
			value_text(&it->arena, interp_text(it, "layers.%d", (int)index)) };
		struct call inner = { .keywords = keywords, .values = values, .keyword_count = 2,
			.module = it->module };

		list_add(&it->arena, &result->instance->items, call_value(it, build, &inner));
	}
	if (pipeline || (rank && rank->kind != VALUE_NONE)) {
		struct value *tuple = value_list(&it->arena, VALUE_TUPLE);

		list_add(&it->arena, &tuple->list, result);
		list_add(&it->arena, &tuple->list, value_int(&it->arena, 0));
		list_add(&it->arena, &tuple->list, value_int(&it->arena, total));
		return tuple;
	}
	return result;
}

/* An object whose every attribute that is not set is an unset option. */
static struct value *
options(struct interp *it, const char *class)
{
	struct value *value = instance_new(it, class_builtin(it, class, NULL));

	value->instance->class->class->is_options = true;
	return value;
}

/* append_stages(a, b): one boundary object for each stage. */
static struct value *
run_append_stages(struct interp *it, struct call *call)
{
	struct value *tuple = value_list(&it->arena, VALUE_TUPLE);
	size_t i;

	for (i = 0; i < call->count; i++)
		list_add(&it->arena, &tuple->list, value_unset());
	return tuple;
}

/* declare_attn(...), declare_ffn(...): what they are told. */
static struct value *
run_declare(struct interp *it, struct call *call)
{
	struct value *value = options(it, "Declaration");
	size_t i;

	for (i = 0; i < call->keyword_count; i++)
		scope_set(&it->arena, &value->instance->attributes, call->keywords[i],
		    call->values[i]);
	return value;
}

static struct value *
run_lazy_value(struct interp *it, struct call *call)
{
	struct value *value = instance_new(it, class_builtin(it, "LazyValue", NULL));

	(void)call; /* what it would compute is only needed when the model runs */
	scope_set(&it->arena, &value->instance->attributes, intern_string("value"),
	    value_unset());
	return value;
}

/* A process group, or the record of all of them: sizes by name, ranks 0. */
static struct value *
group(struct interp *it, int64_t size)
{
	const struct run *run = &it->run;
	const struct { const char *name; int64_t value; } sizes[] = {
		{ "tp_size", run->tp }, { "attn_tp_size", run->tp }, { "ep_size", run->ep },
		{ "moe_ep_size", run->ep }, { "moe_tp_size", run->tp > run->ep ?
		    run->tp / run->ep : 1 }, { "pp_size", 1 }, { "attn_dp_size", 1 },
		{ "dp_size", 1 }, { "attn_cp_size", 1 }, { "attn_dcp_size", 1 }, { "dcp_size", 1 },
		{ "moe_dp_size", 1 }, { "max_ep_size", run->ep }, { "moe_dense_tp_size", 0 },
		{ "dwdp_size", 1 }, { "nnodes", 1 }, { "world_size", size }, { "rank_in_group", 0 },
		{ "rank", 0 }, { "local_rank", 0 }, { "tp_rank", 0 }, { "attn_tp_rank", 0 },
		{ "pp_rank", 0 }, { "moe_ep_rank", 0 }, { "moe_tp_rank", 0 }, { "attn_dp_rank", 0 },
		{ "attn_cp_rank", 0 }, { "attn_dcp_rank", 0 }, { "dcp_rank", 0 },
	};
	struct value *value = options(it, "ProcessGroup");
	struct scope *names = &value->instance->attributes;
	size_t i;

	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		scope_set(&it->arena, names, intern_string(sizes[i].name),
		    value_int(&it->arena, sizes[i].value));
	scope_set(&it->arena, names, intern_string("is_first_rank"), value_bool(true));
	scope_set(&it->arena, names, intern_string("is_last_rank"), value_bool(true));
	return value;
}

static void
define_parallel(struct interp *it)
{
	static const char *const groups[] = { "pp_group", "tp_group", "attn_tp_group",
		"moe_ep_group", "moe_tp_group", "attn_cp_group", "dcp_group", "moe_dp_group" };
	struct value *parallel = group(it, it->run.tp), *pp = group(it, 1);
	struct value *tp = group(it, it->run.tp), *ep = group(it, it->run.ep);
	size_t i;

	for (i = 0; i < sizeof groups / sizeof *groups; i++)
		scope_set(&it->arena, &parallel->instance->attributes, intern_string(groups[i]),
		    strstr(groups[i], "tp") ? tp : strstr(groups[i], "ep") ? ep : pp);
	define_answer(it, "get_parallel", parallel);
	define_answer(it, "get_pp_group", pp);
	define_answer(it, "get_tp_group", tp);
	define_answer(it, "get_attention_tp_group", tp);
	define_answer(it, "get_attn_tp_group", tp);
	define_answer(it, "get_moe_ep_group", ep);
	define_answer(it, "get_world_group", tp);
}

/* What get_global_server_args() gives: the two sizes, and nothing else set. */
static void
define_options(struct interp *it)
{
	static const char *const option_records[] = { "get_exec", "get_model", "get_mm",
		"get_spec", "get_flags", "get_lora", "get_disagg", "get_device", "get_stream",
		"get_moe_a2a_backend", "get_moe_runner_backend", "get_deepep_mode",
		"get_fp4_gemm_runner_backend", "get_global_expert_distribution_recorder",
		"get_global_expert_location_metadata", "get_attn_tp_context", "layer_stack",
		"get_current_device_stream_fast", "get_offloader", "get_device_module",
		"check_cuda_graph_backend", "get_resources", "create_sampler", "get_memory",
		"get_serving", "get_cp_decode_attn_tp_ctx" };
	struct value *platform = options(it, "Platform"), *server = group(it, it->run.tp);
	size_t i;

	for (i = 0; i < sizeof option_records / sizeof *option_records; i++)
		define_answer(it, option_records[i], value_unset());
	scope_set(&it->arena, &platform->instance->attributes, intern_string("is_cuda"),
	    value_bool(true));
	scope_set(&it->arena, &platform->instance->attributes, intern_string("device_sm"),
	    value_int(&it->arena, 90));
	define_answer(it, "get_platform", platform);
	scope_set(&it->arena, &server->instance->attributes,
	    intern_string("disable_shared_experts_fusion"), value_bool(true));
	define_answer(it, "get_global_server_args", server);
	define_answer(it, "get_server_args", server);
	define(it, "global_server_args_dict", server);
}

static void
define_facts(struct interp *it)
{
	static const char *const yes[] = { "is_cuda", "is_cuda_alike", "is_sm90_supported",
		"is_flashinfer_available" };
	static const char *const no[] = { "is_hip", "is_cpu", "is_npu", "is_xpu", "is_hpu",
		"is_musa", "is_mps", "cpu_has_amx_support", "use_intel_amx_backend",
		"use_intel_xpu_backend", "is_gfx95_supported", "is_blackwell", "is_sm100_supported",
		"is_sm120_supported", "is_dp_attention_enabled", "is_hopper_with_cuda_12_3_",
		"is_nsa_enable_prefill_cp", "is_dsa_enable_prefill_cp", "enable_moe_dense_fully_dp",
		"is_dense_ffn_fully_dp", "is_in_piecewise_cuda_graph", "is_shuffle_moe_mxfp4",
		"should_use_flashinfer_cutlass_moe_fp4_allgather", "is_offload_enabled",
		"is_deepep_class_backend", "is_non_idle_and_non_empty", "get_is_capture_mode",
		"can_fuse_all_reduce", "uses_cutedsl_ar_fusion", "should_skip_post_experts_all_reduce",
		"has_per_rank_fused_shared_slots", "is_prefill_context_parallel_enabled",
		"is_tbo_enabled", "is_mnnvl_available_", "enable_cp", "is_ep_attention",
		"should_use_dp_reduce_scatterv", "is_flashinfer_allreduce_unavailable" };
	const struct { const char *name; int64_t value; } sizes[] = {
		{ "get_tensor_model_parallel_world_size", it->run.tp },
		{ "get_attention_tp_size", it->run.tp },
		{ "get_moe_expert_parallel_world_size", it->run.ep },
		{ "get_moe_tensor_parallel_world_size", it->run.tp > it->run.ep ?
		    it->run.tp / it->run.ep : 1 },
		{ "get_tensor_model_parallel_rank", 0 }, { "get_attention_tp_rank", 0 },
		{ "get_moe_expert_parallel_rank", 0 }, { "get_moe_tensor_parallel_rank", 0 },
		{ "get_attention_dp_size", 1 }, { "get_attention_dp_rank", 0 },
		{ "get_local_attention_dp_size", 1 }, { "get_local_attention_dp_rank", 0 },
		{ "get_attention_cp_size", 1 }, { "get_attention_cp_rank", 0 },
		{ "get_pipeline_model_parallel_world_size", 1 },
		{ "get_pipeline_model_parallel_rank", 0 }, { "get_device_sm", 90 },
		{ "get_num_fused_shared_experts", 0 }, { "get_dcp_world_size", 1 },
		{ "tiny_router_gemm_max_tokens", 0 },
	};
	size_t i;

	for (i = 0; i < sizeof yes / sizeof *yes; i++)
		define_answer(it, yes[i], value_bool(true));
	for (i = 0; i < sizeof no / sizeof *no; i++)
		define_answer(it, no[i], value_bool(false));
	for (i = 0; i < sizeof sizes / sizeof *sizes; i++)
		define_answer(it, sizes[i].name, value_int(&it->arena, sizes[i].value));
}

void
runtime_install(struct interp *it)
{
	static const struct { const char *name; builtin_function *function; } functions[] = {
		{ "add_prefix", run_add_prefix }, { "maybe_prefix", run_add_prefix },
		{ "divide", run_divide }, { "get_bool_env_var", run_environment },
		{ "get_int_env_var", run_environment }, { "make_layers", run_make_layers },
		{ "make_pp_layers", run_make_layers }, { "make_layers_non_pp", run_make_layers },
		{ "append_stages", run_append_stages },
		{ "declare_attn", run_declare }, { "declare_ffn", run_declare },
		{ "LazyValue", run_lazy_value },
	};
	static const char *const nothing[] = { "set_weight_attrs", "log_info_on_rank0",
		"get_act_fn", "log_warning_on_rank0", "print_warning_once", "logger",
		"sharded_weight_loader", "mamba_v2_sharded_weight_loader", "default_weight_loader",
		"install_cutedsl_fusion", "update_vit_attn_dummy_heads_config",
		"reject_attn_tp_shard_with_tp_reduce" };
	size_t i;

	define_parallel(it);
	define_options(it);
	define_facts(it);
	for (i = 0; i < sizeof functions / sizeof *functions; i++)
		define(it, functions[i].name, builtin_value(it, functions[i].name,
		    functions[i].function, NULL, NULL));
	for (i = 0; i < sizeof nothing / sizeof *nothing; i++)
		define(it, nothing[i], value_unset());
	define(it, "envs", value_unset());
}
