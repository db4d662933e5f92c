/* SPDX-License-Identifier: Apache-2.0 */
/* Reads conditions as Python does, in three values: what does not ask for the platform is
 * unknown. */
#include <ctype.h>
#include <string.h>

#include "platform.h"

/* Words of names that tell a platform: torch's device types, the vendors' software. */
static const struct {
	const char *word;
	const char *vendor; /* "" for one that is neither NVIDIA's nor AMD's GPU */
} words[] = {
	{ "cuda", "nvidia" }, { "flashinfer", "nvidia" }, { "trtllm", "nvidia" },
	{ "cutlass", "nvidia" }, { "blackwell", "nvidia" }, { "hopper", "nvidia" },
	{ "sm90", "nvidia" }, { "sm100", "nvidia" }, { "sm120", "nvidia" },
	{ "hip", "amd" }, { "rocm", "amd" }, { "aiter", "amd" }, { "gfx95", "amd" },
	{ "gfx942", "amd" }, { "gfx950", "amd" },
	{ "npu", "" }, { "ascend", "" }, { "xpu", "" }, { "hpu", "" }, { "musa", "" },
	{ "cpu", "" }, { "amx", "" }, { "mps", "" }, { "tpu", "" }, { "mlx", "" },
};

/* The vendor that a word of the name tells; NULL when none does. Words are parted by
 * anything but letters and digits. */
static const char *
vendor_of(const char *name, size_t length)
{
	size_t at = 0;

	while (at < length) {
		size_t begin, i;

		while (at < length && !isalnum((unsigned char)name[at]))
			at++;
		for (begin = at; at < length && isalnum((unsigned char)name[at]);)
			at++;
		for (i = 0; i < sizeof(words) / sizeof(words[0]); i++)
			if (strlen(words[i].word) == at - begin &&
			    memcmp(words[i].word, name + begin, at - begin) == 0)
				return words[i].vendor;
	}
	return NULL;
}

struct parser {
	const char *vendor;
	const char *at;
	unsigned depth;
};

/* Deeper parentheses than any condition has: what is in them is unknown. */
enum { DEEPEST = 64 };

static enum platform_truth parse_or(struct parser *parser);

static bool
skip_word(struct parser *parser, const char *word)
{
	size_t length = strlen(word);

	while (isspace((unsigned char)*parser->at))
		parser->at++;
	if (strncmp(parser->at, word, length) != 0 ||
	    isalnum((unsigned char)parser->at[length]) || parser->at[length] == '_')
		return false;
	parser->at += length;
	return true;
}

/* Behind the closing quote or bracket of what begins here. */
static const char *
skip_group(const char *at)
{
	unsigned depth = 0;

	do {
		if (*at == '\'' || *at == '"') {
			char quote = *at++;

			while (*at != '\0' && *at != quote)
				at += *at == '\\' && at[1] != '\0' ? 2 : 1;
		} else if (*at == '(' || *at == '[' || *at == '{')
			depth++;
		else if (*at == ')' || *at == ']' || *at == '}')
			depth--;
		if (*at == '\0')
			return at;
		at++;
	} while (depth > 0);
	return at;
}

static bool
at_word(const char *at, const char *begin, const char *word)
{
	size_t length = strlen(word);

	return strncmp(at, word, length) == 0 && !isalnum((unsigned char)at[length]) &&
	    at[length] != '_' && (at == begin || !(isalnum((unsigned char)at[-1]) || at[-1] == '_'));
}

/* "_is_hip" and "is_cuda()" hold wherever the platform is this one; "use_aiter_fused" or
 * "_is_gfx95_supported" may not. */
static bool
asks_only_platform(const char *name, size_t length)
{
	const char *end = name + length;

	while (name < end && (*name == '_' || *name == ' '))
		name++;
	if (end - name < 3 || memcmp(name, "is_", 3) != 0)
		return false;
	for (name += 3; name < end && isalnum((unsigned char)*name);)
		name++;
	return name == end || *name == '(' || *name == ' ';
}

/* A name or a call: _is_hip, is_npu(). Compared with something, it tells nothing. */
static enum platform_truth
parse_name(struct parser *parser)
{
	const char *begin = parser->at, *at = begin, *vendor;
	bool plain = true;

	while (*at != '\0' && *at != ')' && !at_word(at, begin, "and") && !at_word(at, begin, "or")) {
		if (strchr("([{'\"", *at) != NULL) {
			plain = plain && at[0] == '(' && at[1] == ')';
			at = skip_group(at);
			continue;
		}
		plain = plain && (isalnum((unsigned char)*at) || strchr("_. ", *at) != NULL) &&
		    !at_word(at, begin, "is") && !at_word(at, begin, "in") &&
		    !at_word(at, begin, "if");
		at++;
	}
	parser->at = at;
	if (!plain || (vendor = vendor_of(begin, (size_t)(at - begin))) == NULL)
		return PLATFORM_UNKNOWN;
	if (strcmp(vendor, parser->vendor) != 0)
		return PLATFORM_FALSE;
	return asks_only_platform(begin, (size_t)(at - begin)) ? PLATFORM_TRUE : PLATFORM_UNKNOWN;
}

