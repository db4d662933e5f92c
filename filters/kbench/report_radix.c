/* SPDX-License-Identifier: Apache-2.0 */
/* The chapter on radix: the compare on this processor. */
#include <string.h>

#include "radix.h"
#include "report.h"

static const double walked_tokens = 1024;

/* The worked example: two requests that share their first tokens. */
static void
write_example(struct output *out)
{
	static const int32_t a[] = { 1, 23, 456, 789, 101, 234 };
	static const int32_t b[] = { 1, 23, 456, 789, 567, 890 };
	size_t length = sizeof(a) / sizeof(a[0]);

	output_string(out, "\nExample\n\n- requests `1 23 456 789 101 234` and "
	    "`1 23 456 789 567 890`: the cache of the first ");
	report_number(out, (double)radix_match_int32(a, length, b, length), "tokens",
	    ORIGIN_COMPUTED);
	output_string(out, " is used again\n");
}

void
report_radix(struct output *out, struct results *results)
{
	static const char *const functions[] = { "radix_match_int32", "radix_match_int64",
		"radix_match_by", "match_avx512", "match_avx2", "match_portable", NULL };
	static const char none[] = "a row of radix: `kbench -k radix`";
	const struct measure *measure = report_pick(results, "radix", walked_tokens, "hot", NULL,
	    NULL);

	output_string(out, "\n## 4. radix: prefix compare\n\n### Code position\n\n");
	report_positions(out, functions);
	output_string(out, "\n### Execution story\n");
	if (measure == NULL) {
		report_missing(out, "execution", none);
		return;
	}
	output_string(out, "\n1. Call: of two lengths the shorter one counts; "
	    "nothing is copied\n2. Compare: blocks of both sequences by the widest vectors that the "
	    "processor has; the first block that differs is searched for the place\n3. Return: the "
	    "number of equal leading tokens after ");
	report_number(out, measure->median, "us", ORIGIN_MEASURED);
	output_string(out, "\n\n### Hardware behaviour\n\n");
	output_string(out, "Execution on the processor\n\n");
	report_fact(out, measure, "code", "code chosen by the processor's features", none);
	report_fact(out, measure, "bytes a sequence", "bytes of each sequence", none);
	report_value(out, "bytes compared", measure->bytes, "B", ORIGIN_COMPUTED);
	report_fact(out, measure, "level", "smallest cache that holds both", none);
	report_fact(out, measure, "cycles", "cycles at the measured clock", none);
	report_fact(out, measure, "tokens a ns", "tokens a nanosecond", none);
	output_string(out, "\nBandwidth analysis\n\n");
	report_bandwidth(out, results, measure);
	report_fact(out, measure, "memcmp", "memcmp over as many equal bytes", none);
	report_fact(out, measure, "times memcmp", "speed over that of memcmp", none);
	output_string(out, "\nIntegration\n\n");
	report_missing(out, "how often it is called, and whether on the critical path",
	    "a trace of the server");
	write_example(out);
	output_string(out, "\n### Rows\n");
	report_rows(out, results, "radix");
}
