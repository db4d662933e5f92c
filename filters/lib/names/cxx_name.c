/* SPDX-License-Identifier: Apache-2.0 */
/* Rewrites kernel names token by token. */
#include <libiberty/demangle.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "names/cxx_name.h"
#include "base/memory.h"

/* The demangler takes stack in proportion to the name; what it writes can double with each
 * substitution: it is stopped there. */
enum { LONGEST_MANGLED = 16 << 10, LONGEST_PLAIN = 64 << 10 };

/* Extended float types that older demanglers do not know. Each is handed over as a type
 * that no kernel uses and that, like it, is no candidate for a substitution. */
static const struct {
	const char *mangled, *stand_in, *stand_in_name, *name;
} float_types[] = {
	{ "DF16b", "De", "decimal128", "__bf16" },
	{ "DF16_", "Dd", "decimal64", "_Float16" },
};

enum { FLOAT_TYPES = sizeof(float_types) / sizeof(float_types[0]) };

/* Deeper brackets than this are counted, not remembered. */
enum { DEEPEST = 64 };

struct scan {
	const char *at, *end;
	struct text *out;
	size_t start;  /* of this name in out */
	char open[DEEPEST]; /* the < and ( that are open */
	size_t depth;
	size_t braces; /* open { of lambdas and unnamed types */
	bool parameters; /* are wanted */
};

static bool
is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
	    c == '_' || c == '$' || (c & 0x80) != 0;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
begins(const char *at, const char *end, const char *what)
{
	size_t length = strlen(what);

	return (size_t)(end - at) >= length && memcmp(at, what, length) == 0;
}

static const char *
skip_blanks(const char *at, const char *end)
{
	while (at < end && *at == ' ')
		at++;
	return at;
}

static const char *
skip_word(const char *at, const char *end)
{
	while (at < end && is_word(*at))
		at++;
	return at;
}

static void
replace_all(struct text *text, const char *old, const char *new)
{
	struct text result = { 0 };
	const char *at = text->bytes, *found;

	while ((found = strstr(at, old)) != NULL) {
		text_add(&result, at, (size_t)(found - at));
		text_add_string(&result, new);
		at = found + strlen(old);
	}
	text_add_string(&result, at);
	text_free(text);
	*text = result;
}

struct plain {
	struct text *text; /* what the demangler has written */
	jmp_buf stop;      /* where to go when it is too much */
};

static void
add_plain(const char *bytes, size_t length, void *opaque)
{
	struct plain *plain = opaque;

	if (plain->text->length + length > LONGEST_PLAIN)
		longjmp(plain->stop, 1);
	text_add(plain->text, bytes, length);
}

/* The callback's demangler allocates nothing: a jump out of it leaves nothing behind. */
static bool
demangle_bounded(struct text *text, const char *mangled)
{
	struct plain plain = { .text = text };

	if (setjmp(plain.stop) == 0)
		return cplus_demangle_v3_callback(mangled, DMGL_PARAMS | DMGL_ANSI | DMGL_TYPES,
		    add_plain, &plain) != 0;
	return false;
}

static bool
demangle(struct text *out, const char *name, size_t length)
{
	struct text mangled = { 0 }, plain = { 0 };
	bool whole;

	if (length > LONGEST_MANGLED || memchr(name, '\0', length) != NULL)
		return false;
	text_add(&mangled, name, length);
	for (int i = 0; i < FLOAT_TYPES; i++)
		replace_all(&mangled, float_types[i].mangled, float_types[i].stand_in);
	whole = demangle_bounded(&plain, mangled.bytes);
	if (whole)
		text_add(out, plain.bytes, plain.length);
	for (int i = 0; whole && i < FLOAT_TYPES; i++)
		replace_all(out, float_types[i].stand_in_name, float_types[i].name);
	text_free(&mangled);
	text_free(&plain);
	return whole;
}

/* A number of at most four digits: identifiers are not longer. */
static const char *
scan_number(const char *at, const char *end, size_t *number)
{
	const char *begin = at;

	for (*number = 0; at < end && is_digit(*at) && at - begin < 4; at++)
		*number = *number * 10 + (size_t)(*at - '0');
	return at;
}

static void
add_separated(struct text *out, size_t start, const char *separator, const char *bytes,
    size_t length)
{
	if (out->length > start)
		text_add_string(out, separator);
	text_add(out, bytes, length);
}

