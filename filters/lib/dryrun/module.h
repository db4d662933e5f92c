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

/* Adds the type Tests to the module. 0, or -1 with an exception. */
int tests_add(PyObject *module);

#endif
