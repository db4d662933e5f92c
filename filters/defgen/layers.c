/* SPDX-License-Identifier: Apache-2.0 */
/* Kernel layers as built-in classes: constructing one records its arguments. */
#include "layer.h"

#include <string.h>

#include "base/intern.h"

static const struct layer layers[] = {
	{ "layernorm.RMSNorm", LAYER_NORM, "hidden_size eps", false },
	{ "layernorm.GemmaRMSNorm", LAYER_GEMMA_NORM, "hidden_size eps", false },
	{ "layernorm.Gemma3RMSNorm", LAYER_GEMMA_NORM, "hidden_size eps", false },
	{ "layernorm.Gemma4RMSNorm", LAYER_NORM, "hidden_size eps", false },
	{ "layernorm.LayerNorm", LAYER_OTHER_NORM, "hidden_size eps", false },
	{ "layernorm_gated.RMSNorm", LAYER_OTHER_NORM, "hidden_size eps", false },
	{ "FusedRMSNormGated", LAYER_OTHER_NORM, "hidden_size eps", false },
	{ "torch.nn.RMSNorm", LAYER_NORM, "hidden_size eps", false },
	{ "torch.nn.LayerNorm", LAYER_OTHER_NORM, "hidden_size eps", false },
	{ "QKVParallelLinear", LAYER_QKV,
	    "hidden_size head_size total_num_heads total_num_kv_heads", false },
	{ "ClippableQKVParallelLinear", LAYER_QKV,
	    "hidden_size head_size total_num_heads total_num_kv_heads", false },
	{ "RowParallelLinear", LAYER_LINEAR, "input_size output_size", false },
	{ "ColumnParallelLinear", LAYER_LINEAR, "input_size output_size", false },
	{ "ReplicatedLinear", LAYER_LINEAR, "input_size output_size", false },
	{ "ClippableRowParallelLinear", LAYER_LINEAR, "input_size output_size", false },
	{ "ClippableColumnParallelLinear", LAYER_LINEAR, "input_size output_size", false },
	{ "ClippableReplicatedLinear", LAYER_LINEAR, "input_size output_size", false },
	{ "MergedColumnParallelLinear", LAYER_MERGED, "input_size output_sizes", false },
	{ "MergedColumnParallelRepeatedLinear", LAYER_MERGED, "input_size output_sizes", false },
	{ "ColumnParallelBatchedLinear", LAYER_BATCHED, "batch input_size output_size", false },
	{ "torch.nn.Linear", LAYER_LINEAR, "in_features out_features", false },
	{ "RadixAttention", LAYER_ATTENTION,
	    "num_heads head_dim scaling num_kv_heads layer_id", false },
	{ "RadixLinearAttention", LAYER_LINEAR_ATTENTION,
	    "layer_id num_q_heads num_k_heads num_v_heads head_q_dim head_k_dim head_v_dim", false },
	{ "MambaMixer2", LAYER_MAMBA,
	    "cache_params hidden_size use_conv_bias use_bias n_groups rms_norm_eps", true },
	{ "Indexer", LAYER_INDEXER,
	    "hidden_size index_n_heads index_head_dim rope_head_dim index_topk q_lora_rank", true },
	{ "FusedMoE", LAYER_MOE, "num_experts hidden_size intermediate_size layer_id top_k", false },
	{ "EPMoE", LAYER_MOE, "num_experts top_k hidden_size intermediate_size", false },
	{ "DeepEPMoE", LAYER_MOE, "num_experts top_k hidden_size intermediate_size", false },
	{ "TopK", LAYER_TOPK, "top_k", false },
	{ "HashTopK", LAYER_TOPK, "top_k", false },
	{ "get_rope", LAYER_ROPE,
	    "head_size rotary_dim max_position base is_neox_style rope_scaling dtype", false },
	{ "get_rope_wrapper", LAYER_ROPE,
	    "head_size rotary_dim max_position base is_neox_style rope_scaling dtype", false },
	{ "VocabParallelEmbedding", LAYER_EMBEDDING, "num_embeddings embedding_dim", false },
	{ "torch.nn.Embedding", LAYER_EMBEDDING, "num_embeddings embedding_dim", false },
	{ "ParallelLMHead", LAYER_HEAD, "num_embeddings embedding_dim", false },
	{ "LogitsProcessor", LAYER_LOGITS, "config", false },
	{ "PPMissingLayer", LAYER_PLAIN, "", false },
	{ "SiluAndMul", LAYER_PLAIN, "", false },
	{ "GeluAndMul", LAYER_PLAIN, "approximate", false },
	{ "Pooler", LAYER_PLAIN, "pooling_type", false },
	{ "CrossEncodingPooler", LAYER_PLAIN, "", false },
	{ "LayerCommunicator", LAYER_PLAIN, "", false },
	{ "NSACPLayerCommunicator", LAYER_PLAIN, "", false },
	{ "LayerScatterModes", LAYER_PLAIN, "", false },
	{ "MaybeTboDeepEPDispatcher", LAYER_PLAIN, "", false },
	{ "DeepEPDispatcher", LAYER_PLAIN, "", false },
	{ "MultiModalityDataPaddingPatternMultimodalTokens", LAYER_PLAIN, "", false },
	{ "PackWeightMethod", LAYER_PLAIN, "", false },
};