/* Identifiers, literals and float types of a mangled name, in their order. */
static void
add_identifiers(struct text *out, const char *at, const char *end)
{
	const char *separator = "", *next;
	size_t start = out->length, number;

	while (at < end) {
		bool known = false;

		if (is_digit(*at)) {
			at = scan_number(at, end, &number);
			if (number > (size_t)(end - at))
				number = (size_t)(end - at);
			add_separated(out, start, separator, at, number);
			at += number;
			separator = at < end && *at == 'I' ? "<" : "::";
			continue;
		}
		for (int i = 0; i < FLOAT_TYPES; i++) {
			if (!begins(at, end, float_types[i].mangled))
				continue;
			add_separated(out, start, separator, float_types[i].name,
			    strlen(float_types[i].name));
			at += strlen(float_types[i].mangled);
			known = true;
		}
		next = at + 2;
		if (!known && *at == 'L' && next < end && is_digit(*next)) { /* Li128E */
			while (next < end && is_digit(*next))
				next++;
			add_separated(out, start, separator, at + 2, (size_t)(next - at - 2));
			at = next;
			known = true;
		}
		if (!known && (*at == 'S' || *at == 'T')) { /* S4_, T0_: what came before */
			for (next = at + 1; next < end && is_word(*next) && *next != '_'; next++)
				if (!is_digit(*next) && !(*next >= 'A' && *next <= 'Z'))
					break;
			if (next < end && *next == '_')
				at = next;
		}
		if (!known)
			at++;
		if (known || (out->length > start && strcmp(separator, "<") != 0))
			separator = ",";
	}
}

/* The ')' that closes the '(' at `at`, or `end`. */
static const char *
find_closing(const char *at, const char *end)
{
	size_t depth = 0;

	for (; at < end; at++) {
		if (*at == '(' || *at == '[' || *at == '{')
			depth++;
		else if ((*at == ')' || *at == ']' || *at == '}') && --depth == 0)
			return at;
	}
	return end;
}

static char
last_char(const struct scan *scan)
{
	return scan->out->length > scan->start ? scan->out->bytes[scan->out->length - 1] : '\0';
}

static void
open_bracket(struct scan *scan, char bracket)
{
	if (scan->depth < DEEPEST)
		scan->open[scan->depth] = bracket;
	scan->depth++;
}

/* A > within parentheses compares; a bracket without its opening one closes nothing. */
static void
close_bracket(struct scan *scan, char bracket)
{
	if (scan->depth > 0 && (scan->depth > DEEPEST || scan->open[scan->depth - 1] == bracket))
		scan->depth--;
}

/* Leave out a scope that was just skipped, with the :: after it. */
static void
skip_scope(struct scan *scan, const char *behind)
{
	scan->at = begins(behind, scan->end, "::") ? behind + 2 : behind;
}

/* A word begins where a type ended: outside of template arguments that type is what the
 * function returns. */
static void
drop_return_type(struct scan *scan)
{
	if (scan->depth == 0 && scan->braces == 0 && scan->out->length > scan->start) {
		scan->out->length = scan->start;
		scan->out->bytes[scan->start] = '\0';
	}
}

static void
scan_operator(struct scan *scan)
{
	const char *at = skip_blanks(scan->at, scan->end);

	text_add_string(scan->out, "operator");
	if (begins(at, scan->end, "()")) {
		text_add_string(scan->out, "()");
		at += 2;
	} else {
		for (; at < scan->end && *at != '(' && !is_word(*at) && *at != ' '; at++)
			text_add_char(scan->out, *at);
	}
	scan->at = at;
}

/* Whether what follows "void" makes it a return type. */
static bool
returns_void(const struct scan *scan)
{
	const char *next = skip_blanks(scan->at, scan->end);

	return next < scan->end && next > scan->at &&
	    (is_word(*next) || *next == '<' || *next == ':' || *next == '{' || *next == '[' ||
	    begins(next, scan->end, "(anonymous"));
}

/* Without the suffix, when the word is a number that has one: 2048ul. */
static size_t
length_of_literal(const char *word, const char *end)
{
	const char *digits = word, *suffix;

	while (digits < end && is_digit(*digits))
		digits++;
	for (suffix = digits; suffix < end && strchr("uUlL", *suffix) != NULL; suffix++)
		;
	return (size_t)((digits > word && suffix == end ? digits : end) - word);
}

