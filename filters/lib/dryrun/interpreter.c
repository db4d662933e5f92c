/* SPDX-License-Identifier: Apache-2.0 */
/* Starts CPython isolated from the machine and its user. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "dryrun/interpreter.h"

#include <stdio.h>

#define TEXT(x) #x
#define NUMBER(x) TEXT(x)
#define STDLIB "/usr/lib/python" NUMBER(PY_MAJOR_VERSION) "." NUMBER(PY_MINOR_VERSION)

static const char stdlib[] = STDLIB;

const char *const interpreter_readable[] = { stdlib, "/usr/lib/python3", "/lib", "/lib64",
	"/usr/lib", "/usr/lib64", "/etc/ld.so.cache", "/dev/null", NULL };

/* All paths are given, so that none is looked for. */
static PyStatus
set_paths(PyConfig *config)
{
	static const char dynamic[] = STDLIB "/lib-dynload";
	static const char *const folders[] = { stdlib, dynamic, NULL };
	wchar_t **const prefixes[] = { &config->prefix, &config->exec_prefix,
		&config->base_prefix, &config->base_exec_prefix, NULL };
	PyStatus status = PyStatus_Ok();

	for (size_t i = 0; prefixes[i] != NULL && !PyStatus_Exception(status); i++)
		status = PyConfig_SetString(config, prefixes[i], L"/usr");
	if (!PyStatus_Exception(status))
		status = PyConfig_SetString(config, &config->executable, L"/usr/bin/python3");
	if (!PyStatus_Exception(status))
		status = PyConfig_SetString(config, &config->base_executable, L"/usr/bin/python3");
	if (!PyStatus_Exception(status))
		status = PyConfig_SetBytesString(config, &config->stdlib_dir, stdlib);
	config->module_search_paths_set = 1;
	for (size_t i = 0; folders[i] != NULL && !PyStatus_Exception(status); i++) {
		wchar_t *folder = Py_DecodeLocale(folders[i], NULL);

		status = folder == NULL ? PyStatus_NoMemory() :
		    PyWideStringList_Append(&config->module_search_paths, folder);
		PyMem_RawFree(folder);
	}
	return status;
}

static bool
has_started(PyStatus status)
{
	if (!PyStatus_Exception(status))
		return true;
	fprintf(stderr, "CPython does not start: %s\n",
	    status.err_msg == NULL ? "no reason" : status.err_msg);
	return false;
}

bool
interpreter_start(void)
{
	PyPreConfig before;
	PyConfig config;
	PyStatus status;

	PyPreConfig_InitIsolatedConfig(&before);
	before.utf8_mode = 1;
	if (!has_started(Py_PreInitialize(&before)))
		return false;
	PyConfig_InitIsolatedConfig(&config);
	config.site_import = 0;
	config.install_signal_handlers = 0;
	config.write_bytecode = 0;
	config.use_hash_seed = 1; /* sets come out in the same order each time */
	config.hash_seed = 0;
	config.pathconfig_warnings = 0;
	status = set_paths(&config);
	if (!PyStatus_Exception(status))
		status = Py_InitializeFromConfig(&config);
	PyConfig_Clear(&config);
	return has_started(status);
}
