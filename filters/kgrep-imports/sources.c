/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the table of sources and looks names up in it. */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/error.h"
#include "base/input.h"
#include "base/intern.h"
#include "base/memory.h"
#include "sources.h"
#include "base/text.h"

extern const char sources_txt[]; /* sources.txt */

static const char *const hows[] = { "module", "ops", "decorator", "loader", "method" };

/* The bit of a word, which is a new one when the table has not had it yet. */
static uint64_t
word_bit(struct sources *sources, const char *word, size_t length, enum word_place place)
{
	const char *interned = intern(word, length);
	size_t i;

	for (i = 0; i < sources->word_count; i++)
		if (sources->words[i].word == interned && sources->words[i].place == place)
			return (uint64_t)1 << i;
	/* Words beyond the 64th cost speed only: a row without words matters to every file. */
	if (i == sizeof(sources->words) / sizeof(sources->words[0]) || length > 63)
		return 0;
	sources->words[sources->word_count++] = (struct source_word){ interned, place };
	sources->starts[(unsigned char)*word] |= (uint64_t)1 << length;
	return (uint64_t)1 << i;
}

/* A row matters only to files that hold the last word of its name, and the one before
 * it for what is always spelled with its parent. */
static uint64_t
row_words(struct sources *sources, enum source_how how, const char *name)
{
	const char *last = strrchr(name, '.'), *before;
	enum word_place place = WORD_ANYWHERE;
	uint64_t bits = 0;

	if (how == SOURCE_OPS)
		place = WORD_NAMESPACE;
	else if (how == SOURCE_MODULE && !last)
		place = WORD_IMPORTED;
	if (how == SOURCE_DECORATOR && last) {
		for (before = last; before > name && before[-1] != '.'; before--)
			;
		bits = word_bit(sources, before, (size_t)(last - before), WORD_ANYWHERE);
	}
	last = last ? last + 1 : name;
	return bits | word_bit(sources, last, strlen(last), place);
}

static void
add_row(struct sources *sources, const char *source, enum source_how how, const char *name)
{
	struct source_row *row;

	sources->rows = memory_grow(sources->rows, sources->count, &sources->capacity,
	    sizeof(*sources->rows));
	row = &sources->rows[sources->count++];
	row->source = source;
	row->how = how;
	row->name = name;
	row->words = how == SOURCE_METHOD ? 0 : row_words(sources, how, name);
}

static int
find_how(const char *word)
{
	for (int i = 0; i <= SOURCE_METHOD; i++)
		if (strcmp(word, hows[i]) == 0)
			return i;
	return -1;
}

/* One line: SOURCE HOW NAME... [HOW NAME...]. */
static void
read_line(struct sources *sources, char *line, const char *file, size_t number)
{
	const char *source = NULL;
	int how = -1, named = -1;
	char *rest;

	line[strcspn(line, "#")] = '\0';
	for (char *word = strtok_r(line, " \t\r", &rest); word;
	    word = strtok_r(NULL, " \t\r", &rest)) {
		if (!source) {
			source = intern_string(word);
		} else if (find_how(word) >= 0) {
			how = find_how(word);
			named = 0;
		} else if (how < 0) {
			die("%s:%zu: \"%s\" where module, ops, decorator, loader or method belongs",
			    file, number, word);
		} else {
			add_row(sources, source, (enum source_how)how, intern_string(word));
			named = 1;
		}
	}
	if (source && named != 1)
		die("%s:%zu: source \"%s\" says no name", file, number, source);
}

void
sources_read(struct sources *sources, const char *path)
{
	struct text table = { 0 };
	const char *name = path ? path : "<built-in table>";
	size_t number = 1;

	if (path) {
		struct input *input = input_open(path);
		ptrdiff_t length;

		while ((length = input_read(input, text_reserve(&table, 4096), 4096)) > 0)
			table.length += (size_t)length;
		if (length < 0)
			die("%s: %s", path, input_error(input));
		input_close(input);
		text_add_char(&table, '\n');
	} else {
		text_add_string(&table, sources_txt);
	}
	for (char *line = table.bytes, *end; (end = strchr(line, '\n')); line = end + 1, number++) {
		*end = '\0';
		read_line(sources, line, name, number);
	}
	text_free(&table);
	if (sources->count == 0)
		die("%s: no sources", name);
}

void
sources_free(struct sources *sources)
{
	free(sources->rows);
	*sources = (struct sources){ 0 };
}

const struct source_row *
sources_module(const struct sources *sources, const char *module)
{
	for (size_t i = 0; i < sources->count; i++) {
		const struct source_row *row = &sources->rows[i];
		size_t length = strlen(row->name);

		if (row->how == SOURCE_MODULE && strncmp(module, row->name, length) == 0 &&
		    (module[length] == '\0' || module[length] == '.'))
			return row;
	}
	return NULL;
}

const char *
sources_ops(const struct sources *sources, const char *dotted)
{
	if (strncmp(dotted, "torch.ops.", 10) != 0)
		return NULL;
	for (size_t i = 0; i < sources->count; i++)
		if (sources->rows[i].how == SOURCE_OPS &&
		    strcmp(dotted + 10, sources->rows[i].name) == 0)
			return sources->rows[i].source;
	return NULL;
}

