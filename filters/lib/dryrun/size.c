/* SPDX-License-Identifier: Apache-2.0 */
/* The type Size: an int that knows which size it stands for, and notes what it is compared
 * with. Its text is kept folded as factor * term + offset, as in "tokens*8+1". */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <stdbool.h>
#include <stdint.h>

#include "dryrun/module.h"

enum { LONGEST_TEXT = 200, MOST_CONDITIONS = 10000 };

/* Stands after the digits of the int. */
struct form {
	PyObject *term; /* str */
	int64_t factor, offset;
};

static void size_dealloc(PyObject *object);

static bool
is_size(PyObject *object)
{
	return Py_TYPE(object)->tp_dealloc == size_dealloc;
}

/* A subtype of int has what it adds after as many digits as the number has. */
static struct form **
form_place(PyObject *object)
{
	Py_ssize_t digits = Py_ABS(Py_SIZE(object));

	return (struct form **)(void *)((char *)object +
	    _PyObject_VAR_SIZE(Py_TYPE(object), digits) - sizeof(struct form *));
}

static void
size_dealloc(PyObject *object)
{
	PyTypeObject *type = Py_TYPE(object);
	struct form *form = *form_place(object);

	if (form != NULL)
		Py_DECREF(form->term);
	PyMem_Free(form);
	type->tp_free(object);
	Py_DECREF(type);
}

/* Takes over `value`; a plain int where the form is a constant. NULL with an exception when
 * `value` or `term` is NULL. */
static PyObject *
size_make(PyTypeObject *type, PyObject *value, PyObject *term, int64_t factor, int64_t offset)
{
	PyObject *arguments, *made;
	struct form *form;

	if (value == NULL || term == NULL || factor == 0 || !PyLong_Check(value))
		return term == NULL && PyErr_Occurred() ? (Py_XDECREF(value), NULL) : value;
	arguments = PyTuple_Pack(1, value);
	Py_DECREF(value);
	if (arguments == NULL)
		return NULL;
	made = PyLong_Type.tp_new(type, arguments, NULL);
	Py_DECREF(arguments);
	if (made == NULL)
		return NULL;
	form = PyMem_Malloc(sizeof(*form));
	if (form == NULL) {
		Py_DECREF(made);
		return PyErr_NoMemory();
	}
	Py_INCREF(term);
	*form = (struct form){ .term = term, .factor = factor, .offset = offset };
	*form_place(made) = form;
	return made;
}

static PyObject *
form_text(const struct form *form)
{
	PyObject *text;

	if (form->factor == 1 && form->offset == 0) {
		Py_INCREF(form->term);
		return form->term;
	}
	if (form->factor == 1)
		return PyUnicode_FromFormat("%U%s%lld", form->term, form->offset > 0 ? "+" : "",
		    (long long)form->offset);
	if (form->factor == -1)
		text = PyUnicode_FromFormat("-%U", form->term);
	else
		text = PyUnicode_FromFormat("%U*%lld", form->term, (long long)form->factor);
	if (form->offset != 0 && text != NULL) {
		PyObject *whole = PyUnicode_FromFormat("%U%s%lld", text,
		    form->offset > 0 ? "+" : "", (long long)form->offset);

		Py_DECREF(text);
		return whole;
	}
	return text;
}

/* The text of a Size or an int, in brackets where it is more than one word. */
static PyObject *
operand_text(PyObject *object)
{
	struct form *form = is_size(object) ? *form_place(object) : NULL;
	PyObject *text = form == NULL ? PyObject_Str(object) : form_text(form), *whole;

	if (form == NULL || text == NULL || (form->factor == 1 && form->offset == 0))
		return text;
	whole = PyUnicode_FromFormat("(%U)", text);
	Py_DECREF(text);
	return whole;
}

