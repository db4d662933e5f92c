/* SPDX-License-Identifier: Apache-2.0 */
/* An audit hook that refuses what has no place in a dry run, so that it can be told with its
 * line. It is no boundary: code in the same process can get round it. seccomp and Landlock are
 * the boundary, for which nothing is told. */
#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "dryrun/module.h"

/* Events of CPython (docs.python.org/3/library/audit_events.html); those that end in a dot
 * stand for all that begin so. */
static const char *const refused[] = { "os.system", "os.exec", "os.posix_spawn", "os.spawn",
	"os.fork", "os.forkpty", "os.kill", "os.killpg", "os.startfile", "pty.spawn",
	"subprocess.Popen", "socket.__new__", "socket.connect", "socket.bind",
	"socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "signal.pthread_kill",
	"_thread.start_new_thread", "os.remove", "os.rename", "os.mkdir", "os.rmdir", "os.chmod",
	"os.chown", "os.link", "os.symlink", "os.truncate", "os.utime", "os.setxattr",
	"resource.setrlimit", "resource.prlimit", "ctypes.dlsym", "ctypes.dlsym/handle",
	"ctypes.call_function", "ctypes.cdata", "ctypes.cdata/buffer", "ctypes.string_at",
	"ctypes.wstring_at", NULL };

/* A pipe with nobody at its other end: who opens it waits for ever. */
static bool
is_pipe(PyObject *path)
{
	PyObject *bytes = NULL;
	struct stat status;
	bool is;

	if (!PyUnicode_Check(path) || !PyUnicode_FSConverter(path, &bytes)) {
		PyErr_Clear();
		return false;
	}
	is = stat(PyBytes_AS_STRING(bytes), &status) == 0 && S_ISFIFO(status.st_mode);
	Py_DECREF(bytes);
	return is;
}

static bool
is_refused(const char *event, PyObject *arguments)
{
	/* Most events are about imports and frames. */
	if (event[0] == 'i' || event[0] == 'e' || event[0] == 'm')
		return false;
	if (strcmp(event, "open") == 0) {
		long flags = PyTuple_GET_SIZE(arguments) < 3 ? 0 :
		    PyLong_AsLong(PyTuple_GET_ITEM(arguments, 2));

		PyErr_Clear();
		return (flags & (O_WRONLY | O_RDWR | O_CREAT | O_TRUNC)) != 0 ||
		    (PyTuple_GET_SIZE(arguments) > 0 && is_pipe(PyTuple_GET_ITEM(arguments, 0)));
	}
	if (strcmp(event, "ctypes.dlopen") == 0) /* None is this program, as ctypes itself asks */
		return PyTuple_GET_SIZE(arguments) > 0 &&
		    PyTuple_GET_ITEM(arguments, 0) != Py_None;
	for (const char *const *name = refused; *name != NULL; name++)
		if (strcmp(event, *name) == 0)
			return true;
	return false;
}

static int
hook(const char *event, PyObject *arguments, void *tell)
{
	PyObject *told;

	if (!is_refused(event, arguments))
		return 0;
	told = PyObject_CallFunction(tell, "sO", event, arguments);
	Py_XDECREF(told);
	if (!PyErr_Occurred())
		PyErr_Format(PyExc_PermissionError, "%s has no place in a dry run", event);
	return -1;
}

int
module_guard(PyObject *tell)
{
	Py_INCREF(tell);
	return PySys_AddAuditHook(hook, tell);
}