static void
scan_word(struct scan *scan, bool after_blank)
{
	const char *word = scan->at;
	size_t length;
	char last = last_char(scan);

	scan->at = skip_word(word, scan->end);
	length = (size_t)(scan->at - word);
#define IS(keyword) (length == sizeof(keyword) - 1 && memcmp(word, keyword, length) == 0)
	if (IS("const") || IS("volatile"))
		return;
	if (IS("void") && returns_void(scan))
		return;
	if ((begins(word, scan->at, "_GLOBAL__N_") || begins(word, scan->at, "_INTERNAL_")) &&
	    begins(scan->at, scan->end, "::")) {
		skip_scope(scan, scan->at);
		return;
	}
	if (IS("unnamed") && begins(scan->at, scan->end, ">::")) { /* Nsight Compute's */
		skip_scope(scan, scan->at + 1);
		return;
	}
	if (after_blank && (is_word(last) || last == '>' || last == '*' || last == '&')) {
		drop_return_type(scan);
		if (is_word(last_char(scan)))
			text_add_char(scan->out, ' ');
	}
	if (IS("operator")) {
		scan_operator(scan);
		return;
	}
	if (scan->depth > 0 && (IS("true") || IS("false"))) {
		text_add_char(scan->out, *word == 't' ? '1' : '0');
		return;
	}
#undef IS
	text_add(scan->out, word, length_of_literal(word, scan->at));
}

/* "(instance 3)" of Nsight's lambdas; false when this is something else. */
static bool
scan_instance(struct scan *scan)
{
	static const char instance[] = "(instance ";
	const char *number = scan->at + sizeof(instance) - 1, *end;

	if (scan->braces == 0 || !begins(scan->at, scan->end, instance))
		return false;
	end = skip_word(number, scan->end);
	text_add_char(scan->out, '#');
	text_add(scan->out, number, (size_t)(end - number));
	scan->at = end < scan->end ? end + 1 : end;
	return true;
}

/* After a parameter list: past const, & and noexcept. */
static const char *
skip_qualifiers(const char *at, const char *end)
{
	static const char *const qualifiers[] = { " const", " volatile", " &&", " &", " noexcept" };

	for (size_t i = 0; i < sizeof(qualifiers) / sizeof(qualifiers[0]); i++)
		if (begins(at, end, qualifiers[i]))
			at += strlen(qualifiers[i]);
	return at;
}

static void
scan_parenthesis(struct scan *scan)
{
	static const char anonymous[] = "(anonymous namespace)";
	const char *closing, *behind;
	char last = last_char(scan);

	if (begins(scan->at, scan->end, anonymous)) {
		skip_scope(scan, scan->at + sizeof(anonymous) - 1);
		return;
	}
	if (scan_instance(scan))
		return;
	closing = find_closing(scan->at, scan->end);
	behind = closing < scan->end ? skip_blanks(closing + 1, scan->end) : closing;
	if ((last == '<' || last == ',') && behind < scan->end &&
	    (is_digit(*behind) || (*behind == '-' && behind + 1 < scan->end))) {
		scan->at = behind; /* a cast */
		return;
	}
	if (scan->braces == 0 && (is_word(last) || last == '>' || last == ')' || last == '}')) {
		behind = skip_qualifiers(closing < scan->end ? closing + 1 : closing, scan->end);
		if (begins(behind, scan->end, "::")) {
			scan->at = behind; /* the parameters of an enclosing function */
			return;
		}
		if (scan->depth == 0 && !scan->parameters) {
			scan->at = scan->end; /* the kernel's own */
			return;
		}
	}
	open_bracket(scan, '(');
	text_add_char(scan->out, '(');
	scan->at++;
}

/* 'lambda', 'lambda0', 'lambda1' of LLVM's demangler: the first, second, third. */
static void
scan_quoted_lambda(struct scan *scan)
{
	const char *at = scan->at + strlen("'lambda"), *closing;
	size_t number = 0;
	bool first = at < scan->end && !is_digit(*at);

	at = scan_number(at, scan->end, &number);
	if (at < scan->end && *at == '\'')
		at++;
	closing = at < scan->end && *at == '(' ? find_closing(at, scan->end) : at;
	text_add_string(scan->out, "{lambda");
	text_add(scan->out, at, (size_t)(closing - at));
	text_add_format(scan->out, ")#%zu}", first ? 1 : number + 2);
	scan->at = closing < scan->end ? closing + 1 : closing;
}

static void
scan_bracket(struct scan *scan)
{
	if (begins(scan->at, scan->end, "[lambda")) {
		text_add_char(scan->out, '{');
		scan->braces++;
		scan->at++;
	} else if (begins(scan->at, scan->end, "[clone")) {
		scan->at = scan->end;
	} else if (begins(scan->at, scan->end, "[abi:")) {
		scan->at = find_closing(scan->at, scan->end);
		scan->at += scan->at < scan->end;
	} else {
		text_add_char(scan->out, *scan->at++);
	}
}

