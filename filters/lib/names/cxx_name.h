/* SPDX-License-Identifier: Apache-2.0 */
/* One spelling for the C++ kernel names that nvcc, hipcc, Nsight and the torch profiler
 * each spell their own way. */
#ifndef WARPIPE_CXX_NAME_H
#define WARPIPE_CXX_NAME_H

#include <stdbool.h>
#include <stddef.h>

#include "base/text.h"

/* Append the canonical form of a kernel's name: demangled (by the C++ runtime's own
 * demangler), without return type, parameters and const, without anonymous namespaces and
 * casts, true and false as 1 and 0, literals without suffix, no blank that the meaning
 * does not need:
 *
 *	void (anonymous namespace)::store<2048l, true>((anonymous namespace)::Params)
 *	void <unnamed>::store<(long)2048, (bool)1>(T1)            both: store<2048,1>
 *
 * A lambda is {lambda(int)#3}, whichever way it was spelled. Names that are not C++
 * ("Memcpy DtoD (Device -> Device)", a Triton kernel) come out as they are; a mangled name
 * that the demangler refuses (cut short, or too long for it) comes out as the identifiers
 * it holds: "_ZN7ck_tile6kentryILi4ENS_16MoeSorti" is ck_tile::kentry<4,MoeSorti. */
void cxx_name_canonical(struct text *out, const char *name, size_t length);

/* The same with the parameters, which often repeat what the name tells and sometimes tell
 * more: "fmha_cutlassF_bf16(AttentionKernel<64>::Params)". */
void cxx_name_with_parameters(struct text *out, const char *name, size_t length);

/* Append the function's qualified name: a canonical name without template arguments.
 * "flash::flash_fwd_kernel<Traits<64>,1>" is flash::flash_fwd_kernel. */
void cxx_name_function(struct text *out, const char *canonical, size_t length);

/* Append the form in which the same kernel has the same name in all tools: a canonical
 * name without namespaces, which Nsight Compute leaves out. */
void cxx_name_key(struct text *out, const char *canonical, size_t length);

#endif
