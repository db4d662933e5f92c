/* SPDX-License-Identifier: Apache-2.0 */
/* Names of the statuses. */
#include "status.h"

const char *
kernel_status_text(enum kernel_status status)
{
	switch (status) {
	case KERNEL_OK:
		return "ok";
	case KERNEL_BAD_INDEX:
		return "index out of range";
	case KERNEL_BAD_ARGUMENT:
		return "argument that makes no sense";
	case KERNEL_UNAVAILABLE:
		return "not available here";
	case KERNEL_FAILED:
		return "the device reported an error";
	}
	return "unknown status";
}
