/* SPDX-License-Identifier: Apache-2.0 */
/* Operators, comparisons and subscripts on values. */
#include <math.h>
#include <string.h>

#include "base/intern.h"
#include "interp.h"

/* Longer lists and strings than any model has are not built. */
enum { LENGTH_LIMIT = 1 << 20 };

static struct value *
integer_divide(struct interp *it, const char *op, int64_t left, int64_t right)
{
	int64_t quotient, rest;

	if (right == 0)
		return raise_error(it, "ZeroDivisionError", "division by zero");
	if (left == INT64_MIN && right == -1)
		return unknown(it, "%s overflows", op);
	quotient = left / right;
	rest = left % right;
	if (rest && (rest < 0) != (right < 0)) { /* Python rounds down */
		quotient--;
		rest += right;
	}
	return value_int(&it->arena, op[0] == '%' ? rest : quotient);
}

static struct value *
integer_power(struct interp *it, int64_t base, int64_t exponent)
{
	int64_t result = 1;

	if (exponent < 0)
		return base ? value_float(&it->arena, pow((double)base, (double)exponent)) :
		    raise_error(it, "ZeroDivisionError", "0 to a negative power");
	if (exponent > 64 && base != 0 && base != 1 && base != -1)
		return unknown(it, "** overflows");
	for (exponent = exponent > 64 ? exponent & 1 : exponent; exponent > 0; exponent--)
		if (__builtin_mul_overflow(result, base, &result))
			return unknown(it, "** overflows");
	return value_int(&it->arena, result);
}

static struct value *
integers(struct interp *it, const char *op, int64_t left, int64_t right)
{
	int64_t result = 0;
	bool overflow = false;

	if (!strcmp(op, "**"))
		return integer_power(it, left, right);
	if (!strcmp(op, "//") || op[0] == '%')
		return integer_divide(it, op, left, right);
	if (!strcmp(op, "<<") || !strcmp(op, ">>")) {
		if (right < 0 || right > 62 || left < 0 || (op[0] == '<' && left >> (62 - right)))
			return unknown(it, "%s out of range", op);
		return value_int(&it->arena, op[0] == '<' ? left << right : left >> right);
	}
	switch (op[0]) {
	case '+':
		overflow = __builtin_add_overflow(left, right, &result);
		break;
	case '-':
		overflow = __builtin_sub_overflow(left, right, &result);
		break;
	case '*':
		overflow = __builtin_mul_overflow(left, right, &result);
		break;
	case '/':
		if (!right)
			return raise_error(it, "ZeroDivisionError", "division by zero");
		return value_float(&it->arena, (double)left / (double)right);
	case '&':
		result = left & right;
		break;
	case '|':
		result = left | right;
		break;
	case '^':
		result = left ^ right;
		break;
	default:
		return unknown(it, "%s of numbers", op);
	}
	return overflow ? unknown(it, "%s overflows", op) : value_int(&it->arena, result);
}

static struct value *
numbers(struct interp *it, const char *op, double left, double right)
{
	double result;

	if (strchr("/%", op[0]) && right == 0)
		return raise_error(it, "ZeroDivisionError", "division by zero");
	if (!strcmp(op, "**"))
		result = pow(left, right);
	else if (!strcmp(op, "//"))
		result = floor(left / right);
	else if (op[0] == '+')
		result = left + right;
	else if (op[0] == '-')
		result = left - right;
	else if (op[0] == '*')
		result = left * right;
	else if (op[0] == '/')
		result = left / right;
	else if (op[0] == '%')
		result = left - floor(left / right) * right;
	else
		return unknown(it, "%s of floats", op);
	return value_float(&it->arena, result);
}

static bool
is_sequence(const struct value *value)
{
	return value->kind == VALUE_LIST || value->kind == VALUE_TUPLE;
}

