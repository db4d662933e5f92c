/* SPDX-License-Identifier: Apache-2.0 */
/* Confines itself, starts CPython, and runs host/boot.py, which runs the driver. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "dryrun/child.h"

#include <stdio.h>
#include <unistd.h>

#include "base/error.h"
#include "base/text.h"
#include "dryrun/channel.h"
#include "dryrun/confine.h"
#include "dryrun/interpreter.h"
#include "dryrun/module.h"

enum { READABLE = 32 };

static void
confine_child(const struct child_options *options, const struct channel *channel)
{
	const char *readable[READABLE];
	struct confine_limits limits = { .readable = readable, .seconds = options->seconds,
		.prints = options->verbose, .forks = options->serves };
	struct text missing = { 0 };
	size_t count = 0;

	readable[count++] = options->root;
	if (options->site != NULL)
		readable[count++] = options->site;
	for (size_t i = 0; interpreter_readable[i] != NULL && count + 1 < READABLE; i++)
		readable[count++] = interpreter_readable[i];
	readable[count] = NULL;
	confine(&limits, &missing);
	if (missing.length > 0)
		channel_write(channel, 0, CHANNEL_MISSING, missing.bytes, missing.length);
	text_free(&missing);
}

/* Run host/boot.py's main(root, site, driver, request, serves). */
static bool
boot(const struct child_options *options)
{
	PyObject *main = module_import("host/boot.py", "main"), *result;

	if (main == NULL)
		return false;
	result = PyObject_CallFunction(main, "szssO", options->root, options->site,
	    options->driver, options->request, options->serves ? Py_True : Py_False);
	Py_DECREF(main);
	Py_XDECREF(result);
	return result != NULL;
}

int
child_run(const void *argument)
{
	const struct child_options *options = argument;
	const struct channel channel = { CHANNEL_IN, CHANNEL_OUT };

	if (options->serves)
		setpgid(0, 0); /* so that a signal reaches what it forks, too */
	if (chdir(options->root) != 0) /* where relative names of files then begin */
		return STATUS_FAILED;
	confine_child(options, &channel);
	if (PyImport_AppendInittab("_warpipe", module_init) != 0 || !interpreter_start())
		return STATUS_FAILED;
	if (!boot(options)) {
		PyErr_Print();
		return STATUS_FAILED;
	}
	channel_write(&channel, 0, CHANNEL_DONE, "", 0);
	fflush(NULL);
	return STATUS_DONE; /* the process ends here: nothing of the tree is run on the way out */
}