/* torch containers; constructed from lists or from modules. */
static struct value *
container_init(struct interp *it, struct call *call)
{
	struct instance *instance = call->self->instance;
	bool is_dict = class_is(instance->class, "ModuleDict");
	size_t i;

	if (is_dict && call->count && call->arguments[0]->kind == VALUE_DICT) {
		const struct dict *dict = &call->arguments[0]->dict;

		for (i = 0; i < dict->keys.count; i++)
			if (dict->keys.items[i]->kind == VALUE_STRING)
				scope_set(&it->arena, &instance->attributes,
				    intern_string(dict->keys.items[i]->string.text),
				    dict->values.items[i]);
	} else if (class_is(instance->class, "ModuleList")) {
		if (call->count && !iterate(it, call->arguments[0], &instance->items) &&
		    call->arguments[0]->kind != VALUE_NONE)
			finding_add(it, FINDING_UNSUPPORTED, it->module->file->path, it->line,
			    "list of modules", value_is_unknown(call->arguments[0]) ?
			    call->arguments[0]->reason->text : "not a list");
	} else if (call->count == 1 && call->arguments[0]->kind == VALUE_DICT) {
		for (i = 0; i < call->arguments[0]->dict.values.count; i++)
			list_add(&it->arena, &instance->items,
			    call->arguments[0]->dict.values.items[i]);
	} else {
		for (i = 0; i < call->count; i++)
			list_add(&it->arena, &instance->items, call->arguments[i]);
	}
	return value_none();
}

static struct value *
module_init(struct interp *it, struct call *call)
{
	(void)it, (void)call;
	return value_none();
}

/* PretrainedConfig keeps every keyword it is given. */
static struct value *
config_init(struct interp *it, struct call *call)
{
	size_t i;

	if (!call->self || call->self->kind != VALUE_INSTANCE)
		return value_none();
	call->self->instance->is_config = true;
	for (i = 0; i < call->keyword_count; i++)
		scope_set(&it->arena, &call->self->instance->attributes, call->keywords[i],
		    call->values[i]);
	return value_none();
}

static void
bind_layer(struct interp *it, const struct layer *layer, struct call *call, size_t from,
    struct scope *arguments)
{
	const char *at = layer->parameters;
	size_t i;

	for (i = from; i < call->count && *at; i++) {
		size_t length = strcspn(at, " ");

		scope_set(&it->arena, arguments, intern(at, length), call->arguments[i]);
		at += length + (at[length] == ' ');
	}
	for (i = 0; i < call->keyword_count; i++)
		scope_set(&it->arena, arguments, call->keywords[i], call->values[i]);
}

static struct kernel *
record(struct interp *it, const struct layer *layer, struct value *self, struct call *call,
    size_t from)
{
	struct kernel *kernel = arena_alloc_zero(&it->arena, sizeof *kernel);

	kernel->layer = layer;
	kernel->instance = self;
	kernel->file = self->instance->module ? self->instance->module->file->path : "";
	kernel->line = self->instance->line;
	bind_layer(it, layer, call, from, &kernel->arguments);
	self->instance->kernel = kernel;
	*it->kernels_end = kernel;
	it->kernels_end = &kernel->next;
	return kernel;
}

/* What QKVParallelLinear works out for its rank, and models ask it for. */
static void
set_heads_of_rank(struct interp *it, struct value *self, const struct kernel *kernel)
{
	static const struct { const char *name, *total; } heads[] = {
		{ "num_heads", "total_num_heads" }, { "num_kv_heads", "total_num_kv_heads" } };
	int64_t total;
	size_t i;

	for (i = 0; i < 2; i++) {
		if (!kernel_integer(kernel, heads[i].total, &total) &&
		    !kernel_integer(kernel, heads[0].total, &total))
			continue;
		scope_set(&it->arena, &self->instance->attributes, intern_string(heads[i].name),
		    value_int(&it->arena, total > it->run.tp ? total / it->run.tp : 1));
	}
}

/* The constructor of every recorded layer; explicit calls through the class pass the
 * object first. */