static void
scan_symbol(struct scan *scan)
{
	char c = *scan->at;

	if (begins(scan->at, scan->end, "<unnamed>")) {
		skip_scope(scan, scan->at + strlen("<unnamed>"));
		return;
	}
	if (begins(scan->at, scan->end, "'lambda")) {
		scan_quoted_lambda(scan);
		return;
	}
	if (c == '<')
		open_bracket(scan, '<');
	else if (c == '>' && last_char(scan) != '-')
		close_bracket(scan, '<');
	else if (c == ')')
		close_bracket(scan, '(');
	else if (c == '{')
		scan->braces++;
	else if ((c == '}' || c == ']') && scan->braces > 0) {
		scan->braces--;
		c = '}';
	}
	text_add_char(scan->out, c);
	scan->at++;
}

static void
rewrite(struct text *out, const char *name, size_t length, bool parameters)
{
	struct scan scan = {
		.at = name, .end = name + length, .out = out, .start = out->length,
		.parameters = parameters,
	};
	bool after_blank = false;

	text_reserve(out, length);
	while (scan.at < scan.end) {
		char c = *scan.at;

		if (c == ' ') {
			after_blank = true;
			scan.at++;
			continue;
		}
		if (is_word(c)) {
			scan_word(&scan, after_blank);
		} else if (c == '(') {
			scan_parenthesis(&scan);
		} else if (c == '[') {
			scan_bracket(&scan);
		} else if (begins(scan.at, scan.end, "::") && last_char(&scan) == '\0') {
			scan.at += 2;
		} else {
			scan_symbol(&scan);
		}
		after_blank = false;
	}
}

/* A scope, template arguments, or a parameter list that follows its function at once. */
static bool
is_cxx(const char *name, size_t length)
{
	if (length == 0 || name[0] == '[')
		return false;
	if (begins(name, name + length, "void "))
		return true;
	for (size_t i = 0; i < length; i++) {
		if (name[i] == '<' || (name[i] == ':' && i + 1 < length && name[i + 1] == ':'))
			return true;
		if (name[i] == '(')
			return (i > 0 && is_word(name[i - 1])) ||
			    begins(name + i, name + length, "(anonymous namespace)");
	}
	return false;
}

static void
add_name(struct text *out, const char *name, size_t length, bool parameters)
{
	struct text plain = { 0 };

	if (length > 3 && memcmp(name + length - 3, ".kd", 3) == 0)
		length -= 3; /* an AMD kernel descriptor */
	if (begins(name, name + length, "_Z")) {
		if (demangle(&plain, name, length))
			rewrite(out, plain.bytes, plain.length, parameters);
		else
			add_identifiers(out, name + 2, name + length);
		text_free(&plain);
	} else if (is_cxx(name, length)) {
		rewrite(out, name, length, parameters);
	} else {
		text_add(out, name, length);
	}
	text_add(out, "", 0);
}

void
cxx_name_canonical(struct text *out, const char *name, size_t length)
{
	add_name(out, name, length, false);
}

void
cxx_name_with_parameters(struct text *out, const char *name, size_t length)
{
	add_name(out, name, length, true);
}

void
cxx_name_function(struct text *out, const char *canonical, size_t length)
{
	const char *at = canonical, *end = canonical + length;
	size_t depth = 0, parentheses = 0;

	if (!is_cxx(canonical, length)) {
		text_add(out, canonical, length);
		return;
	}
	for (; at < end; at++) {
		if (*at == '(')
			parentheses++;
		else if (*at == ')' && parentheses > 0)
			parentheses--;
		if (*at == '<' && parentheses == 0)
			depth++;
		else if (*at == '>' && parentheses == 0 && depth > 0)
			depth--;
		else if (depth == 0)
			text_add_char(out, *at);
	}
	text_add(out, "", 0);
}

void
cxx_name_key(struct text *out, const char *canonical, size_t length)
{
	const char *at = canonical, *end = canonical + length, *next;

	while (at < end) {
		if (!is_word(*at)) {
			text_add_char(out, *at++);
			continue;
		}
		next = skip_word(at, end);
		if (begins(next, end, "::") && next + 2 < end && is_word(next[2])) {
			at = next + 2;
			continue;
		}
		text_add(out, at, (size_t)(next - at));
		at = next;
	}
	text_add(out, "", 0);
}
