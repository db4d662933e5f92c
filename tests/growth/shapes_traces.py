# SPDX-License-Identifier: Apache-2.0
"""Torch profiler traces of a size: each shape is a function of a number of kernels that gives the
events, a string each."""


def event(category, name, ts, dur, pid, tid, args):
    return ('{"ph":"X","cat":"%s","name":"%s","ts":%s,"dur":%s,"pid":%s,"tid":%s,"args":{%s}}' %
            (category, name, ts, dur, pid, tid, args))


def kernel(name, ts, dur=5, stream=7, correlation=0, device=0):
    return event("kernel", name, ts, dur, device, stream,
                 '"device":%d,"stream":%d,"correlation":%d,"grid":[8,1,1],"block":[128,1,1]' %
                 (device, stream, correlation))


def launch(ts, correlation, name="cudaLaunchKernel", dur=2):
    return event("cuda_runtime", name, ts, dur, 100, 200, '"correlation":%d' % correlation)


def host(category, name, ts, dur, args=""):
    return event(category, name, ts, dur, 100, 200, args)


LAYER = ["rms_norm_kernel", "qkv_gemm_kernel", "flash_fwd_attention_kernel", "o_proj_gemm_kernel",
         "rms_norm_kernel", "gate_up_gemm_kernel", "silu_and_mul_kernel", "down_gemm_kernel"]


def names(n):
    """Every kernel has a name of its own."""
    return [kernel("kernel_%d_of_many" % i, 10 * i) for i in range(n)]


def mangled(n):
    """Mangled names whose parts stand for parts before them."""
    return [kernel("_ZN2at6native%d%sIiNS0_4ViewIS1_S2_EEEEvT_S3_PS4_" % (len("k%d" % i), "k%d" % i),
                   10 * i) for i in range(n)]


def templates(n):
    """Long names of templates within templates."""
    name = "void at::native::run<" + "".join("Wrap<int, " for _ in range(20)) + "float" + ">" * 20
    return [kernel("%s, %d>(int)" % (name, i % (n // 4 + 1)), 10 * i) for i in range(n)]


def streams(n):
    """Four kernels on each stream."""
    return [kernel(LAYER[i % 8], 10 * i, stream=i // 4) for i in range(n)]


def devices(n):
    """A hundred kernels on each device."""
    return [kernel(LAYER[i % 8], 10 * i, device=i // 100) for i in range(n)]


def layers(n):
    """The layers of a model, step after step."""
    return [event for i in range(n) for event in (
        launch(10 * i, i + 1), kernel(LAYER[i % 8], 10 * i + 5, correlation=i + 1))]


def aperiodic(n):
    """No order that repeats."""
    made, state = [], 1
    for i in range(n):
        state = (state * 1103515245 + 12345) % (1 << 31)
        made.append(kernel("kernel_%d" % ((state >> 16) % 50), 10 * i))
    return made


def damaged(n):
    """Layers of which every hundredth kernel is another one."""
    return [kernel("odd_kernel_%d" % i if i % 100 == 50 else LAYER[i % 8], 10 * i)
            for i in range(n)]


def at_once(n):
    """All begin at one time."""
    return [kernel(LAYER[i % 8], 1000, stream=i % 16) for i in range(n)]


def overlapping(n):
    """Each lasts until the end of all."""
    return [kernel(LAYER[i % 8], 10 * i, dur=10 * (n - i) + 5, stream=i % 16) for i in range(n)]


def backwards(n):
    """The last comes first in the file."""
    return [kernel(LAYER[i % 8], 10 * (n - i)) for i in range(n)]


def annotations(n):
    """Steps within steps, two hundred deep."""
    made = []
    for i in range(n):
        if i % 200 == 0:
            end = 10 * min(i + 200, n)
            made += [host("user_annotation", "step[DECODE bs=%d]" % j, 10 * i + j / 100,
                          end - 10 * i - j / 50) for j in range(200)]
        made += [launch(10 * i + 3, i + 1), kernel(LAYER[i % 8], 10 * i + 6, 2, correlation=i + 1)]
    return made


def frames(n):
    """Python calls within calls, a hundred deep, around a hundred launches each."""
    made = []
    for i in range(n):
        if i % 100 == 0:
            end = 10 * min(i + 100, n)
            made += [host("python_function", "model/layer%d.py(%d): forward" % (j, i % 700),
                          10 * i + j / 100, end - 10 * i - j / 50,
                          '"Python id":%d' % (i + j)) for j in range(100)]
        made += [launch(10 * i + 3, i + 1), kernel(LAYER[i % 8], 10 * i + 6, 2, correlation=i + 1)]
    return made


def operators(n):
    """Each kernel has an operator with shapes of its own."""
    return [event for i in range(n) for event in (
        host("cpu_op", "aten::mul", 10 * i, 8, '"Input Dims":[[%d,4096],[%d,4096]],"Input type":'
             '["float","float"],"Concrete Inputs":["",""],"External id":%d' % (i + 1, i + 1, i + 1)),
        launch(10 * i + 2, i + 1), kernel("vectorized_mul_kernel", 10 * i + 6, 3, correlation=i + 1))]


def graphs(n):
    """Graphs of a hundred kernels, replayed."""
    made = []
    for i in range(n):
        if i % 100 == 0:
            made.append(launch(10 * i, i + 1, "cudaGraphLaunch", 5))
        made.append(kernel(LAYER[i % 8], 10 * i + 6, 3, correlation=i - i % 100 + 1))
    return made


def copies(n):
    """Copies and fills between kernels."""
    return [event for i in range(n) for event in (
        kernel(LAYER[i % 8], 20 * i),
        event_of_copy("gpu_memcpy", "Memcpy HtoD (Pageable -> Device)", 20 * i + 6),
        event_of_copy("gpu_memset", "Memset (Device)", 20 * i + 12))]


def event_of_copy(category, name, ts):
    return event(category, name, ts, 4, 0, 7, '"device":0,"stream":7,"bytes":4096,"correlation":0')


def collectives(n):
    """Every eighth is a collective."""
    return [event("kernel", "ncclDevKernel_AllReduce_Sum_bf16_RING_LL", 10 * i, 5, 0, 9,
                  '"device":0,"stream":9,"Collective name":"allreduce","In msg nelems":4096,'
                  '"dtype":"BFloat16","Process Group Ranks":"[0, 1]","Group size":2,"Seq":%d' % i)
            if i % 8 == 0 else kernel(LAYER[i % 8], 10 * i) for i in range(n)]


def nested(n):
    """Arguments nested a hundred deep, which nobody asks for."""
    deep = "[" * 100 + "1" + "]" * 100
    return [event("kernel", LAYER[i % 8], 10 * i, 5, 0, 7,
                  '"odd":%s,"device":0,"stream":7' % deep) for i in range(n)]


SHAPES = [names, mangled, templates, streams, devices, layers, aperiodic, damaged, at_once,
          overlapping, backwards, annotations, frames, operators, graphs, copies, collectives, nested]


def write(shape, n, path):
    with open(path, "w", encoding="utf-8") as file:
        file.write('{"deviceProperties":[{"id":0,"name":"NVIDIA H100 80GB HBM3"}],"traceEvents":[\n')
        file.write(",\n".join(shape(n)))
        file.write("\n]}\n")
