/* SPDX-License-Identifier: Apache-2.0 */
/* Defaults for configs, read once from the data built into the program. */
#ifndef DEFGEN_CONFIG_H
#define DEFGEN_CONFIG_H

#include "interp.h"

struct defaults {
	struct arena arena;
	const struct json *transformers; /* data/hf_defaults.json */
	const struct json *rules;        /* data/config_rules.json */
	struct rule_text *parsed;        /* expressions of the rules, parsed when opened */
	size_t parsed_count;
};

struct defaults *defaults_open(void);
void defaults_close(struct defaults *defaults);

/* The parsed expression of a rule; NULL when there is no such rule. */
const struct py_file *rule_parse(const struct defaults *defaults, const char *expression);

#endif
