/* SPDX-License-Identifier: Apache-2.0 */
/* Draws operators as circles over logarithmic axes, in SVG. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "page/html.h"
#include "page_roofline.h"

/* Of the picture, and of the part within the axes. */
enum { WIDTH = 920, HEIGHT = 440, LEFT = 84, RIGHT = 16, TOP = 14, BOTTOM = 46 };

/* Circles beyond this are the smallest, and would hide the others. */
enum { MOST_CIRCLES = 400 };

/* Powers of two of operations for a byte, and of ten of operations in a second. */
struct axes {
	double left, right, low, high;
};

static bool
is_drawn(const struct limit_group *group)
{
	return group->bytes > 0 && group->op_us > 0 && strcmp(group->op->bound, "link") != 0 &&
	    strcmp(group->op->bound, "host") != 0;
}

static double
x_of(const struct axes *axes, double intensity)
{
	double part = (log2(intensity) - axes->left) / (axes->right - axes->left);

	return LEFT + fmin(fmax(part, 0), 1) * (WIDTH - LEFT - RIGHT);
}

static double
y_of(const struct axes *axes, double rate)
{
	double part = (log10(rate) - axes->low) / (axes->high - axes->low);

	return HEIGHT - BOTTOM - fmin(fmax(part, 0), 1) * (HEIGHT - TOP - BOTTOM);
}

/* Where an operator stands. What only moves stands at the left end, as far below the line of the
 * memory as it is in truth. */
static double
intensity_of(const struct axes *axes, const struct limit_group *group)
{
	return group->flops > 0 ? group->flops / group->bytes : exp2(axes->left);
}

static double
rate_of(const struct axes *axes, const struct limit_group *group)
{
	return intensity_of(axes, group) * group->bytes / (group->op_us * 1e-6);
}

static double
highest_peak(const struct limits *limits)
{
	double most = 0;

	for (int i = 0; i < PEAK_KINDS; i++)
		most = fmax(most, limits->tflops[i]);
	return most * 1e12;
}

static struct axes
fit(const struct limits *limits, const struct limit_group *groups, size_t count)
{
	struct axes axes = { .left = -3, .right = 12 };

	for (size_t i = 0; i < count; i++)
		if (is_drawn(&groups[i]) && groups[i].flops > 0) {
			double place = log2(groups[i].flops / groups[i].bytes);

			axes.left = fmax(fmin(axes.left, floor(place)), -8);
			axes.right = fmin(fmax(axes.right, ceil(place)), 20);
		}
	axes.high = ceil(log10(highest_peak(limits)));
	axes.low = axes.high - 6;
	return axes;
}

static void
put_ticks(struct output *out, const struct axes *axes)
{
	static const char *const prefixes[] = { "", "k", "M", "G", "T", "P", "E" };
	double bottom = HEIGHT - BOTTOM;

	for (int power = (int)axes->left; power <= (int)axes->right; power++) {
		double x = x_of(axes, exp2(power));

		if (power % 2 != 0)
			continue;
		output_format(out, "<path class=grid d=\"M%.1f %d V%.1f\"/><text x=%.1f y=%.1f "
		    "text-anchor=middle>", x, TOP, bottom, x, bottom + 16);
		if (power < 0)
			output_format(out, "1/%.0f</text>\n", exp2(-power));
		else
			output_format(out, "%.0f</text>\n", exp2(power));
	}
	for (int power = (int)axes->low; power <= (int)axes->high; power++) {
		double y = y_of(axes, pow(10, power));

		if (power < 0 || power / 3 > 6)
			continue;
		output_format(out, "<path class=grid d=\"M%d %.1f H%d\"/><text x=%d y=%.1f "
		    "text-anchor=end>%.0f %sFLOP/s</text>\n", LEFT, y, WIDTH - RIGHT, LEFT - 6,
		    y + 4, pow(10, power % 3), prefixes[power / 3]);
	}
	output_format(out, "<text x=%d y=%d text-anchor=middle>operations for a byte that must move"
	    "</text>\n", (LEFT + WIDTH - RIGHT) / 2, HEIGHT - 8);
}

