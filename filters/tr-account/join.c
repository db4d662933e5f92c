/* SPDX-License-Identifier: Apache-2.0 */
/* Reads several files of one run as one, and forgets what is done with. */
#include <stdlib.h>
#include <string.h>

#include "base/memory.h"
#include "base/text.h"
#include "load.h"

static bool
same(const char *a, const char *b)
{
	return a != NULL && b != NULL && strcmp(a, b) == 0;
}

/* Whether a file's rank goes on with another file's work of one process. */
static bool
belongs(const struct rank *rank, const struct rank *next)
{
	return same(rank->trace_id, next->trace_id) && rank->base == next->base &&
	    (rank->nameless ? next->nameless : strcmp(rank->key, next->key) == 0) &&
	    (rank->process == NULL || next->process == NULL || same(rank->process, next->process));
}

static void
free_rank(struct rank *rank)
{
	free(rank->key);
	free(rank->file);
	for (size_t i = 0; i < rank->further_count; i++)
		free(rank->further[i]);
	free(rank->further);
	free(rank->trace_id);
	free(rank->process);
	free(rank->pieces);
	free(rank->hosts);
	free(rank->overheads.list);
	map_free(&rank->devices);
	map_free(&rank->streams);
	map_free(&rank->threads);
	map_free(&rank->unknown);
	free(rank);
}

/* Spellings that `from` numbers, by the numbers of `to`. */
static uint32_t *
renumber(struct map *to, const struct map *from)
{
	uint32_t *numbers = memory_alloc_zero(from->count + 1, sizeof(*numbers));

	for (size_t i = 0; i < from->count; i++)
		numbers[i] = load_number(to, (struct slice){ from->entries[i].key,
		    from->entries[i].key_length });
	return numbers;
}

static void
join_pieces(struct rank *rank, const struct rank *next)
{
	uint32_t *devices = renumber(&rank->devices, &next->devices);
	uint32_t *streams = memory_alloc_zero(next->streams.count + 1, sizeof(*streams));

	for (size_t i = 0; i < next->streams.count; i++) {
		const char *key = next->streams.entries[i].key, *space = strchr(key, ' ');
		struct text text = { 0 };

		text_add_format(&text, "%u%s", devices[strtoul(key, NULL, 10)], space);
		streams[i] = load_number(&rank->streams, (struct slice){ text.bytes, text.length });
		text_free(&text);
	}
	for (size_t i = 0; i < next->piece_count; i++) {
		struct piece piece = next->pieces[i];

		piece.device = devices[piece.device];
		piece.stream = streams[piece.stream];
		rank->pieces = memory_grow(rank->pieces, rank->piece_count,
		    &rank->piece_capacity, sizeof(*rank->pieces));
		rank->pieces[rank->piece_count++] = piece;
	}
	free(devices);
	free(streams);
}

static void
join(struct rank *rank, const struct rank *next)
{
	uint32_t *threads = renumber(&rank->threads, &next->threads);
	struct intervals *all = &rank->overheads;

	join_pieces(rank, next);
	if (strcmp(rank->file, next->file) != 0) {
		rank->further = memory_grow(rank->further, rank->further_count,
		    &rank->further_capacity, sizeof(*rank->further));
		rank->further[rank->further_count++] = memory_copy_string(next->file);
	}
	for (size_t i = 0; i < next->host_count; i++) {
		struct host_event event = next->hosts[i];

		event.thread = threads[event.thread];
		rank->hosts = memory_grow(rank->hosts, rank->host_count, &rank->host_capacity,
		    sizeof(*rank->hosts));
		rank->hosts[rank->host_count++] = event;
	}
	for (size_t i = 0; i < next->overheads.count; i++) {
		all->list = memory_grow(all->list, all->count, &all->capacity, sizeof(*all->list));
		all->list[all->count++] = next->overheads.list[i];
	}
	for (int i = 0; i < ODD_COUNT; i++)
		rank->oddities[i] += next->oddities[i];
	if (next->host_first != 0)
		rank_widen(rank, next->host_first, next->host_last);
	free(threads);
}

bool
load_end_file(struct load *load)
{
	bool joined = false;

	for (size_t next = load->first_rank; next < load->count; next++)
		for (size_t i = 0; i < load->first_rank; i++) {
			if (!belongs(load->ranks[i], load->ranks[next]))
				continue;
			join(load->ranks[i], load->ranks[next]);
			free_rank(load->ranks[next]);
			memmove(load->ranks + next, load->ranks + next + 1,
			    (load->count - next - 1) * sizeof(*load->ranks));
			load->count--;
			next--;
			joined = true;
			break;
		}
	return !joined;
}

void
load_drop(struct load *load, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free_rank(load->ranks[i]);
	memmove(load->ranks, load->ranks + count, (load->count - count) * sizeof(*load->ranks));
	load->count -= count;
	load->first_rank -= load->first_rank < count ? load->first_rank : count;
}

void
load_free(struct load *load)
{
	load_drop(load, load->count);
	free(load->ranks);
	free(load->file_name);
	free(load->trace_id);
	free(load->rank);
	words_free(&load->words);
	map_free(&load->stages);
	map_free(&load->passes);
	arena_free(&load->arena);
	arena_free(&load->pass_arena);
}
