/* SPDX-License-Identifier: Apache-2.0 */
/* Evaluates while it reads: formulas are short and their values differ from call to call. */
#include <ctype.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "limits/expression.h"

/* What is not known is NaN on the way up; the branch of an `if` that is not taken and the
 * other value of a `given` do not count. */
struct parse {
	const char *text, *at;
	const struct expression_scope *scope;
	char *lacking;
};

static double read_sum(struct parse *parse);

static void
skip_space(struct parse *parse)
{
	while (*parse->at == ' ')
		parse->at++;
}

static bool
take(struct parse *parse, char byte)
{
	skip_space(parse);
	if (*parse->at != byte)
		return false;
	parse->at++;
	return true;
}

static void
expect(struct parse *parse, char byte)
{
	if (!take(parse, byte))
		die("a built-in formula lacks '%c' at '%s': %s", byte, parse->at, parse->text);
}

static void
read_name(struct parse *parse, char *name)
{
	size_t length = 0;

	skip_space(parse);
	while (isalnum((unsigned char)*parse->at) || *parse->at == '_') {
		if (length + 1 == EXPRESSION_NAME)
			die("a built-in formula has too long a name: %s", parse->text);
		name[length++] = *parse->at++;
	}
	name[length] = '\0';
}

static double
lack(struct parse *parse, const char *name)
{
	if (parse->lacking[0] == '\0')
		memcpy(parse->lacking, name, strlen(name) + 1);
	return NAN;
}

static double
size_of(struct parse *parse, const char *name)
{
	double value;

	return parse->scope->size(parse->scope->context, name, &value) ? value
	    : lack(parse, name);
}

/* given(name, otherwise), has(name): after the parenthesis. */
static double
read_given(struct parse *parse, bool only_asks)
{
	char name[EXPRESSION_NAME], kept[EXPRESSION_NAME];
	double value = NAN, otherwise;
	bool known;

	read_name(parse, name);
	known = parse->scope->size(parse->scope->context, name, &value);
	if (only_asks) {
		expect(parse, ')');
		return known;
	}
	expect(parse, ',');
	memcpy(kept, parse->lacking, sizeof(kept));
	otherwise = read_sum(parse);
	expect(parse, ')');
	if (known)
		memcpy(parse->lacking, kept, sizeof(kept));
	return known ? value : otherwise;
}

static int
read_arguments(struct parse *parse, double *arguments)
{
	int count = 0;

	if (take(parse, ')'))
		return 0;
	do {
		if (count == EXPRESSION_ARGUMENTS)
			die("a built-in formula has too many arguments: %s", parse->text);
		arguments[count++] = read_sum(parse);
	} while (take(parse, ','));
	expect(parse, ')');
	return count;
}

/* The third argument only where the first is 0: each branch may lack what the other has. */
static double
read_if(struct parse *parse)
{
	double condition = read_sum(parse), values[2];
	char lacking[2][EXPRESSION_NAME], before[EXPRESSION_NAME];
	int taken = !(condition != 0);

	memcpy(before, parse->lacking, sizeof(before));
	for (int i = 0; i < 2; i++) {
		expect(parse, ',');
		memcpy(parse->lacking, before, sizeof(before));
		values[i] = read_sum(parse);
		memcpy(lacking[i], parse->lacking, sizeof(lacking[i]));
	}
	expect(parse, ')');
	if (isnan(condition)) {
		memcpy(parse->lacking, before, sizeof(before));
		return NAN;
	}
	memcpy(parse->lacking, lacking[taken], sizeof(before));
	return values[taken];
}

static double
call(struct parse *parse, const char *name)
{
	double arguments[EXPRESSION_ARGUMENTS] = { 0 }, value;
	int count;

	if (strcmp(name, "given") == 0 || strcmp(name, "has") == 0)
		return read_given(parse, name[0] == 'h');
	if (strcmp(name, "if") == 0)
		return read_if(parse);
	count = read_arguments(parse, arguments);
	for (int i = 0; i < count; i++)
		if (isnan(arguments[i]))
			return NAN;
	if (strcmp(name, "min") == 0 || strcmp(name, "max") == 0)
		return (arguments[0] < arguments[1]) == (name[1] == 'i') ? arguments[0]
		    : arguments[1];
	if (strcmp(name, "up") == 0)
		return ceil(arguments[0]);
	if (strcmp(name, "power") == 0)
		return pow(arguments[0], arguments[1]);
	if (strcmp(name, "less") == 0)
		return arguments[0] < arguments[1];
	if (strcmp(name, "same") == 0)
		return !(arguments[0] < arguments[1]) && !(arguments[0] > arguments[1]);
	if (parse->scope->call != NULL &&
	    parse->scope->call(parse->scope->context, name, arguments, count, &value))
		return value;
	return lack(parse, name);
}

static double
read_factor(struct parse *parse)
{
	char name[EXPRESSION_NAME];
	double value;
	char *end;

	skip_space(parse);
	if (take(parse, '(')) {
		value = read_sum(parse);
		expect(parse, ')');
		return value;
	}
	if (take(parse, '-'))
		return -read_factor(parse);
	if (isdigit((unsigned char)*parse->at)) {
		value = strtod(parse->at, &end);
		parse->at = end;
		return value;
	}
	read_name(parse, name);
	if (name[0] == '\0')
		die("a built-in formula is wrong at '%s': %s", parse->at, parse->text);
	return take(parse, '(') ? call(parse, name) : size_of(parse, name);
}

static double
read_product(struct parse *parse)
{
	double value = read_factor(parse);

	for (;;)
		if (take(parse, '*'))
			value *= read_factor(parse);
		else if (take(parse, '/'))
			value /= read_factor(parse);
		else
			return value;
}

static double
read_sum(struct parse *parse)
{
	double value = read_product(parse);

	for (;;)
		if (take(parse, '+'))
			value += read_product(parse);
		else if (take(parse, '-'))
			value -= read_product(parse);
		else
			return value;
}

bool
expression_value(const char *text, const struct expression_scope *scope, double *value,
    char *lacking)
{
	struct parse parse = { text, text, scope, lacking };

	lacking[0] = '\0';
	*value = read_sum(&parse);
	skip_space(&parse);
	if (*parse.at != '\0')
		die("a built-in formula is wrong at '%s': %s", parse.at, text);
	return lacking[0] == '\0' && isfinite(*value);
}