struct value *
layer_init(struct interp *it, struct value *self, struct call *call)
{
	const struct layer *layer = call->builtin->data;
	struct kernel *kernel;
	size_t from = 0;
	uint32_t i;

	if (!self && call->count && call->arguments[0]->kind == VALUE_INSTANCE) {
		self = call->arguments[0];
		from = 1;
	}
	if (!self || self->kind != VALUE_INSTANCE)
		return value_none();
	if (layer->kind == LAYER_PLAIN)
		return value_none();
	kernel = record(it, layer, self, call, from);
	for (i = 0; i < kernel->arguments.count; i++)
		if (!scope_get(&self->instance->attributes, kernel->arguments.keys[i]))
			scope_set(&it->arena, &self->instance->attributes,
			    kernel->arguments.keys[i], kernel->arguments.values[i]);
	if (layer->kind == LAYER_QKV)
		set_heads_of_rank(it, self, kernel);
	return value_none();
}

static struct value *
layer_constructor(struct interp *it, struct call *call)
{
	return layer_init(it, call->self, call);
}

/* get_rope(...) gives a rotary embedding. */
static struct value *
rope_constructor(struct interp *it, struct call *call)
{
	struct value *class = scope_get(&it->runtime, intern_string("class RotaryEmbedding"));
	struct value *self = instance_new(it, class);

	if (call->module)
		self->instance->module = call->module;
	if (call->node)
		self->instance->line = call->node->line;
	record(it, call->builtin->data, self, call, 0);
	return self;
}

static struct value *
moe_class(struct interp *it, struct call *call)
{
	(void)call;
	return scope_get(&it->runtime, intern_string("FusedMoE"));
}

static struct value *
builtin_class(struct interp *it, const char *name, builtin_function *init, const void *data,
    bool is_module)
{
	struct value *class = class_builtin(it, name, NULL);

	class->class->is_module = is_module;
	scope_set(&it->arena, &class->class->attributes, intern_string("__init__"),
	    builtin_value(it, "__init__", init, data, NULL));
	return class;
}

static void
define(struct interp *it, const char *name, struct value *value)
{
	scope_set(&it->arena, &it->runtime, intern_string(name), value);
}

void
layers_install(struct interp *it)
{
	static const char *const containers[] = { "ModuleList", "Sequential", "ModuleDict" };
	struct value *class;
	size_t i;

	it->module_class = builtin_class(it, "Module", module_init, NULL, true);
	define(it, "torch.nn.Module", it->module_class);
	it->config_class = builtin_class(it, "PretrainedConfig", config_init, NULL, false);
	define(it, "transformers.PretrainedConfig", it->config_class);
	define(it, "class RotaryEmbedding", class_builtin(it, "RotaryEmbedding",
	    it->module_class));
	for (i = 0; i < sizeof containers / sizeof *containers; i++) {
		class = builtin_class(it, containers[i], container_init, NULL, true);
		define(it, interp_text(it, "torch.nn.%s", containers[i]), class);
	}
	for (i = 0; i < sizeof layers / sizeof *layers; i++) {
		const char *dot = strrchr(layers[i].key, '.');

		if (layers[i].kind == LAYER_ROPE) {
			define(it, layers[i].key, builtin_value(it, layers[i].key, rope_constructor,
			    &layers[i], NULL));
			continue;
		}
		if (layers[i].evaluate)
			continue;
		class = builtin_class(it, dot ? dot + 1 : layers[i].key, layer_constructor,
		    &layers[i], true);
		class->class->layer = &layers[i];
		define(it, layers[i].key, class);
	}
	define(it, "get_moe_impl_class", builtin_value(it, "get_moe_impl_class", moe_class, NULL,
	    NULL));
}

/* Layers whose own constructor is evaluated are recorded as it begins. */
void
layer_note(struct interp *it, struct value *self, struct call *call)
{
	const struct class *class = self->instance->class->class;
	struct value *size = call_argument(call, 0, "hidden_size");
	size_t i;

	/* a norm of the model's own may keep a part of its weight on each rank */
	if (size && size->kind == VALUE_INT && strstr(class->name, "RMSNorm"))
		self->instance->full_size = size->integer;
	if (!class->module || strncmp(class->module->name, "sglang.srt.layers", 17))
		return;
	for (i = 0; i < sizeof layers / sizeof *layers; i++)
		if (layers[i].evaluate && !strcmp(layers[i].key, class->name))
			record(it, &layers[i], self, call, 0);
}

struct value *
kernel_argument(const struct kernel *kernel, const char *name)
{
	return scope_get(&kernel->arguments, intern_string(name));
}

bool
kernel_integer(const struct kernel *kernel, const char *name, int64_t *number)
{
	struct value *value = kernel_argument(kernel, name);

	return value && value_integer(value, number);
}
