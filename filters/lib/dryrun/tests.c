/* SPDX-License-Identifier: Apache-2.0 */
/* The type Tests: what the tests of one file asked, and how they went. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stddef.h>
#include <structmember.h>

#include "dryrun/module.h"

/* How one test went. The operands of the last time that it was true, and false; NULL where
 * there are none, and for values that may be large or that hold on to much. */
struct outcome {
	unsigned int count[2];
	PyObject *left[2], *right[2];
};

/* Called as tests(i, value): the truth of `value`, as a bool, noted under i; and as
 * tests(i, left, right, how): the comparison of the operands. */
struct tests {
	PyObject_HEAD
	vectorcallfunc call;
	Py_ssize_t count;
	struct outcome *outcomes;
};

enum { HOW_IS = 6, HOW_IS_NOT, HOW_IN, HOW_NOT_IN }; /* after Py_LT ... Py_GE */

/* Small things that can be shown, and kept without a bad conscience. */
static PyObject *
worth_keeping(PyObject *value)
{
	if (value == Py_None || PyLong_Check(value) ||
	    PyFloat_CheckExact(value) ||
	    (PyUnicode_CheckExact(value) && PyUnicode_GET_LENGTH(value) < 200) ||
	    strcmp(Py_TYPE(Py_TYPE(value))->tp_name, "EnumType") == 0)
		return value;
	return (PyObject *)Py_TYPE(value);
}

static void
keep(PyObject **place, PyObject *value)
{
	PyObject *old = *place;

	value = worth_keeping(value);
	if (value == old)
		return;
	Py_INCREF(value);
	*place = value;
	Py_XDECREF(old);
}

static int
compare(PyObject *left, PyObject *right, long how, PyObject **result)
{
	int truth;

	switch (how) {
	case HOW_IS:
	case HOW_IS_NOT:
		truth = (left == right) == (how == HOW_IS);
		break;
	case HOW_IN:
	case HOW_NOT_IN:
		truth = PySequence_Contains(right, left);
		if (truth < 0)
			return -1;
		truth = truth == (how == HOW_IN);
		break;
	default:
		*result = PyObject_RichCompare(left, right, (int)how);
		if (*result == NULL)
			return -1;
		/* In tests only: the truth is asked once, here. */
		truth = PyObject_IsTrue(*result);
		Py_DECREF(*result);
		if (truth < 0)
			return -1;
	}
	*result = truth ? Py_True : Py_False;
	Py_INCREF(*result);
	return truth;
}

static PyObject *
tests_call(PyObject *object, PyObject *const *arguments, size_t flags, PyObject *names)
{
	struct tests *tests = (struct tests *)object;
	Py_ssize_t given = PyVectorcall_NARGS(flags), index;
	PyObject *result = NULL;
	struct outcome *outcome;
	int truth;

	(void)names;
	index = given < 2 ? -1 : PyLong_AsSsize_t(arguments[0]);
	if (index < 0 || index >= tests->count) {
		PyErr_SetString(PyExc_SystemError, "no such test");
		return NULL;
	}
	outcome = &tests->outcomes[index];
	if (given == 4) {
		truth = compare(arguments[1], arguments[2], PyLong_AsLong(arguments[3]), &result);
	} else {
		truth = PyObject_IsTrue(arguments[1]);
		result = truth ? Py_True : Py_False;
		if (truth >= 0)
			Py_INCREF(result);
	}
	if (truth < 0)
		return NULL;
	outcome->count[truth]++;
	keep(&outcome->left[truth], arguments[1]);
	if (given == 4)
		keep(&outcome->right[truth], arguments[2]);
	return result;
}

static PyObject *
tests_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
	struct tests *tests;
	Py_ssize_t count;

	if (!PyArg_ParseTuple(arguments, "n", &count) || count < 0)
		return NULL;
	(void)names;
	tests = (struct tests *)type->tp_alloc(type, 0);
	if (tests == NULL)
		return NULL;
	tests->outcomes = PyMem_Calloc((size_t)count + 1, sizeof(*tests->outcomes));
	if (tests->outcomes == NULL) {
		Py_DECREF(tests);
		return PyErr_NoMemory();
	}
	tests->count = count;
	tests->call = tests_call;
	return (PyObject *)tests;
}

static void
forget(struct outcome *outcome)
{
	for (int truth = 0; truth < 2; truth++) {
		outcome->count[truth] = 0;
		Py_CLEAR(outcome->left[truth]);
		Py_CLEAR(outcome->right[truth]);
	}
}

/* [(index, times true, times false, (left, right) when true, (left, right) when false)] of the
 * tests that were asked since this was last called; an operand's type stands for one that was
 * not kept. */
static PyObject *
tests_take(PyObject *object, PyObject *unused)
{
	struct tests *tests = (struct tests *)object;
	PyObject *list = PyList_New(0);

	(void)unused;
	for (Py_ssize_t i = 0; list != NULL && i < tests->count; i++) {
		struct outcome *outcome = &tests->outcomes[i];
		PyObject *row, *operands[4] = { outcome->left[1], outcome->right[1],
			outcome->left[0], outcome->right[0] };

		if (outcome->count[0] + outcome->count[1] == 0)
			continue;
		for (int k = 0; k < 4; k++)
			if (operands[k] == NULL)
				operands[k] = Py_Ellipsis;
		row = Py_BuildValue("(nII(OO)(OO))", i, outcome->count[1], outcome->count[0],
		    operands[0], operands[1], operands[2], operands[3]);
		if (row == NULL || PyList_Append(list, row) != 0)
			Py_CLEAR(list);
		Py_XDECREF(row);
		forget(outcome);
	}
	return list;
}

static PyMethodDef tests_methods[] = {
	{ "take", tests_take, METH_NOARGS, "How the tests went that were asked since last." },
	{ NULL, NULL, 0, NULL },
};

static PyMemberDef tests_members[] = {
	{ "__vectorcalloffset__", T_PYSSIZET, offsetof(struct tests, call), READONLY,
	    NULL },
	{ NULL, 0, 0, 0, NULL },
};

static PyType_Slot tests_slots[] = {
	{ Py_tp_new, tests_new },
	{ Py_tp_call, PyVectorcall_Call },
	{ Py_tp_methods, tests_methods },
	{ Py_tp_members, tests_members },
	{ 0, NULL },
};

/* Never freed: a recorder lives as long as its module, and the process ends with the run. */
static PyType_Spec tests_spec = {
	.name = "_warpipe.Tests",
	.basicsize = sizeof(struct tests),
	.flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_VECTORCALL,
	.slots = tests_slots,
};

int
tests_add(PyObject *module)
{
	PyObject *type = PyType_FromSpec(&tests_spec);

	return type == NULL ? -1 : PyModule_AddObject(module, "Tests", type);
}
