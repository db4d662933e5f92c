/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps compiled code in files that are named by a hash and carry their own check sum. */
#define _XOPEN_SOURCE 700 /* O_NOFOLLOW, dirfd */
#include "dryrun/cache.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/evp.h>

#include "base/error.h"
#include "base/memory.h"
#include "base/temporary.h"

static const char magic[] = "warpipe code 1\n";
enum { MAGIC = sizeof(magic) - 1, HEAD = MAGIC + CACHE_KEY, LARGEST = 64 << 20, DAY = 24 * 60 * 60 };

static void
hash(unsigned char sum[CACHE_KEY], const struct cache_part *parts, size_t count, bool lengths)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();
	bool well = context != NULL && EVP_DigestInit_ex(context, EVP_sha256(), NULL) == 1;

	for (size_t i = 0; well && i < count; i++) {
		unsigned long long length = parts[i].length;

		well = (!lengths || EVP_DigestUpdate(context, &length, sizeof(length)) == 1) &&
		    EVP_DigestUpdate(context, parts[i].bytes, parts[i].length) == 1;
	}
	if (!well || EVP_DigestFinal_ex(context, sum, NULL) != 1)
		die("cannot compute a check sum");
	EVP_MD_CTX_free(context);
}

void
cache_key(unsigned char key[CACHE_KEY], const struct cache_part *parts, size_t count)
{
	hash(key, parts, count, true);
}

/* Whether what is at `status` belongs to this user and nobody else can change it. */
static bool
is_ours(const struct stat *status)
{
	return status->st_uid == geteuid() && (status->st_mode & 022) == 0;
}

static bool
make_folder(const char *path)
{
	struct stat status;

	if (mkdir(path, 0700) != 0 && errno != EEXIST)
		return false;
	return stat(path, &status) == 0 && S_ISDIR(status.st_mode) && is_ours(&status);
}

char *
cache_folder(void)
{
	const char *base = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
	struct text path = { 0 };
	struct stat status;
	bool there;

	if (base != NULL && base[0] == '/')
		text_add_string(&path, base);
	else if (home != NULL && home[0] == '/')
		text_add_format(&path, "%s/.cache", home);
	else
		return NULL;
	there = stat(path.bytes, &status) == 0 || mkdir(path.bytes, 0700) == 0;
	text_add_string(&path, "/warpipe");
	there = there && make_folder(path.bytes);
	text_add_string(&path, "/code");
	if (there && make_folder(path.bytes))
		return path.bytes;
	text_free(&path);
	return NULL;
}

static void
add_name(struct text *path, const char *folder, const unsigned char key[CACHE_KEY])
{
	text_add_format(path, "%s/", folder);
	for (size_t i = 0; i < CACHE_KEY; i++)
		text_add_format(path, "%02x", key[i]);
}

static bool
read_whole(int file, struct text *bytes)
{
	struct stat status;
	size_t size;

	if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || !is_ours(&status) ||
	    status.st_size < HEAD || status.st_size > LARGEST)
		return false;
	size = (size_t)status.st_size;
	text_clear(bytes);
	text_reserve(bytes, size);
	while (bytes->length < size) {
		ssize_t got = read(file, bytes->bytes + bytes->length, size - bytes->length);

		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0)
			return false;
		bytes->length += (size_t)got;
	}
	return true;
}

/* The day an entry was last used is its time of modification: cache_prune() goes by that. */
static void
note_use(int file)
{
	struct stat status;

	if (fstat(file, &status) == 0 && status.st_mtime + DAY < time(NULL))
		(void)futimens(file, NULL);
}

