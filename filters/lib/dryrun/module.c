/* SPDX-License-Identifier: Apache-2.0 */
/* The module _warpipe: records and code over the channel, embedded files. */
#define PY_SSIZE_T_CLEAN
#include "dryrun/module.h"

#include <errno.h>
#include <marshal.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/text.h"
#include "dryrun/channel.h"
#include "dryrun/code.h"
#include "dryrun/confine.h"
#include "dryrun/embedded.h"

static const struct channel channel = { CHANNEL_IN, CHANNEL_OUT };

static PyObject *
send(enum channel_type type, const char *bytes, Py_ssize_t length)
{
	enum channel_result result;

	Py_BEGIN_ALLOW_THREADS
	result = channel_write(&channel, 0, type, bytes, (size_t)length);
	Py_END_ALLOW_THREADS
	/* What was cut short would be completed by the next message. */
	if (result != CHANNEL_OK)
		_exit(STATUS_FAILED);
	Py_RETURN_NONE;
}

static PyObject *
emit(PyObject *module, PyObject *text)
{
	Py_ssize_t length;
	const char *bytes = PyUnicode_AsUTF8AndSize(text, &length);

	(void)module;
	return bytes == NULL ? NULL : send(CHANNEL_RECORD, bytes, length);
}

/* What the answer to `wanted` (a way and a path) holds, unmarshalled. */
static PyObject *
ask_code(const char *wanted, Py_ssize_t length)
{
	enum channel_type type;
	struct text answer = { 0 };
	PyObject *result = NULL, *sent = send(CHANNEL_CODE, wanted, length);

	if (sent == NULL)
		return NULL;
	Py_DECREF(sent);
	if (channel_read(&channel, 0, &type, &answer) != CHANNEL_OK)
		PyErr_SetString(PyExc_OSError, "the caller does not answer");
	else if (type == CHANNEL_YES)
		result = PyMarshal_ReadObjectFromString(answer.bytes, (Py_ssize_t)answer.length);
	else
		PyErr_SetString(PyExc_SyntaxError, answer.bytes);
	text_free(&answer);
	return result;
}

static PyObject *
code(PyObject *module, PyObject *wanted)
{
	Py_ssize_t length;
	const char *bytes = PyUnicode_AsUTF8AndSize(wanted, &length);

	(void)module;
	return bytes == NULL ? NULL : ask_code(bytes, length);
}

static PyObject *
read_embedded(PyObject *module, PyObject *path)
{
	const char *name = PyUnicode_AsUTF8(path);
	const struct embedded_file *file = name == NULL ? NULL : embedded_find(name);

	(void)module;
	if (file != NULL)
		return PyBytes_FromStringAndSize(file->bytes, (Py_ssize_t)file->length);
	if (name != NULL)
		PyErr_SetObject(PyExc_FileNotFoundError, path);
	return NULL;
}

static PyObject *
list_embedded(PyObject *module, PyObject *unused)
{
	PyObject *list = PyList_New(0);

	(void)module;
	(void)unused;
	for (size_t i = 0; list != NULL && i < dryrun_file_count; i++) {
		PyObject *path = PyUnicode_FromString(dryrun_files[i].path);

		if (path == NULL || PyList_Append(list, path) != 0)
			Py_CLEAR(list);
		Py_XDECREF(path);
	}
	return list;
}

/* Fork for each request that comes. The forked process goes on with the request's text; this
 * one waits for its end, tells it if it ends early, and never returns but for an error. */
static PyObject *
serve(PyObject *module, PyObject *unused)
{
	struct text request = { 0 };
	enum channel_type type;

	(void)module;
	(void)unused;
	while (channel_write(&channel, 0, CHANNEL_REQUEST, "", 0) == CHANNEL_OK &&
	    channel_read(&channel, 0, &type, &request) == CHANNEL_OK && type == CHANNEL_REQUEST) {
		void (*handler)(int);
		int status = 0;
		pid_t pid;

		PyOS_BeforeFork();
		pid = fork();
		if (pid == 0) {
			PyObject *text;

			PyOS_AfterFork_Child();
			if (!confine_forked())
				_exit(STATUS_FAILED);
			text = PyUnicode_FromStringAndSize(request.bytes,
			    (Py_ssize_t)request.length);
			text_free(&request);
			return text;
		}
		PyOS_AfterFork_Parent();
		if (pid < 0)
			_exit(STATUS_FAILED);
		handler = signal(SIGALRM, SIG_IGN); /* is for what was forked */
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			continue;
		signal(SIGALRM, handler);
		if (status != 0) {
			char number[16];
			int length = snprintf(number, sizeof(number), "%d", status);

			channel_write(&channel, 0, CHANNEL_DIED, number, (size_t)length);
		}
	}
	_exit(STATUS_DONE); /* the caller wants no more */
}

static PyObject *
guard(PyObject *module, PyObject *tell)
{
	(void)module;
	if (module_guard(tell) != 0)
		return NULL;
	Py_RETURN_NONE;
}

static PyMethodDef methods[] = {
	{ "emit", emit, METH_O, "Hand the caller one record, a line of JSON." },
	{ "code", code, METH_O, "The code of a file, given as a way (T, P, E) and a path." },
	{ "read_embedded", read_embedded, METH_O, "The bytes of a file that is part of us." },
	{ "list_embedded", list_embedded, METH_NOARGS, "The paths of those files." },
	{ "watch", size_watch, METH_O, "Note the comparisons of sizes in files below." },
	{ "take_conditions", size_take_conditions, METH_NOARGS, "Those noted since last asked." },
	{ "conditions_left_out", size_conditions_left_out, METH_NOARGS, "How many found no room." },
	{ "watch_lines", lines_watch, METH_O, "Note the lines of files below that run." },
	{ "take_lines", lines_take, METH_O, "Those noted since last asked." },
	{ "guard", guard, METH_O, "Refuse, and tell, what has no place in a dry run." },
	{ "serve", serve, METH_NOARGS, "Fork for each request; in what was forked: its text." },
	{ NULL, NULL, 0, NULL },
};

static struct PyModuleDef definition = {
	PyModuleDef_HEAD_INIT,
	.m_name = "_warpipe",
	.m_size = sizeof(struct conditions),
	.m_methods = methods,
};

PyObject *
module_init(void)
{
	PyObject *module = PyModule_Create(&definition);

	if (module != NULL && (tests_add(module) != 0 || size_add(module) != 0))
		Py_CLEAR(module);
	return module;
}

PyObject *
module_import(const char *path, const char *name)
{
	PyObject *names = PyDict_New(), *made, *pair, *result = NULL;
	struct text wanted = { 0 };

	text_add_format(&wanted, "%c%s", CODE_EMBEDDED, path);
	pair = ask_code(wanted.bytes, (Py_ssize_t)wanted.length);
	text_free(&wanted);
	if (pair == NULL || names == NULL || !PyTuple_Check(pair) ||
	    PyDict_SetItemString(names, "__builtins__", PyEval_GetBuiltins()) != 0)
		goto release;
	made = PyEval_EvalCode(PyTuple_GetItem(pair, 0), names, names);
	if (made != NULL)
		result = PyDict_GetItemString(names, name);
	Py_XINCREF(result);
	Py_XDECREF(made);
release:
	Py_XDECREF(pair);
	Py_XDECREF(names);
	return result;
}
