/* SPDX-License-Identifier: Apache-2.0 */
/* The module _warpipe of the confined interpreter: what Python there asks of us. */
#ifndef WARPIPE_DRYRUN_MODULE_H
#define WARPIPE_DRYRUN_MODULE_H

#include <Python.h>

/* For PyImport_AppendInittab. */
PyObject *module_init(void);

/* The object called `name` that an embedded file makes when run as a module; a new reference,
 * or NULL with an exception. */
PyObject *module_import(const char *path, const char *name);

/* From here on tell(event, arguments) is called for what has no place in a dry run, and then
 * PermissionError is raised. 0, or -1 with an exception. */
int module_guard(PyObject *tell);

/* The state of the module: which comparisons of sizes decided something. */
struct conditions {
	PyObject *root;  /* str: comparisons of code elsewhere are not noted; or NULL */
	PyObject *found; /* dict: (text, code, line) -> None, in order */
	long long left_out; /* how many found no room */
};

/* Add the types Tests and Size to the module. 0, or -1 with an exception. */
int tests_add(PyObject *module);
int size_add(PyObject *module);

/* Methods of the module: watch(root), take_conditions(), which gives them out once, and
 * conditions_left_out(). */
PyObject *size_watch(PyObject *module, PyObject *root);
PyObject *size_take_conditions(PyObject *module, PyObject *unused);
PyObject *size_conditions_left_out(PyObject *module, PyObject *unused);

/* Methods of the module: watch_lines(root), from when on the lines of files below root are
 * noted, for as long as the process lives; take_lines(what it gave), {file: [line]} of those
 * that ran since they were last taken. */
PyObject *lines_watch(PyObject *module, PyObject *root);
PyObject *lines_take(PyObject *module, PyObject *watch);

#endif