const char *
sources_loader(const struct sources *sources, const char *name)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->rows[i].how == SOURCE_LOADER &&
		    strcmp(name, sources->rows[i].name) == 0)
			return sources->rows[i].source;
	return NULL;
}

const struct source_row *
sources_decorator(const struct sources *sources, const char *dotted)
{
	size_t length = strlen(dotted);

	for (size_t i = 0; i < sources->count; i++) {
		const struct source_row *row = &sources->rows[i];
		size_t tail = strlen(row->name);

		if (row->how == SOURCE_DECORATOR && length >= tail &&
		    strcmp(dotted + length - tail, row->name) == 0 &&
		    (length == tail || dotted[length - tail - 1] == '.'))
			return row;
	}
	return NULL;
}

bool
sources_runs(const struct sources *sources, const char *method)
{
	for (const char *word = method; *word; ) {
		size_t length = strcspn(word, "_");

		for (size_t i = 0; i < sources->count && length > 0; i++)
			if (sources->rows[i].how == SOURCE_METHOD &&
			    strncmp(word, sources->rows[i].name, length) == 0 &&
			    sources->rows[i].name[length] == '\0')
				return true;
		word += length + (word[length] == '_');
	}
	return false;
}

static bool
some_row_matters(const struct sources *sources, uint64_t seen)
{
	for (size_t i = 0; i < sources->count; i++)
		if (sources->rows[i].how != SOURCE_METHOD &&
		    (sources->rows[i].words & ~seen) == 0)
			return true;
	return false;
}

static bool
is_word_byte(char byte)
{
	/* Bytes above 0x7f are letters to Python, as far as names here go. */
	return isalnum((unsigned char)byte) || byte == '_' || (unsigned char)byte > 0x7f;
}

/* Go back over blanks and joined lines. */
static size_t
skip_back(const char *text, size_t at)
{
	while (at > 0) {
		if (text[at - 1] == ' ' || text[at - 1] == '\t')
			at--;
		else if (at > 1 && text[at - 1] == '\n' && text[at - 2] == '\\')
			at -= 2;
		else if (at > 2 && memcmp(text + at - 3, "\\\r\n", 3) == 0)
			at -= 3;
		else
			break;
	}
	return at;
}

static bool
ends_with_word(const char *text, size_t at, const char *word)
{
	size_t length = strlen(word);

	return at >= length && memcmp(text + at - length, word, length) == 0 &&
	    (at == length || !is_word_byte(text[at - length - 1]));
}

static bool
stands_in(enum word_place place, const char *text, size_t begin)
{
	size_t at = skip_back(text, begin);

	if (place == WORD_ANYWHERE || at == 0)
		return place == WORD_ANYWHERE;
	if (text[at - 1] == '"' || text[at - 1] == '\'')
		return true;
	if (place == WORD_NAMESPACE && text[at - 1] == '.')
		return ends_with_word(text, skip_back(text, at - 1), "ops");
	/* A name in brackets or after a comma may stand on a line of its own. */
	while (at > 0 && strchr(" \t\r\n", text[at - 1]))
		at--;
	return at > 0 && (text[at - 1] == ',' || text[at - 1] == '(' ||
	    ends_with_word(text, at, "import") || ends_with_word(text, at, "from"));
}

static uint64_t
find_words(const struct sources *sources, const char *text, size_t begin, size_t end)
{
	size_t length = end - begin;
	uint64_t found = 0;

	for (size_t i = 0; i < sources->word_count; i++) {
		const char *word = sources->words[i].word;

		if (memcmp(word, text + begin, length) == 0 && word[length] == '\0' &&
		    stands_in(sources->words[i].place, text, begin))
			found |= (uint64_t)1 << i;
	}
	return found;
}

/* Past a line that is a comment, or inside a string, where it matters no more. */
static size_t
skip_comment(const char *text, size_t at, size_t length)
{
	const char *end;

	while (at < length && (text[at] == ' ' || text[at] == '\t'))
		at++;
	if (at == length || text[at] != '#')
		return at;
	end = memchr(text + at, '\n', length - at);
	return end ? (size_t)(end - text) : length;
}

bool
sources_matter(const struct sources *sources, const char *text, size_t length)
{
	bool in_word[256];
	uint64_t seen = 0, bits;

	if (some_row_matters(sources, 0))
		return true;
	for (int c = 0; c < 256; c++)
		in_word[c] = is_word_byte((char)c);
	for (size_t i = skip_comment(text, 0, length); i < length; ) {
		size_t begin = i;

		while (i < length && in_word[(unsigned char)text[i]])
			i++;
		if (i == begin) {
			i = text[i] == '\n' ? skip_comment(text, i + 1, length) : i + 1;
			continue;
		}
		if (i - begin > 63 ||
		    !(sources->starts[(unsigned char)text[begin]] >> (i - begin) & 1))
			continue;
		bits = find_words(sources, text, begin, i);
		if (bits & ~seen) {
			seen |= bits;
			if (some_row_matters(sources, seen))
				return true;
		}
	}
	return false;
}