/* A term that cannot be folded: "(tokens+63)//64". A plain int where that grows too long. */
static PyObject *
opaque(PyTypeObject *type, PyObject *value, PyObject *left, const char *sign, PyObject *right)
{
	PyObject *left_text = operand_text(left), *right_text = operand_text(right);
	PyObject *term, *bracket;

	if (value == NULL || left_text == NULL || right_text == NULL) {
		Py_XDECREF(left_text);
		Py_XDECREF(right_text);
		Py_XDECREF(value);
		return NULL;
	}
	term = PyUnicode_FromFormat("%U%s%U", left_text, sign, right_text);
	Py_DECREF(left_text);
	Py_DECREF(right_text);
	if (term != NULL && PyUnicode_GET_LENGTH(term) > LONGEST_TEXT) {
		Py_DECREF(term);
		return value;
	}
	if (term != NULL && (sign[0] == '+' || sign[0] == '-')) {
		bracket = PyUnicode_FromFormat("(%U)", term);
		Py_DECREF(term);
		term = bracket;
	}
	value = size_make(type, value, term, 1, 0);
	Py_XDECREF(term);
	return value;
}

/* Both operands as forms, a plain int as one without a term. False where one is no int, or
 * one of another kind. */
static bool
as_forms(PyObject *left, PyObject *right, struct form forms[2], PyTypeObject **type)
{
	PyObject *operands[2] = { left, right };

	*type = NULL;
	for (int i = 0; i < 2; i++) {
		int overflow = 0;

		if (is_size(operands[i])) {
			forms[i] = **form_place(operands[i]);
			*type = Py_TYPE(operands[i]);
			continue;
		}
		if (!PyLong_Check(operands[i]))
			return false;
		forms[i] = (struct form){ .offset = PyLong_AsLongLongAndOverflow(operands[i],
		    &overflow) };
		if (overflow != 0)
			return false;
	}
	return true;
}

/* Whether both have a term and it is not the same. */
static bool
differ(const struct form forms[2])
{
	return forms[0].term != NULL && forms[1].term != NULL &&
	    PyUnicode_Compare(forms[0].term, forms[1].term) != 0;
}

static PyObject *
size_sum(PyObject *left, PyObject *right, PyObject *value, int sign)
{
	struct form forms[2];
	PyTypeObject *type;
	int64_t factor, offset;
	PyObject *term;

	if (value == NULL || value == Py_NotImplemented || !as_forms(left, right, forms, &type))
		return value;
	if (differ(forms))
		return opaque(type, value, left, sign > 0 ? "+" : "-", right);
	term = forms[0].term != NULL ? forms[0].term : forms[1].term;
	if (__builtin_mul_overflow(forms[1].factor, sign, &factor) ||
	    __builtin_mul_overflow(forms[1].offset, sign, &offset) ||
	    __builtin_add_overflow(forms[0].factor, factor, &factor) ||
	    __builtin_add_overflow(forms[0].offset, offset, &offset))
		return value;
	return size_make(type, value, term, factor, offset);
}

static PyObject *
size_add_numbers(PyObject *left, PyObject *right)
{
	return size_sum(left, right, PyLong_Type.tp_as_number->nb_add(left, right), 1);
}

static PyObject *
size_subtract(PyObject *left, PyObject *right)
{
	return size_sum(left, right, PyLong_Type.tp_as_number->nb_subtract(left, right), -1);
}

static PyObject *
size_multiply(PyObject *left, PyObject *right)
{
	PyObject *value = PyLong_Type.tp_as_number->nb_multiply(left, right);
	struct form forms[2], *named, *plain;
	PyTypeObject *type;
	int64_t factor, offset;

	if (value == NULL || value == Py_NotImplemented || !as_forms(left, right, forms, &type))
		return value;
	if (forms[0].term != NULL && forms[1].term != NULL)
		return opaque(type, value, left, "*", right);
	named = forms[0].term != NULL ? &forms[0] : &forms[1];
	plain = named == &forms[0] ? &forms[1] : &forms[0];
	if (__builtin_mul_overflow(named->factor, plain->offset, &factor) ||
	    __builtin_mul_overflow(named->offset, plain->offset, &offset))
		return value;
	return size_make(type, value, named->term, factor, offset);
}