static struct value *
repeat(struct interp *it, struct value *sequence, int64_t times)
{
	struct value *result;
	size_t length = sequence->kind == VALUE_STRING ? sequence->string.length :
	    sequence->list.count, i;
	int64_t round;

	if (times < 0)
		times = 0;
	if (length && (uint64_t)times > LENGTH_LIMIT / length)
		return unknown(it, "a sequence of more than %d items", LENGTH_LIMIT);
	step(it, (long)(length * (size_t)times / 8));
	if (sequence->kind == VALUE_STRING) {
		char *text = arena_alloc(&it->arena, length * (size_t)times + 1);

		for (round = 0; round < times && length; round++)
			memcpy(text + length * (size_t)round, sequence->string.text, length);
		return value_string(&it->arena, text, length * (size_t)times);
	}
	result = value_list(&it->arena, sequence->kind);
	for (round = 0; round < times && length; round++)
		for (i = 0; i < length; i++)
			list_add(&it->arena, &result->list, sequence->list.items[i]);
	return result;
}

static struct value *
concatenate(struct interp *it, struct value *left, struct value *right)
{
	struct value *result = value_list(&it->arena, left->kind);
	size_t i;

	if (left->list.count + right->list.count > LENGTH_LIMIT)
		return unknown(it, "a sequence of more than %d items", LENGTH_LIMIT);
	step(it, (long)(left->list.count + right->list.count) / 8);
	for (i = 0; i < left->list.count; i++)
		list_add(&it->arena, &result->list, left->list.items[i]);
	for (i = 0; i < right->list.count; i++)
		list_add(&it->arena, &result->list, right->list.items[i]);
	return result;
}

static struct value *
merge(struct interp *it, struct value *left, struct value *right)
{
	struct value *result = value_dict(&it->arena);
	struct value *sides[2] = { left, right };
	size_t i;
	int side;

	for (side = 0; side < 2; side++)
		for (i = 0; i < sides[side]->dict.keys.count; i++)
			dict_set(&it->arena, &result->dict, sides[side]->dict.keys.items[i],
			    sides[side]->dict.values.items[i]);
	return result;
}

struct value *
operate(struct interp *it, const char *op, struct value *left, struct value *right)
{
	int64_t a, b;
	double x, y;

	if (value_is_unknown(left))
		return left;
	if (value_is_unknown(right))
		return right;
	if (left->kind == VALUE_UNSET && value_number(right, &y)) /* a count nobody set is 0 */
		left = value_int(&it->arena, 0);
	if (right->kind == VALUE_UNSET && value_number(left, &x))
		right = value_int(&it->arena, 0);
	if (value_integer(left, &a) && value_integer(right, &b))
		return integers(it, op, a, b);
	if (value_number(left, &x) && value_number(right, &y))
		return numbers(it, op, x, y);
	if (op[0] == '*' && !op[1]) {
		if ((is_sequence(left) || left->kind == VALUE_STRING) && value_integer(right, &b))
			return repeat(it, left, b);
		if ((is_sequence(right) || right->kind == VALUE_STRING) && value_integer(left, &a))
			return repeat(it, right, a);
	}
	if (op[0] == '+' && left->kind == VALUE_STRING && right->kind == VALUE_STRING)
		return value_text(&it->arena, interp_text(it, "%s%s", left->string.text,
		    right->string.text));
	if (op[0] == '+' && is_sequence(left) && left->kind == right->kind)
		return concatenate(it, left, right);
	if (op[0] == '|' && left->kind == VALUE_DICT && right->kind == VALUE_DICT)
		return merge(it, left, right);
	return unknown(it, "%s %s %s", value_show(&it->arena, left), op,
	    value_show(&it->arena, right));
}

static int
contains(struct interp *it, struct value *container, struct value *item)
{
	struct list items = { 0 };
	size_t i;

	if (container->kind == VALUE_STRING && item->kind == VALUE_STRING)
		return strstr(container->string.text, item->string.text) != NULL;
	if (container->kind == VALUE_DICT)
		return dict_get(&container->dict, item) != NULL;
	if (container->kind == VALUE_INSTANCE && item->kind == VALUE_STRING &&
	    container->instance->is_config)
		return attribute_exists(it, container, intern_string(item->string.text));
	if (!iterate(it, container, &items))
		return -1;
	step(it, (long)items.count / 4);
	for (i = 0; i < items.count; i++)
		if (value_equal(items.items[i], item))
			return 1;
	return 0;
}

