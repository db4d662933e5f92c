/* SPDX-License-Identifier: Apache-2.0 */
/* Private to py_scan*.c: the scan that makes the shadow of a source. */
#ifndef WARPIPE_PY_SCAN_H
#define WARPIPE_PY_SCAN_H

#include <string.h>

#include "python/py_build.h"

enum {
	SCAN_BRACKETS = 200, /* CPython's limit */
	/* libtree-sitter 0.20 counts the children of a node in 16 bits and spoils its memory
	 * when an error makes children of more tokens than that. */
	SCAN_PENDING = 20000
};

struct scan {
	struct py_file *file;
	const char *source, *end;
	struct py_shadow *shadow;
	size_t part_capacity;
	const char *line;      /* where the line at hand begins */
	const char *statement; /* and the statement */
	unsigned pending;      /* tokens that the parser may still hold one by one */
	const char *hopeless;  /* why nothing from this statement on can be parsed, or NULL */
	bool decorator;        /* the last statement at the margin was one */
	bool annotation;       /* ':' or '->' was the last token: one may follow */
	unsigned depth;        /* of open brackets */
	struct scan_level {
		const char *open;
		unsigned pending; /* when it was opened */
		bool lambda;      /* its ':' is still to come */
	} levels[SCAN_BRACKETS + 1]; /* the first is outside of all */
};

enum { SCAN_WORD = 1, SCAN_DIGIT = 2, SCAN_QUOTE = 4, SCAN_OPEN = 8, SCAN_CLOSE = 16,
	SCAN_BLANK = 32 };
extern const unsigned char scan_classes[256];

static inline unsigned
scan_class(char c)
{
	return scan_classes[(unsigned char)c];
}

static inline char *
scan_shadow(struct scan *s, const char *at)
{
	return s->shadow->text + (at - s->source);
}

void scan_fault(struct scan *s, const char *at, const char *message);
const char *scan_line_end(const struct scan *s, const char *at);
const char *scan_word_end(const char *at);
const char *scan_skip_blanks(const char *at);

/* A word, or the string whose prefix it is; `begins` a statement; inside `nest` f-strings.
 * These return where the token ends. */
const char *scan_word(struct scan *s, const char *word, bool begins, unsigned nest);
const char *scan_strings(struct scan *s, const char *begin, unsigned nest);
bool scan_begins_string(const char *at);
bool scan_is_word(const char *at, const char *end, const char *word);

/* The word where an annotation may begin. */
void scan_annotation(struct scan *s, const char *word, const char *end);

#endif