static PyObject *
size_floor_divide(PyObject *left, PyObject *right)
{
	PyObject *value = PyLong_Type.tp_as_number->nb_floor_divide(left, right);
	struct form forms[2];
	PyTypeObject *type;

	if (value == NULL || value == Py_NotImplemented || !as_forms(left, right, forms, &type))
		return value;
	if (forms[1].term == NULL && forms[1].offset > 0 &&
	    forms[0].factor % forms[1].offset == 0 && forms[0].offset % forms[1].offset == 0)
		return size_make(type, value, forms[0].term, forms[0].factor / forms[1].offset,
		    forms[0].offset / forms[1].offset);
	return opaque(type, value, left, "//", right);
}

static PyObject *
size_remainder(PyObject *left, PyObject *right)
{
	PyObject *value = PyLong_Type.tp_as_number->nb_remainder(left, right);
	struct form forms[2];
	PyTypeObject *type;

	if (value == NULL || value == Py_NotImplemented || !as_forms(left, right, forms, &type))
		return value;
	if (forms[1].term == NULL && forms[1].offset > 0 &&
	    forms[0].factor % forms[1].offset == 0)
		return value; /* the same for every size */
	return opaque(type, value, left, "%", right);
}

static PyObject *
size_negative(PyObject *object)
{
	const struct form *form = *form_place(object);

	return size_make(Py_TYPE(object), PyLong_Type.tp_as_number->nb_negative(object), form->term,
	    -form->factor, -form->offset);
}

static PyObject *
size_positive(PyObject *object)
{
	Py_INCREF(object);
	return object;
}

/* As a product or a quotient by a power of two. */
static PyObject *
size_shift(PyObject *left, PyObject *right, binaryfunc plain, binaryfunc instead)
{
	PyObject *power, *result;
	long count;

	if (!is_size(left) || !PyLong_CheckExact(right))
		return plain(left, right);
	count = PyLong_AsLong(right);
	if (count < 0 || count > 60) {
		PyErr_Clear();
		return plain(left, right);
	}
	power = PyLong_FromLongLong(1LL << count);
	if (power == NULL)
		return NULL;
	result = instead(left, power);
	Py_DECREF(power);
	return result;
}

static PyObject *
size_shift_left(PyObject *left, PyObject *right)
{
	return size_shift(left, right, PyLong_Type.tp_as_number->nb_lshift, size_multiply);
}

static PyObject *
size_shift_right(PyObject *left, PyObject *right)
{
	return size_shift(left, right, PyLong_Type.tp_as_number->nb_rshift, size_floor_divide);
}

/* The running code and its line, where it is the tree's; else NULL and no exception. */
static PyCodeObject *
running_code(const struct conditions *conditions, int *line)
{
	PyFrameObject *frame = PyEval_GetFrame();
	PyCodeObject *code;

	if (frame == NULL || conditions == NULL || conditions->root == NULL)
		return NULL;
	code = PyFrame_GetCode(frame);
	if (PyUnicode_Tailmatch(code->co_filename, conditions->root, 0, PY_SSIZE_T_MAX, -1) == 1) {
		*line = PyFrame_GetLineNumber(frame);
		return code;
	}
	Py_DECREF(code);
	return NULL;
}

static void
note_condition(PyObject *size, PyObject *left, const char *sign, PyObject *right)
{
	struct conditions *conditions = PyType_GetModuleState(Py_TYPE(size));
	PyCodeObject *code;
	PyObject *text, *row, *key;
	int line = 0;

	code = running_code(conditions, &line);
	if (code == NULL)
		return;
	text = left == NULL || right == NULL ? NULL :
	    PyUnicode_FromFormat("%U %s %S", left, sign, right);
	row = text == NULL ? NULL : Py_BuildValue("(OOi)", text, code, line);
	/* A code object is slow to hash: its address stands for it, while the row keeps it alive. */
	key = row == NULL ? NULL : Py_BuildValue("(Oni)", text, (Py_ssize_t)code, line);
	if (key != NULL && (PyDict_GET_SIZE(conditions->found) < MOST_CONDITIONS ||
	    PyDict_Contains(conditions->found, key) == 1))
		PyDict_SetItem(conditions->found, key, row);
	else
		conditions->left_out++;
	Py_XDECREF(key);
	Py_XDECREF(row);
	Py_XDECREF(text);
	Py_DECREF(code);
	PyErr_Clear();
}