/* What sglang's options are by default: None, a count of 0, or "auto". */
static bool
is_default(const struct value *value)
{
	int64_t count;

	return value->kind == VALUE_NONE || value->kind == VALUE_UNSET ||
	    (value->kind == VALUE_INT && value_integer(value, &count) && count == 0) ||
	    value_is_string(value, "auto");
}

static bool
same(const struct value *left, const struct value *right)
{
	if (left->kind == VALUE_UNSET)
		return is_default(right);
	if (right->kind == VALUE_UNSET)
		return is_default(left);
	return value_equal(left, right);
}

static struct value *
order(struct interp *it, const char *op, struct value *left, struct value *right)
{
	double x, y;
	int sign;

	if (left->kind == VALUE_UNSET || right->kind == VALUE_UNSET)
		return value_bool(false);
	if (value_number(left, &x) && value_number(right, &y)) {
		sign = (x > y) - (x < y);
	} else if (left->kind == VALUE_STRING && right->kind == VALUE_STRING) {
		sign = strcmp(left->string.text, right->string.text);
	} else if (is_sequence(left) && is_sequence(right)) {
		size_t i = 0;

		while (i < left->list.count && i < right->list.count &&
		    value_equal(left->list.items[i], right->list.items[i]))
			i++;
		if (i < left->list.count && i < right->list.count)
			return order(it, op, left->list.items[i], right->list.items[i]);
		sign = (left->list.count > right->list.count) -
		    (left->list.count < right->list.count);
	} else {
		return unknown(it, "%s %s %s", value_show(&it->arena, left), op,
		    value_show(&it->arena, right));
	}
	return value_bool(op[0] == '<' ? sign < (op[1] ? 1 : 0) : sign > (op[1] ? -1 : 0));
}

struct value *
compare(struct interp *it, const char *op, struct value *left, struct value *right)
{
	bool negated = !strcmp(op, "is not") || !strcmp(op, "not in") || !strcmp(op, "!=");
	int found;

	if (value_is_unknown(left))
		return left;
	if (value_is_unknown(right))
		return right;
	if (op[0] == '<' || op[0] == '>')
		return order(it, op, left, right);
	if (!strcmp(op, "in") || !strcmp(op, "not in")) {
		found = contains(it, right, left);
		if (found < 0)
			return unknown(it, "'in' %s", value_show(&it->arena, right));
		return value_bool((found == 1) != negated);
	}
	return value_bool(same(left, right) != negated);
}

static struct value *
slice_of(struct interp *it, struct value *object, struct value *slice)
{
	size_t length = object->kind == VALUE_STRING ? object->string.length : object->list.count;
	int64_t begin = 0, end = (int64_t)length, jump = 1, i;
	struct value *result;

	if (slice->slice.step->kind == VALUE_INT)
		jump = slice->slice.step->integer;
	if (jump == 0)
		return unknown(it, "a slice with step 0");
	if (jump < 0) {
		begin = (int64_t)length - 1;
		end = -1;
	}
	if (value_integer(slice->slice.lower, &i))
		begin = i < 0 ? i + (int64_t)length : i;
	if (value_integer(slice->slice.upper, &i))
		end = i < 0 ? i + (int64_t)length : i;
	if (value_is_unknown(slice->slice.lower))
		return slice->slice.lower;
	if (value_is_unknown(slice->slice.upper))
		return slice->slice.upper;
	begin = begin < 0 ? (jump < 0 ? -1 : 0) : begin > (int64_t)length ? (int64_t)length : begin;
	end = end < -1 ? -1 : end > (int64_t)length ? (int64_t)length : end;
	if (object->kind == VALUE_STRING) {
		if (jump != 1)
			return unknown(it, "a stepped slice of a string");
		return value_string(&it->arena, object->string.text + begin,
		    end > begin ? (size_t)(end - begin) : 0);
	}
	result = value_list(&it->arena, object->kind);
	for (i = begin; jump > 0 ? i < end : i > end; i += jump) {
		if (i >= 0 && i < (int64_t)length)
			list_add(&it->arena, &result->list, object->list.items[i]);
		if (jump > (int64_t)length || jump < -(int64_t)length)
			break;
	}
	return result;
}

