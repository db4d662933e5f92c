/* SPDX-License-Identifier: Apache-2.0 */
/* Takes a regular expression apart, and compiles what of it is asked. */
#include <ctype.h>
#include <string.h>

#include "base/error.h"
#include "base/text.h"
#include "names/names_pattern.h"

/* Where a word may begin: at no letter's other side, or at a capital; and where it may end,
 * at most a plain ending later: "quant" is in "dynamic_quant", "perTokenQuant" and "quantized",
 * not in "quantity"; "act" not in "subtract". */
#define WORD_BEGINS "(?:(?<![A-Za-z])|(?<=(?-i:[a-z]))(?=(?-i:[A-Z]))|" \
	"(?=(?-i:[A-Z][a-z]))|(?![A-Za-z]))"
#define WORD_ENDS "(?:(?<![A-Za-z])|(?!(?-i:[A-Za-z]))|(?=(?-i:[A-Z]))|" \
	"(?=(?-i:e?s|e?d|e?r|i?ng|iz(?:e|ed|er|ation)|(?:at)?ion)(?!(?-i:[a-z]))))"

/* Whether an alternative means something else without those before it: what refers to groups by
 * number or name, and flags that hold to the end of the pattern. */
static bool
hangs_together(const char *text)
{
	for (const char *at = text; *at != '\0'; at++) {
		if (at[0] == '\\' && at[1] != '\0') {
			if (isdigit((unsigned char)at[1]) || strchr("gkKQE", at[1]) != NULL)
				return true;
			at++;
		} else if (at[0] == '(' && at[1] == '*') {
			return true;
		} else if (at[0] == '(' && at[1] == '?') {
			const char *flag = at + 2;

			while (*flag == '-' || islower((unsigned char)*flag))
				flag++;
			if (*flag == ')' || strchr("|(&+R^", at[2]) != NULL ||
			    isupper((unsigned char)at[2]) || isdigit((unsigned char)at[2]))
				return true;
		}
	}
	return false;
}

static struct names_pattern *
new_pattern(struct names_rows *rows, const char *text, size_t line, bool words)
{
	struct names_pattern *pattern = arena_alloc_zero(&rows->arena, sizeof(*pattern));

	pattern->text = text;
	pattern->line = line;
	pattern->words = words;
	pattern->need = names_need_of(&rows->literals, text);
	return pattern;
}

struct names_pattern *
names_pattern_new(struct names_rows *rows, const char *text, size_t line, bool words, bool apart,
    struct names_pattern_error *error)
{
	pcre2_code *code = pcre2_compile((PCRE2_SPTR)text, PCRE2_ZERO_TERMINATED, PCRE2_CASELESS,
	    &error->code, &error->where, NULL);
	const char *at = text, *end = text + strlen(text), *next;
	struct names_pattern *pattern, **last;

	if (code == NULL)
		return NULL;
	pcre2_code_free(code);
	pattern = new_pattern(rows, text, line, words);
	last = &pattern->alternatives;
	next = names_need_alternative_end(at, end);
	if (!apart || next == end || hangs_together(text))
		return pattern;
	for (;; at = next + 1, next = names_need_alternative_end(at, end)) {
		*last = new_pattern(rows, arena_copy(&rows->arena, at, (size_t)(next - at)), line,
		    words);
		last = &(*last)->next;
		if (next == end)
			return pattern;
	}
}

const pcre2_code *
names_pattern_code(struct names_pattern *pattern)
{
	struct text text = { 0 };
	PCRE2_SIZE where;
	int error;

	if (pattern->code != NULL)
		return pattern->code;
	text_add_format(&text, pattern->words ? WORD_BEGINS "(?:%s)" WORD_ENDS : "%s",
	    pattern->text);
	pattern->code = pcre2_compile((PCRE2_SPTR)text.bytes, text.length, PCRE2_CASELESS, &error,
	    &where, NULL);
	if (pattern->code == NULL)
		die("cannot compile the pattern %s", pattern->text);
	/* Without a just-in-time compiler the pattern is interpreted. */
	(void)pcre2_jit_compile(pattern->code, PCRE2_JIT_COMPLETE);
	text_free(&text);
	return pattern->code;
}

void
names_pattern_free(struct names_pattern *pattern)
{
	for (; pattern != NULL; pattern = pattern->next) {
		pcre2_code_free(pattern->code);
		names_pattern_free(pattern->alternatives);
	}
}
