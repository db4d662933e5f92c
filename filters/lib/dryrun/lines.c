/* SPDX-License-Identifier: Apache-2.0 */
/* Notes which lines of the tree run. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>

#include "dryrun/module.h"

/* The lines of one file; of files that are not the tree's there is one that notes nothing. */
struct ran {
	PyObject *file;
	unsigned char *lines; /* 1 where a line ran */
	int count;
	bool ours;
};

/* What belongs to a code object is found by this index, which CPython gives out once. */
struct recorder {
	Py_ssize_t index;
	PyObject *root;
	PyObject *files; /* dict: file -> capsule of a struct ran */
};

static struct ran *
ran_of_file(struct recorder *recorder, PyObject *file)
{
	PyObject *capsule = PyDict_GetItemWithError(recorder->files, file);
	struct ran *ran;

	if (capsule != NULL)
		return PyCapsule_GetPointer(capsule, NULL);
	ran = PyMem_Calloc(1, sizeof(*ran));
	capsule = ran == NULL ? NULL : PyCapsule_New(ran, NULL, NULL);
	if (capsule == NULL || PyDict_SetItem(recorder->files, file, capsule) != 0)
		return NULL;
	Py_DECREF(capsule);
	ran->file = file;
	ran->ours = PyUnicode_Tailmatch(file, recorder->root, 0, PY_SSIZE_T_MAX, -1) == 1;
	return ran;
}

static struct ran *
ran_of_frame(struct recorder *recorder, PyFrameObject *frame)
{
	PyCodeObject *code = PyFrame_GetCode(frame);
	void *found = NULL;

	if (_PyCode_GetExtra((PyObject *)code, recorder->index, &found) == 0 && found == NULL) {
		found = ran_of_file(recorder, code->co_filename);
		if (found != NULL)
			_PyCode_SetExtra((PyObject *)code, recorder->index, found);
	}
	Py_DECREF(code);
	return found;
}

static int
note_line(PyObject *object, PyFrameObject *frame, int what, PyObject *argument)
{
	struct recorder *recorder = PyCapsule_GetPointer(object, NULL);
	struct ran *ran;
	int line;

	(void)argument;
	if (what != PyTrace_LINE && what != PyTrace_CALL)
		return 0;
	ran = ran_of_frame(recorder, frame);
	if (ran == NULL || !ran->ours)
		return ran == NULL ? -1 : 0;
	line = PyFrame_GetLineNumber(frame);
	if (line >= ran->count) {
		int count = (line | 4095) + 1;
		unsigned char *lines = PyMem_Realloc(ran->lines, (size_t)count);

		if (lines == NULL) {
			PyErr_NoMemory();
			return -1;
		}
		memset(lines + ran->count, 0, (size_t)(count - ran->count));
		ran->lines = lines;
		ran->count = count;
	}
	ran->lines[line > 0 ? line : 0] = 1;
	return 0;
}

PyObject *
lines_watch(PyObject *module, PyObject *root)
{
	struct recorder *recorder = PyMem_Calloc(1, sizeof(*recorder));
	PyObject *capsule;

	(void)module;
	if (recorder == NULL)
		return PyErr_NoMemory();
	Py_INCREF(root);
	recorder->root = root;
	recorder->index = _PyEval_RequestCodeExtraIndex(NULL);
	recorder->files = PyDict_New();
	capsule = PyCapsule_New(recorder, NULL, NULL);
	if (recorder->files == NULL || capsule == NULL)
		return NULL;
	PyEval_SetTrace(note_line, capsule);
	return capsule;
}

static PyObject *
take_file(struct ran *ran)
{
	PyObject *lines = PyList_New(0);

	for (int i = 0; lines != NULL && i < ran->count; i++)
		if (ran->lines[i] != 0) {
			PyObject *line = PyLong_FromLong(i);

			if (line == NULL || PyList_Append(lines, line) != 0)
				Py_CLEAR(lines);
			Py_XDECREF(line);
			ran->lines[i] = 0;
		}
	return lines;
}

PyObject *
lines_take(PyObject *module, PyObject *watch)
{
	struct recorder *recorder = PyCapsule_GetPointer(watch, NULL);
	PyObject *result = PyDict_New(), *file, *capsule;
	Py_ssize_t place = 0;

	(void)module;
	if (recorder == NULL || result == NULL)
		return NULL;
	while (PyDict_Next(recorder->files, &place, &file, &capsule)) {
		PyObject *lines = take_file(PyCapsule_GetPointer(capsule, NULL));

		if (lines == NULL)
			return NULL;
		if (PyList_GET_SIZE(lines) > 0 && PyDict_SetItem(result, file, lines) != 0)
			return NULL;
		Py_DECREF(lines);
	}
	return result;
}