/* Whether what follows the parenthesis that begins here ends the operand. */
static bool
is_group(const char *at)
{
	at = skip_group(at);
	while (isspace((unsigned char)*at))
		at++;
	return *at == '\0' || *at == ')' || at_word(at, at, "and") || at_word(at, at, "or");
}

static enum platform_truth
parse_operand(struct parser *parser)
{
	enum platform_truth truth;

	while (isspace((unsigned char)*parser->at))
		parser->at++;
	if (*parser->at != '(' || !is_group(parser->at))
		return parse_name(parser);
	if (parser->depth == DEEPEST) {
		parser->at = skip_group(parser->at);
		return PLATFORM_UNKNOWN;
	}
	parser->at++;
	parser->depth++;
	truth = parse_or(parser);
	parser->depth--;
	if (*parser->at == ')')
		parser->at++;
	return truth;
}

static enum platform_truth
parse_not(struct parser *parser)
{
	enum platform_truth truth;
	bool negated = false;

	while (skip_word(parser, "not"))
		negated = !negated;
	truth = parse_operand(parser);
	return !negated || truth == PLATFORM_UNKNOWN ? truth
	    : truth == PLATFORM_TRUE ? PLATFORM_FALSE : PLATFORM_TRUE;
}

static enum platform_truth
parse_and(struct parser *parser)
{
	enum platform_truth truth = parse_not(parser);

	while (skip_word(parser, "and")) {
		enum platform_truth right = parse_not(parser);

		truth = truth == PLATFORM_FALSE || right == PLATFORM_FALSE ? PLATFORM_FALSE
		    : truth == PLATFORM_TRUE && right == PLATFORM_TRUE ? PLATFORM_TRUE
		    : PLATFORM_UNKNOWN;
	}
	return truth;
}

static enum platform_truth
parse_or(struct parser *parser)
{
	enum platform_truth truth = parse_and(parser);

	while (skip_word(parser, "or")) {
		enum platform_truth right = parse_and(parser);

		truth = truth == PLATFORM_TRUE || right == PLATFORM_TRUE ? PLATFORM_TRUE
		    : truth == PLATFORM_FALSE && right == PLATFORM_FALSE ? PLATFORM_FALSE
		    : PLATFORM_UNKNOWN;
	}
	return truth;
}

enum platform_truth
platform_condition(const char *vendor, const char *condition)
{
	struct parser parser = { vendor, condition, 0 };

	return parse_or(&parser);
}

/* "GGUFEmbeddingAscendMethod" is Ascend's: words of a class begin with capitals. */
static bool
is_foreign_class(const char *vendor, const char *function, const char *name)
{
	const char *end = function + (strlen(function) - strlen(name)), *at, *begin;
	char word[32];

	for (at = function; at < end;) {
		size_t length = 0;
		const char *other;

		for (begin = at; at < end && (at == begin || !isupper((unsigned char)*at) ||
		    isupper((unsigned char)at[-1])) && *at != '.'; at++)
			if (length < sizeof(word) - 1)
				word[length++] = (char)tolower((unsigned char)*at);
		at += at < end && *at == '.';
		other = vendor_of(word, length);
		if (other != NULL && strcmp(other, vendor) != 0 && strcmp(other, "nvidia") != 0)
			return true;
	}
	return false;
}

/* "hardware_backend/npu/graph.py" and "forward_cpu" are another platform's. A function that
 * only has such a word somewhere ("copy_to_cpu") is not. */
static bool
is_foreign(const char *vendor, const struct chain_frame *frame)
{
	static const char prefix[] = "forward_";
	const char *other = vendor_of(frame->file, strlen(frame->file));

	if (other != NULL && strcmp(other, vendor) != 0 && strstr(frame->file, "cuda") == NULL)
		return true;
	if (is_foreign_class(vendor, frame->function, frame->name))
		return true;
	/* torch calls AMD's devices cuda, too, and so do functions for both */
	if (strncmp(frame->name, prefix, sizeof(prefix) - 1) != 0 ||
	    strcmp(frame->name + sizeof(prefix) - 1, "cuda") == 0)
		return false;
	other = vendor_of(frame->name, strlen(frame->name));
	return other != NULL && strcmp(other, vendor) != 0;
}

bool
platform_excludes(const char *vendor, const struct chain_frame *frames, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		const struct chain_frame *frame = &frames[i];
		const struct json *guard = frame->guards != NULL ? frame->guards->child : NULL;

		if (is_foreign(vendor, frame))
			return true;
		for (; guard != NULL; guard = guard->next)
			if (json_string(guard) != NULL &&
			    platform_condition(vendor, json_string(guard)) == PLATFORM_FALSE)
				return true;
	}
	return false;
}