/* How a comparison reads that is known to hold, where it was asked and how it went. */
static const char *
holding(int operation, bool truth)
{
	static const char *const signs[2][6] = {
		{ ">=", ">", "!=", "==", "<=", "<" }, /* not < <= == != > >= */
		{ "<", "<=", "==", "!=", ">", ">=" },
	};

	return signs[truth][operation];
}

static int64_t
floor_of(int64_t dividend, int64_t divisor)
{
	int64_t quotient = dividend / divisor;

	return quotient - (dividend % divisor != 0 && (dividend < 0) != (divisor < 0));
}

/* Whether it holds for every size: none is below 1. What is left of a division may be 0, and a
 * difference less. */
static bool
is_always_so(PyObject *term, const char *sign, int64_t number)
{
	Py_ssize_t length = PyUnicode_GET_LENGTH(term);

	if (PyUnicode_FindChar(term, '%', 0, length, 1) >= 0 ||
	    PyUnicode_FindChar(term, '-', 0, length, 1) >= 0 ||
	    PyUnicode_FindChar(term, '/', 0, length, 1) >= 0)
		return false;
	return (strcmp(sign, ">") == 0 && number <= 0) ||
	    (strcmp(sign, ">=") == 0 && number <= 1) || (strcmp(sign, "!=") == 0 && number <= 0);
}

/* factor * term + offset against a constant, as term against a number. */
static void
note_folded(PyObject *size, const struct form *form, int64_t constant, int operation, bool truth)
{
	static const int mirrored[] = { Py_GT, Py_GE, Py_EQ, Py_NE, Py_LT, Py_LE };
	int64_t rest;
	PyObject *number;

	if (__builtin_sub_overflow(constant, form->offset, &rest) || form->factor == 0)
		return;
	if (form->factor < 0)
		operation = mirrored[operation];
	if (operation == Py_EQ || operation == Py_NE) {
		if (rest % form->factor != 0)
			return; /* never equal */
		rest /= form->factor;
	} else if (operation == Py_LE || operation == Py_GT) {
		rest = floor_of(rest, form->factor);
	} else { /* the least number that is not below */
		rest = -floor_of(-rest, form->factor);
	}
	if (is_always_so(form->term, holding(operation, truth), rest))
		return;
	number = PyLong_FromLongLong(rest);
	note_condition(size, form->term, holding(operation, truth), number);
	Py_XDECREF(number);
}

static void
note_comparison(PyObject *left, PyObject *right, int operation, bool truth)
{
	struct form forms[2];
	PyTypeObject *type;
	PyObject *size = is_size(left) ? left : right, *texts[2];

	if (!as_forms(left, right, forms, &type))
		return;
	if (!differ(forms)) {
		struct form difference = {
			.term = forms[0].term != NULL ? forms[0].term : forms[1].term };
		int64_t constant;

		if (!__builtin_sub_overflow(forms[0].factor, forms[1].factor,
		    &difference.factor) &&
		    !__builtin_sub_overflow(forms[1].offset, forms[0].offset, &constant))
			note_folded(size, &difference, constant, operation, truth);
		return;
	}
	texts[0] = form_text(&forms[0]);
	texts[1] = form_text(&forms[1]);
	note_condition(size, texts[0], holding(operation, truth), texts[1]);
	Py_XDECREF(texts[0]);
	Py_XDECREF(texts[1]);
}

