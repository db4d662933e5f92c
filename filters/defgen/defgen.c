/* SPDX-License-Identifier: Apache-2.0 */
/* temporary */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config.h"
#include "json.h"
#include "model.h"
#include "input.h"
#include "text.h"

int
main(int argc, char *argv[])
{
	struct defaults *defaults = defaults_open();
	struct source *source = source_open(argv[1]);
	struct text text = { 0 };
	struct json_error error;
	struct arena arena = { 0 };
	size_t count, i;
	const struct entry *entries = source_entries(source, &count);
	FILE *f = fopen(argv[3], "r");
	struct json *json;
	int c;

	while ((c = fgetc(f)) != EOF)
		text_add_char(&text, (char)c);
	json = json_parse(&arena, text.bytes, text.length, &error);
	for (i = 0; i < count; i++) {
		struct model model;
		struct site *site;
		struct finding *finding;
		struct run run = { argc > 4 ? atoi(argv[4]) : 1, argc > 5 ? atoi(argv[5]) : 1 };

		if (strcmp(entries[i].class, argv[2]) && strcmp(argv[2], "all"))
			continue;
		model_evaluate(&model, source, defaults, json, &entries[i], run);
		printf("== %s %s steps %ld\n", entries[i].class, entries[i].stem, 6000000 - model.it->steps);
		for (site = model.sites; site; site = site->next) {
			uint32_t k;
			printf("%3ld %s  %s(", (long)site->count, site->path, site->kernel->layer->key);
			for (k = 0; k < site->kernel->arguments.count; k++)
				if (strcmp(site->kernel->arguments.keys[k], "prefix"))
				printf("%s=%s ", site->kernel->arguments.keys[k], value_show(&arena, site->kernel->arguments.values[k]));
			printf(") %s:%u", site->kernel->file, site->kernel->line);
			if (site->kernel->layer->kind <= LAYER_GEMMA_NORM) {
				struct norm_use u = forward_norm(model.it, site);
				printf(" %s%s", u.plain ? "plain " : "", u.fused ? "fused" : "");
			}
			printf("\n");
		}
		for (finding = model.it->findings; finding; finding = finding->next)
			printf("%s %s:%u %s: %s\n", finding->kind ? "ASSUMED" : "UNSUP", finding->file, finding->line, finding->what, finding->why);
		model_close(&model);
	}
	return 0;
}
