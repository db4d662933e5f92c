/* SPDX-License-Identifier: Apache-2.0 */
/* Regular expressions of the tables. The header of PCRE2 for them may be included only once, and
 * that of the C library not beside it. */
#ifndef WARPIPE_PATTERN_H
#define WARPIPE_PATTERN_H

#include <pcre2posix.h>

#endif
