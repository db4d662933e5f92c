/* SPDX-License-Identifier: Apache-2.0 */
/* Parses axes and walks over their combinations. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "axes.h"
#include "base/memory.h"
#include "base/text.h"

/* More would run for days. */
enum { MOST_VALUES = 4096 };

bool
axis_number(const char *text, size_t length, int64_t *number)
{
	char digits[24], *end;
	int shift = 0;
	long long value;

	if (length > 0 && strchr("kK", text[length - 1]))
		shift = 10;
	else if (length > 0 && strchr("mM", text[length - 1]))
		shift = 20;
	else if (length > 0 && strchr("gG", text[length - 1]))
		shift = 30;
	if (shift > 0)
		length--;
	if (length == 0 || length >= sizeof(digits))
		return false;
	memcpy(digits, text, length);
	digits[length] = '\0';
	errno = 0;
	value = strtoll(digits, &end, 10);
	if (errno != 0 || *end != '\0' || end == digits || digits[0] == ' ')
		return false;
	if (value > (INT64_MAX >> shift) || value < (INT64_MIN >> shift))
		return false;
	*number = value * (1LL << shift);
	return true;
}

/* A message that names a piece of what the user wrote. */
static const char *
complain(struct arena *arena, const char *before, const char *piece, size_t length,
    const char *after)
{
	struct text message = { 0 };
	char *kept;

	text_add_format(&message, "%s'%.*s'%s", before, (int)length, piece, after);
	kept = arena_copy(arena, message.bytes, message.length);
	text_free(&message);
	return kept;
}

/* The values as they grow. */
struct builder {
	struct arena *arena;
	const char *values[MOST_VALUES];
	size_t count;
	bool pow2;
};

static bool
add_text(struct builder *builder, const char *text, size_t length)
{
	if (builder->count == MOST_VALUES)
		return false;
	builder->values[builder->count++] = arena_copy(builder->arena, text, length);
	return true;
}

static bool
add_number(struct builder *builder, int64_t number)
{
	struct text text = { 0 };
	bool added;

	if (builder->pow2) {
		if (number < 0 || number > 62)
			return false;
		number = (int64_t)1 << number;
	}
	text_add_format(&text, "%lld", (long long)number);
	added = add_text(builder, text.bytes, text.length);
	text_free(&text);
	return added;
}

/* lo:hi[:step|:xFACTOR]; nvbench's exponents go up by one. */
static const char *
add_range(struct builder *builder, const char *text, size_t length)
{
	const char *first = memchr(text, ':', length);
	const char *rest = first + 1, *end = text + length;
	const char *second = memchr(rest, ':', (size_t)(end - rest));
	const char *high_end = second ? second : end;
	int64_t low, high, step = builder->pow2 ? 1 : 2;
	bool factor = !builder->pow2;

	if (second != NULL) {
		factor = second[1] == 'x';
		if (!axis_number(second + 1 + factor, (size_t)(end - second - 1 - factor), &step))
			return complain(builder->arena, "", text, length, " has no step or factor");
	}
	if (!axis_number(text, (size_t)(first - text), &low) ||
	    !axis_number(rest, (size_t)(high_end - rest), &high))
		return complain(builder->arena, "", text, length, " is not a range of numbers");
	if (step < 1 + factor || (factor && low < 1) || low > high)
		return complain(builder->arena, "", text, length, " does not go up");
	for (;;) {
		if (!add_number(builder, low))
			return complain(builder->arena, "", text, length,
			    " has too many or too large values");
		if (factor ? low > high / step : low > high - step)
			return NULL;
		low = factor ? low * step : low + step;
	}
}

