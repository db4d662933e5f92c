/* SPDX-License-Identifier: Apache-2.0 */
/* kbench --list: every kernel with its axes, what they take and what they hold. */
#include <stdio.h>
#include <string.h>

#include "list.h"
#include "base/text.h"

/* "fp32 fp16 ..." or "1 to 4096". */
static void
add_values(struct text *text, const struct axis_rule *rule)
{
	if (rule->choices == NULL) {
		text_add_format(text, "%lld to %lld", (long long)rule->low, (long long)rule->high);
		return;
	}
	for (size_t i = 0; rule->choices[i] != NULL; i++)
		text_add_format(text, "%s%s", i ? " " : "", rule->choices[i]);
}

void
list_subjects(struct output *out)
{
	for (size_t i = 0; subjects[i] != NULL; i++) {
		const struct subject *subject = subjects[i];

		output_format(out, "%s%s: %s%s\n", i ? "\n" : "", subject->name, subject->sentence,
		    subject->cpu_only ? " (on the CPU)" : "");
		for (const struct axis_rule *rule = subject->axes; rule->name != NULL; rule++) {
			struct text values = { 0 };

			add_values(&values, rule);
			output_format(out, "  %-11s cpu: %-12s cuda: %-12s %s (%s)\n", rule->name,
			    rule->on_cpu ? rule->on_cpu : "-", rule->on_cuda ? rule->on_cuda : "-",
			    rule->help, values.bytes);
			text_free(&values);
		}
	}
}