bool
cache_get(const char *folder, const unsigned char key[CACHE_KEY], struct text *bytes)
{
	unsigned char sum[CACHE_KEY];
	struct text path = { 0 };
	struct cache_part parts[2];
	bool found;
	int file;

	if (folder == NULL)
		return false;
	add_name(&path, folder, key);
	file = open(path.bytes, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	text_free(&path);
	if (file < 0)
		return false;
	found = read_whole(file, bytes) && memcmp(bytes->bytes, magic, MAGIC) == 0;
	if (found)
		note_use(file);
	close(file);
	if (!found)
		return false;
	/* The key is part of the sum, so that an entry under another's name is none. */
	parts[0] = (struct cache_part){ (const char *)key, CACHE_KEY };
	parts[1] = (struct cache_part){ bytes->bytes + HEAD, bytes->length - HEAD };
	hash(sum, parts, 2, false);
	if (memcmp(sum, bytes->bytes + MAGIC, CACHE_KEY) != 0)
		return false;
	bytes->length -= HEAD;
	memmove(bytes->bytes, bytes->bytes + HEAD, bytes->length);
	return true;
}

static bool
write_whole(int file, const char *bytes, size_t length)
{
	while (length > 0) {
		ssize_t put = write(file, bytes, length);

		if (put < 0 && errno == EINTR)
			continue;
		if (put <= 0)
			return false;
		bytes += put;
		length -= (size_t)put;
	}
	return true;
}

void
cache_put(const char *folder, const unsigned char key[CACHE_KEY], const char *bytes,
    size_t length)
{
	struct cache_part parts[] = { { (const char *)key, CACHE_KEY }, { bytes, length } };
	struct text path = { 0 }, temporary = { 0 };
	unsigned char sum[CACHE_KEY];
	int file;

	if (folder == NULL)
		return;
	add_name(&path, folder, key);
	text_add_format(&temporary, "%s/new.XXXXXX", folder);
	file = temporary_open(temporary.bytes);
	if (file >= 0) {
		hash(sum, parts, 2, false);
		if (!write_whole(file, magic, MAGIC) ||
		    !write_whole(file, (const char *)sum, CACHE_KEY) ||
		    !write_whole(file, bytes, length) || close(file) != 0 ||
		    !temporary_rename(temporary.bytes, path.bytes))
			temporary_remove(temporary.bytes);
	}
	text_free(&path);
	text_free(&temporary);
}

struct entry {
	char name[2 * CACHE_KEY + 1];
	time_t used;
	off_t size;
};

static int
compare_use(const void *left, const void *right)
{
	time_t one = ((const struct entry *)left)->used, other = ((const struct entry *)right)->used;

	return one < other ? -1 : one > other;
}

/* What is an entry by its name, its type and its owner. */
static bool
read_entry(int folder, const char *name, struct entry *entry)
{
	struct stat status;

	if (strlen(name) != 2 * CACHE_KEY ||
	    strspn(name, "0123456789abcdef") != 2 * CACHE_KEY ||
	    fstatat(folder, name, &status, AT_SYMLINK_NOFOLLOW) != 0 || !S_ISREG(status.st_mode))
		return false;
	memcpy(entry->name, name, sizeof(entry->name));
	entry->used = status.st_mtime;
	entry->size = status.st_size;
	return true;
}

void
cache_prune(const char *folder, long long most)
{
	struct entry *entries = NULL, entry;
	size_t count = 0, room = 0;
	long long bytes = 0;
	const struct dirent *listed;
	DIR *stream = folder == NULL ? NULL : opendir(folder);

	if (stream == NULL)
		return;
	while ((listed = readdir(stream)) != NULL)
		if (read_entry(dirfd(stream), listed->d_name, &entry)) {
			entries = memory_grow(entries, count, &room, sizeof(*entries));
			entries[count++] = entry;
			bytes += entry.size;
		}
	if (bytes > most) {
		qsort(entries, count, sizeof(*entries), compare_use);
		/* A quarter more, so that the next run does not begin again. */
		for (size_t i = 0; i < count && bytes > most / 4 * 3; i++)
			if (unlinkat(dirfd(stream), entries[i].name, 0) == 0)
				bytes -= entries[i].size;
	}
	closedir(stream);
	free(entries);
}
