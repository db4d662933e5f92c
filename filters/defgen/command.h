/* SPDX-License-Identifier: Apache-2.0 */
/* defgen's command line, and the files that it names. */
#ifndef DEFGEN_COMMAND_H
#define DEFGEN_COMMAND_H

#include "base/arena.h"
#include "definition.h"
#include "json/json.h"
#include "workloads.h"

struct sizes {
	int64_t sizes[8];
	size_t count;
};

/* One --model-name with its --config, --tp and --ep. */
struct request {
	const char *name;
	const char *config_path;
	const struct json *config;
	struct sizes tp, ep;
};

struct command {
	struct arena arena; /* owns what the fields point to */
	struct request *requests;
	size_t request_count;
	const char *sglang, *output_dir, *dataset, *report;
	const char *root;      /* what the user calls the output folder */
	const char *workloads; /* records of a trace, or NULL */
	struct passes passes;  /* of those, and made-up ones */
	struct sizes tp, ep; /* of a survey */
	struct wishes wishes;
	bool deduplicate, update_tags, survey, kernels;
	long threads;
	double timeout; /* seconds for one model */
};

/* Dies on a command line that makes no sense and on configs that are not JSON objects. */
void command_parse(struct command *command, int argc, char *argv[]);
void command_free(struct command *command);

/* Write one definition to OUTPUT_DIR/{op_type}/{name}.json. */
void command_save(const struct command *command, const struct definition *definition);

#endif