/* The line of the memory up to the highest peak, and one for each type of the products. */
static void
put_roofs(struct output *out, const struct axes *axes, const struct limits *limits,
    const struct limit_group *groups, size_t count)
{
	double bandwidth = limits->gbps * 1e9, most = 0;

	for (int i = 0; i < PEAK_KINDS; i++) {
		double peak = limits->tflops[i] * 1e12, y = peak > 0 ? y_of(axes, peak) : 0;
		bool used = i == PEAK_FP32;

		for (size_t g = 0; g < count && !used; g++)
			used = strcmp(groups[g].op->type, peak_names[i]) == 0;
		if (!used || !(peak > 0))
			continue;
		most = fmax(most, peak);
		output_format(out, "<path class=roof d=\"M%.1f %.1f H%d\"/><text x=%d y=%.1f "
		    "text-anchor=end>%s %.4g TFLOP/s</text>\n", x_of(axes, peak / bandwidth), y,
		    WIDTH - RIGHT, WIDTH - RIGHT, y - 4, peak_names[i], limits->tflops[i]);
	}
	output_format(out, "<path class=roof d=\"M%.1f %.1f L%.1f %.1f\"/><text x=%.1f y=%.1f>"
	    "%.5g GB/s</text>\n", x_of(axes, exp2(axes->left)),
	    y_of(axes, bandwidth * exp2(axes->left)), x_of(axes, most / bandwidth),
	    y_of(axes, most), x_of(axes, exp2(axes->left)) + 6,
	    y_of(axes, bandwidth * exp2(axes->left)) - 8, limits->gbps);
}

static void
put_circle(struct output *out, const struct axes *axes, const struct trace *trace,
    const struct limit_group *group, double whole)
{
	const struct kernel_class *class = &trace->classes[group->class];
	const struct limit_sum *sum = &group->sum;
	struct number us, win;
	struct text title = { 0 };

	text_add_format(&title, "%s %s\n%s, %s, %s\n%u calls, %s", group->op->family,
	    group->op->sizes, class->short_name, stage_names[group->stage], group->where,
	    sum->calls, number_human(&us, group->op_us));
	if (sum->known_us > 0)
		text_add_format(&title, "\n%.1f%% of the limit (%s), %s to be won",
		    100 * sum->limit_us / sum->known_us, group->op->bound,
		    number_human(&win, sum->win_us));
	else if (group->op->remark[0] != '\0')
		text_add_format(&title, "\n%s", group->op->remark);
	output_format(out, "<circle cx=%.1f cy=%.1f r=%.1f style=\"fill:var(--t%d)\"><title>",
	    x_of(axes, intensity_of(axes, group)), y_of(axes, rate_of(axes, group)),
	    3 + 17 * sqrt(group->op_us / whole), (int)class->type);
	html_text(out, title.bytes);
	output_string(out, "</title></circle>\n");
	text_free(&title);
}

static int
compare_times(const void *left, const void *right)
{
	const struct limit_group *a = left, *b = right;

	return a->op_us > b->op_us ? -1 : a->op_us < b->op_us;
}

static void
put_circles(struct output *out, const struct axes *axes, const struct trace *trace,
    struct limit_group *groups, size_t count)
{
	double whole = 0;
	size_t drawn = 0;

	qsort(groups, count, sizeof(*groups), compare_times);
	for (size_t i = 0; i < count; i++)
		whole += groups[i].op_us;
	for (size_t i = 0; i < count && drawn < MOST_CIRCLES; i++)
		if (is_drawn(&groups[i])) {
			put_circle(out, axes, trace, &groups[i], whole);
			drawn++;
		}
}

static void
put_legend(struct output *out, const struct trace *trace, const struct limit_group *groups,
    size_t count)
{
	output_string(out, "<div class=legend>");
	for (int type = 0; type < TYPE_COUNT; type++) {
		bool found = false;

		for (size_t i = 0; i < count && !found; i++)
			found = is_drawn(&groups[i]) &&
			    (int)trace->classes[groups[i].class].type == type;
		if (found)
			output_format(out, "<span><i style=\"background:var(--t%d)\"></i>%s</span>",
			    type, type_names[type]);
	}
	output_string(out, "</div>\n");
}

void
page_put_roofline(struct output *out, const struct report *report, const struct view *view)
{
	const struct limits *limits = &report->trace->limits;
	struct limit_group *groups;
	struct axes axes;
	size_t count;

	if (report->limits == NULL || report->trace->mismatched || !(limits->gbps > 0) ||
	    !(highest_peak(limits) > 0))
		return;
	groups = limit_groups(report->trace, view->stage, &count);
	axes = fit(limits, groups, count);
	output_string(out, "<details open><summary>Roofline: ");
	html_text(out, limits->device != NULL ? limits->device : "");
	output_format(out, "%s</summary>\n<figure class=roofline>\n", limits->measured
	    ? ", peaks as measured" : ", peaks of its data sheet");
	put_legend(out, report->trace, groups, count);
	output_format(out, "<svg viewBox=\"0 0 %d %d\" role=img aria-label=\"Roofline: rate of each "
	    "operator by its intensity\">\n", WIDTH, HEIGHT);
	put_ticks(out, &axes);
	put_roofs(out, &axes, limits, groups, count);
	put_circles(out, &axes, report->trace, groups, count);
	output_string(out, "</svg>\n<p class=note>A circle is an operator with its sizes, as large as "
	    "its time; the distance to the line above it is what is to be won. At the left end: "
	    "what moves data and calculates nothing. Of a range the upper end is drawn. Copies to "
	    "the host and between GPUs are not in it.</p></figure></details>\n");
	free(groups);
}
