/* SPDX-License-Identifier: Apache-2.0 */
/* Product data sheets of NVIDIA and AMD; the board with the most bandwidth where a name is
 * shared. */
#include <stddef.h>
#include <string.h>

#include "base/datasheet.h"

/* A device is the first whose words all occur in its name. */
static const struct datasheet sheets[] = {
	{ "H200", "", 4800, 989, 1979 },
	{ "H100", "NVL", 3900, 835, 1671 },
	{ "H100", "PCIe", 2000, 756, 1513 },
	{ "H100", "", 3350, 989, 1979 },
	{ "GB200", "", 8000, 2500, 5000 },
	{ "B200", "", 8000, 2250, 4500 },
	{ "B300", "", 8000, 2250, 4500 },
	{ "A100", "80GB PCIe", 1935, 312, 0 },
	{ "A100", "80GB", 2039, 312, 0 },
	{ "A100", "", 1555, 312, 0 },
	{ "L40S", "", 864, 362, 733 },
	{ "RTX 4090", "", 1008, 165, 330 },
	{ "RTX 5090", "", 1792, 209, 419 },
	{ "MI355X", "", 8000, 2516, 5033 },
	{ "MI350X", "", 8000, 2307, 4614 },
	{ "MI325X", "", 6000, 1307, 2615 },
	{ "MI300X", "", 5300, 1307, 2615 },
	{ "MI250X", "", 3277, 383, 0 },
	{ "MI210", "", 1638, 181, 0 },
};

const struct datasheet *
datasheet_find(const char *device)
{
	for (size_t i = 0; i < sizeof(sheets) / sizeof(sheets[0]); i++)
		if (strstr(device, sheets[i].name) != NULL && strstr(device, sheets[i].also) != NULL)
			return &sheets[i];
	return NULL;
}