static struct value *
item_at(struct interp *it, const struct list *list, int64_t index)
{
	if (index < 0)
		index += (int64_t)list->count;
	if (index < 0 || index >= (int64_t)list->count)
		return raise_error(it, "IndexError", "index out of range");
	return list->items[index];
}

static struct value *
instance_item(struct interp *it, struct value *object, struct value *index)
{
	struct instance *instance = object->instance;
	struct value *method;
	int64_t at;

	if (index->kind == VALUE_STRING) {
		const char *name = intern_string(index->string.text);
		struct value *found = scope_get(&instance->attributes, name);

		if (found)
			return found;
		if (instance->class->class->is_options)
			return value_unset();
	}
	method = class_lookup(instance->class->class, intern_string("__getitem__"));
	if (method && method->kind == VALUE_FUNCTION)
		return call_simple(it, bind(it, method, object), &index, 1);
	if (value_integer(index, &at))
		return item_at(it, &instance->items, at);
	if (index->kind == VALUE_SLICE && instance->items.count) {
		struct value *all = value_list(&it->arena, VALUE_LIST);

		all->list = instance->items;
		return slice_of(it, all, index);
	}
	return unknown(it, "%s[%s]", value_show(&it->arena, object),
	    value_show(&it->arena, index));
}

/* What an option that was never set chooses: the entry of its default. */
static struct value *
default_entry(struct interp *it, const struct dict *dict)
{
	size_t i;

	for (i = 0; i < dict->keys.count; i++)
		if (is_default(dict->keys.items[i]))
			return dict->values.items[i];
	return unknown(it, "what an unset option chooses");
}

struct value *
subscript(struct interp *it, struct value *object, struct value *index)
{
	struct value *found;
	int64_t at;

	if (value_is_unknown(object))
		return object;
	if (value_is_unknown(index))
		return index;
	if (object->kind == VALUE_UNSET)
		return object;
	if (object->kind == VALUE_DICT) {
		step(it, (long)object->dict.keys.count / 8);
		if (index->kind == VALUE_UNSET)
			return default_entry(it, &object->dict);
		found = dict_get(&object->dict, index);
		if (found)
			return found;
		return raise_error(it, "KeyError", "no key %s", value_show(&it->arena, index));
	}
	if (index->kind == VALUE_SLICE && (is_sequence(object) || object->kind == VALUE_STRING))
		return slice_of(it, object, index);
	if ((is_sequence(object) || object->kind == VALUE_TENSOR) && value_integer(index, &at))
		return object->kind == VALUE_TENSOR ? unknown(it, "an element of a tensor") :
		    item_at(it, &object->list, at);
	if (object->kind == VALUE_STRING && value_integer(index, &at)) {
		if (at < 0)
			at += (int64_t)object->string.length;
		if (at < 0 || at >= (int64_t)object->string.length)
			return raise_error(it, "IndexError", "index out of range");
		return value_string(&it->arena, object->string.text + at, 1);
	}
	if (object->kind == VALUE_INSTANCE)
		return instance_item(it, object, index);
	if (object->kind == VALUE_CLASS && object->class->is_enum && index->kind == VALUE_STRING) {
		found = class_lookup(object->class, intern_string(index->string.text));
		if (found)
			return found;
	}
	if (object->kind == VALUE_EXTERNAL && !strcmp(object->external, "os.environ"))
		return unknown(it, "the environment is not known");
	if (object->kind == VALUE_CLASS || object->kind == VALUE_EXTERNAL)
		return object; /* Generic[T], List[int] */
	return unknown(it, "%s[%s]", value_show(&it->arena, object),
	    value_show(&it->arena, index));
}
