# SPDX-License-Identifier: Apache-2.0
# A torch profiler trace from lines of words, times in microseconds:
#   kernel|copy|fill TS DUR STREAM CORRELATION NAME       device: -v device=N
#   call TS DUR THREAD CORRELATION NAME                   a correlation of 0: none
#   frame|op|annotation TS DUR THREAD NAME
#   overhead TS DUR NAME
# The rest of the line is the name. -v rank=N: distributedInfo; -v id=TEXT: trace_id.
function rest(from,    text, i) {
	text = $from
	for (i = from + 1; i <= NF; i++) text = text " " $i
	return text
}
function event(category, name, pid, tid, arguments) {
	printf "%s\n{\"ph\":\"X\",\"cat\":\"%s\",\"name\":\"%s\",\"pid\":%s,\"tid\":%s,\"ts\":%s,\"dur\":%s,\"args\":{%s}}",
		count++ ? "," : "", category, name, pid, tid, $2, $3, arguments
}
BEGIN {
	categories["kernel"] = "kernel"; categories["copy"] = "gpu_memcpy"; categories["fill"] = "gpu_memset"
	categories["frame"] = "python_function"; categories["op"] = "cpu_op"; categories["annotation"] = "user_annotation"
	if (device == "") device = 0
	printf "{"
	if (rank != "") printf "\"distributedInfo\":{\"rank\":%s},", rank
	if (id != "") printf "\"trace_id\":\"%s\",", id
	printf "\"traceEvents\":["
}
/^(kernel|copy|fill) / {
	event(categories[$1], rest(6), device, $4, "\"device\":" device ",\"stream\":" $4 ($5 ? ",\"correlation\":" $5 : "") more)
}
/^call / { event("cuda_runtime", rest(6), 100, $4, $5 ? "\"correlation\":" $5 : "") }
/^(frame|op|annotation) / { event(categories[$1], rest(5), 100, $4, "") }
/^overhead / { event("overhead", rest(4), -1, 0, "") }
/^more/ { more = $2 } # arguments of the kernels that follow, as ,"Seq":1
END { print "]}" }