static const char *
add_values(struct builder *builder, const char *text, const char *end)
{
	while (text <= end) {
		const char *comma = memchr(text, ',', (size_t)(end - text));
		size_t length = (size_t)((comma ? comma : end) - text);
		const char *error = NULL;
		int64_t number;

		if (length == 0)
			return "a value is empty";
		if (memchr(text, ':', length) != NULL)
			error = add_range(builder, text, length);
		else if (axis_number(text, length, &number) ? !add_number(builder, number)
		                                            : !add_text(builder, text, length))
			error = complain(builder->arena, "", text, length, " is too much");
		if (error != NULL || comma == NULL)
			return error;
		text = comma + 1;
	}
	return "a value is empty";
}

const char *
axis_parse(struct axis *axis, const char *text, struct arena *arena)
{
	static const char pow2[] = "[pow2]";
	const char *equals = strchr(text, '='), *values, *end = text + strlen(text);
	struct builder *builder;
	const char *error;
	size_t length;

	if (equals == NULL || equals == text)
		return "an axis is NAME=VALUES";
	builder = memory_alloc_zero(1, sizeof(*builder));
	builder->arena = arena;
	length = (size_t)(equals - text);
	if (length > strlen(pow2) && memcmp(equals - strlen(pow2), pow2, strlen(pow2)) == 0) {
		builder->pow2 = true;
		length -= strlen(pow2);
	}
	values = equals + 1;
	if (*values == '[' && end[-1] == ']') {
		values++;
		end--;
	}
	error = add_values(builder, values, end);
	axis->rule = NULL;
	axis->name = arena_copy(arena, text, length);
	axis->count = builder->count;
	axis->values = arena_alloc(arena, (builder->count + 1) * sizeof(*axis->values));
	memcpy(axis->values, builder->values, builder->count * sizeof(*axis->values));
	free(builder);
	return error;
}

static const char *
check_choice(const char *value, const struct axis_rule *rule, struct arena *arena)
{
	struct text list = { 0 };
	const char *message;

	for (size_t i = 0; rule->choices[i] != NULL; i++) {
		if (strcmp(value, rule->choices[i]) == 0) {
			text_free(&list);
			return NULL;
		}
		text_add_format(&list, "%s%s", i ? ", " : " is none of ", rule->choices[i]);
	}
	message = complain(arena, "", value, strlen(value), list.bytes);
	text_free(&list);
	return message;
}

const char *
axis_check(const struct axis *axis, const struct axis_rule *rule, struct arena *arena)
{
	for (size_t i = 0; i < axis->count; i++) {
		const char *value = axis->values[i], *error = NULL;
		int64_t number;

		if (rule->choices != NULL) {
			error = check_choice(value, rule, arena);
		} else if (!axis_number(value, strlen(value), &number) || number < rule->low ||
		    number > rule->high) {
			struct text range = { 0 };

			text_add_format(&range, " is not a whole number from %lld to %lld",
			    (long long)rule->low, (long long)rule->high);
			error = complain(arena, "", value, strlen(value), range.bytes);
			text_free(&range);
		}
		if (error != NULL)
			return error;
	}
	return NULL;
}

const char *
point_text(const struct point *point, const char *name)
{
	for (size_t i = 0; i < point->axis_count; i++)
		if (strcmp(point->axes[i].name, name) == 0)
			return point->axes[i].values[point->at[i]];
	return NULL;
}

int64_t
point_number(const struct point *point, const char *name)
{
	const char *text = point_text(point, name);
	int64_t number = 0;

	if (text != NULL)
		axis_number(text, strlen(text), &number);
	return number;
}

bool
point_next(struct point *point)
{
	for (size_t i = point->axis_count; i-- > 0;) {
		if (++point->at[i] < point->axes[i].count)
			return true;
		point->at[i] = 0;
	}
	return false;
}

size_t
axes_combinations(const struct axis *axes, size_t count)
{
	size_t combinations = 1;

	for (size_t i = 0; i < count; i++) {
		if (combinations > SIZE_MAX / (axes[i].count + 1))
			return SIZE_MAX;
		combinations *= axes[i].count;
	}
	return combinations;
}
