/* SPDX-License-Identifier: Apache-2.0 */
/* The parts of the HTML report that are the same for every trace. */
#ifndef TR_LAYERS_HTML_PAGE_H
#define TR_LAYERS_HTML_PAGE_H

extern const char html_head[];   /* from the doctype to the open body */
extern const char html_chart[];  /* an empty chart with its controls */
extern const char html_script[]; /* draws the charts, sorts the tables; closes the page */

#endif