static PyObject *
size_compare(PyObject *left, PyObject *right, int operation)
{
	PyObject *result = PyLong_Type.tp_richcompare(left, right, operation);

	if (result == Py_True || result == Py_False)
		note_comparison(left, right, operation, result == Py_True);
	return result;
}

static Py_hash_t
size_hash(PyObject *object)
{
	return PyLong_Type.tp_hash(object);
}

static int
size_bool(PyObject *object)
{
	int truth = Py_SIZE(object) != 0;
	PyObject *zero = PyLong_FromLong(0);

	if (zero != NULL)
		note_comparison(object, zero, Py_NE, truth);
	Py_XDECREF(zero);
	return truth;
}

static PyObject *
size_text(PyObject *object, void *unused)
{
	(void)unused;
	return form_text(*form_place(object));
}

/* Size(value, text): `text` None makes a plain int. */
static PyObject *
size_new(PyTypeObject *type, PyObject *arguments, PyObject *names)
{
	PyObject *value, *text = Py_None;

	if (!PyArg_ParseTuple(arguments, "O|O", &value, &text))
		return NULL;
	(void)names;
	value = PyNumber_Long(value);
	if (text == Py_None || value == NULL)
		return value;
	if (!PyUnicode_Check(text)) {
		Py_DECREF(value);
		PyErr_SetString(PyExc_TypeError, "the text of a Size is a str");
		return NULL;
	}
	return size_make(type, value, text, 1, 0);
}

static PyGetSetDef size_members[] = {
	{ "text", size_text, NULL, "The size that it stands for: \"tokens*8\".", NULL },
	{ NULL, NULL, NULL, NULL, NULL },
};

static PyType_Slot size_slots[] = {
	{ Py_tp_new, size_new },
	{ Py_tp_dealloc, size_dealloc },
	{ Py_tp_richcompare, size_compare },
	{ Py_tp_getset, size_members },
	{ Py_nb_add, size_add_numbers },
	{ Py_nb_subtract, size_subtract },
	{ Py_nb_multiply, size_multiply },
	{ Py_nb_floor_divide, size_floor_divide },
	{ Py_nb_remainder, size_remainder },
	{ Py_nb_negative, size_negative },
	{ Py_nb_positive, size_positive },
	{ Py_nb_lshift, size_shift_left },
	{ Py_nb_rshift, size_shift_right },
	{ Py_nb_bool, size_bool },
	{ Py_tp_hash, size_hash },
	{ 0, NULL },
};

PyObject *
size_watch(PyObject *module, PyObject *root)
{
	struct conditions *conditions = PyModule_GetState(module);

	Py_INCREF(root);
	Py_XSETREF(conditions->root, root);
	Py_RETURN_NONE;
}

/* [(text, code, line)], in order. */
PyObject *
size_take_conditions(PyObject *module, PyObject *unused)
{
	struct conditions *conditions = PyModule_GetState(module);
	PyObject *rows = PyDict_Values(conditions->found);

	(void)unused;
	PyDict_Clear(conditions->found);
	return rows;
}

/* How many found no room since the start. */
PyObject *
size_conditions_left_out(PyObject *module, PyObject *unused)
{
	struct conditions *conditions = PyModule_GetState(module);

	(void)unused;
	return PyLong_FromLongLong(conditions->left_out);
}

int
size_add(PyObject *module)
{
	PyType_Spec spec = {
		.name = "_warpipe.Size",
		.basicsize = (int)(PyLong_Type.tp_basicsize + (Py_ssize_t)sizeof(struct form *)),
		.flags = Py_TPFLAGS_DEFAULT,
		.slots = size_slots,
	};
	struct conditions *conditions = PyModule_GetState(module);
	PyObject *type;

	conditions->found = PyDict_New();
	type = PyType_FromModuleAndSpec(module, &spec, (PyObject *)&PyLong_Type);
	if (conditions->found == NULL || type == NULL)
		return -1;
	return PyModule_AddObject(module, "Size", type);
}
