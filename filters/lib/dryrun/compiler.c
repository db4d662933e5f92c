/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles source that it is sent, with python/host/rewrite.py. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "base/error.h"
#include "dryrun/compiler.h"
#include "dryrun/confine.h"
#include "dryrun/embedded.h"
#include "dryrun/interpreter.h"

static const char rewriter[] = "host/rewrite.py";

void
compiler_identity(struct cache_part parts[COMPILER_PARTS])
{
	const struct embedded_file *file = embedded_find(rewriter);
	const char *version = Py_GetVersion();

	parts[0] = (struct cache_part){ version, strlen(version) };
	parts[1] = (struct cache_part){ file->bytes, file->length };
}

/* The function compile_source of the rewriter. */
static PyObject *
load_rewriter(void)
{
	const struct embedded_file *file = embedded_find(rewriter);
	PyObject *code = Py_CompileString(file->bytes, rewriter, Py_file_input);
	PyObject *names = PyDict_New(), *result = NULL;

	if (code != NULL && names != NULL &&
	    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) == 0)
		result = PyEval_EvalCode(code, names, names);
	Py_XDECREF(code);
	if (result == NULL)
		return NULL;
	Py_DECREF(result);
	result = PyDict_GetItemString(names, "compile_source");
	Py_XINCREF(result);
	Py_DECREF(names);
	return result;
}

/* Why an exception was raised, in one line. */
static enum channel_result
answer_no(const struct channel *channel)
{
	enum channel_result result;
	PyObject *type, *value, *trace, *text;
	const char *words = NULL;

	PyErr_Fetch(&type, &value, &trace);
	PyErr_NormalizeException(&type, &value, &trace);
	text = value == NULL ? NULL : PyObject_Str(value);
	if (text != NULL)
		words = PyUnicode_AsUTF8(text);
	if (words == NULL || words[0] == '\0')
		words = type == NULL ? "no reason" : ((PyTypeObject *)type)->tp_name;
	result = channel_write(channel, 0, CHANNEL_NO, words, strlen(words));
	PyErr_Clear();
	Py_XDECREF(text);
	Py_XDECREF(type);
	Py_XDECREF(value);
	Py_XDECREF(trace);
	return result;
}

static int
serve(const void *argument)
{
	const struct channel channel = { CHANNEL_IN, CHANNEL_OUT };
	const struct confine_limits limits = {
		.readable = interpreter_readable,
		.seconds = *(const double *)argument,
	};
	struct text missing = { 0 }, bytes = { 0 };
	enum channel_type type;
	PyObject *compile_source;

	confine(&limits, &missing); /* the other child has told what is missing */
	if (!interpreter_start() || (compile_source = load_rewriter()) == NULL)
		return STATUS_FAILED;
	while (channel_read(&channel, 0, &type, &bytes) == CHANNEL_OK && bytes.length > 0) {
		PyObject *code = PyObject_CallFunction(compile_source, "s#y#", bytes.bytes,
		    (Py_ssize_t)1, bytes.bytes + 1, (Py_ssize_t)(bytes.length - 1));

		enum channel_result result;

		if (code != NULL && PyBytes_Check(code))
			result = channel_write(&channel, 0, CHANNEL_YES, PyBytes_AS_STRING(code),
			    (size_t)PyBytes_GET_SIZE(code));
		else
			result = answer_no(&channel);
		Py_XDECREF(code);
		/* What was cut short would be completed by the next answer. */
		if (result != CHANNEL_OK)
			return STATUS_FAILED;
	}
	return STATUS_DONE;
}

void
compiler_start(struct process *process, bool verbose, double seconds)
{
	process_start(process, verbose, serve, &seconds);
}
