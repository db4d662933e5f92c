/* SPDX-License-Identifier: Apache-2.0 */
/* What a shared object must have so that `kbench --subject ./mine.so` measures its kernel. The object
 * need not include this file: a C++ or CUDA source declares the same as extern "C".
 *
 *	cc -shared -fPIC -o mine.so mine.c        nvcc -shared -Xcompiler -fPIC -o mine.so mine.cu
 *
 * A module of Python (`--subject mine.py`) has the same without the prefix: NAME, AXES, CEILING,
 * prepare(*values), which returns a job, run(job), bytes(job), check(job), release(job). */
#ifndef KBENCH_KERNEL_H
#define KBENCH_KERNEL_H

#ifdef __cplusplus
extern "C" {
#endif

extern const char kbench_name[];    /* "mine" */

/* Axes and what they hold unless -a says otherwise: whole numbers, the first axis a size that
 * fits go over: "rows=1:4096:x4; width=128". Without it: "size=1K:1M:x4". */
extern const char kbench_axes[];

/* What its rate is compared with, "copy" (unless this says otherwise), "read", or "" for nothing. */
extern const char kbench_ceiling[];

/* A job for one value of each axis, in the order of kbench_axes; NULL, with the reason, where it
 * cannot be had. Memory is the job's: on a GPU (-d cuda) allocate it there. `stream` is then the
 * cudaStream_t on which kbench_run queues, else NULL. */
void *kbench_prepare(const long long *values, void *stream, const char **why);

/* One call; it is made very often, on a GPU also while a graph is captured, and must not wait.
 * 0 when it was done or queued. */
int kbench_run(void *job);

/* Bytes that one call must move. */
double kbench_bytes(void *job);

/* Optional: 1 when the result is right, 0 when it is wrong. It may call kbench_run and wait. */
int kbench_check(void *job);

void kbench_release(void *job);

#ifdef __cplusplus
}
#endif

#endif
