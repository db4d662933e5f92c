# The kernels of one trace that were calculated by hand ($expected) against what kroof said of
# them: a line for each that differs.
def near(a; b; tolerance): (a - b) | fabs <= (tolerance / 100 * b);
def mean(f): (map(f) | add) / length;

[inputs | select(.limit) | {name, limit}] as $said
| $expected[]
| select(.trace == $trace)
| . as $want
| [$said[] | select(.name | contains($want.kernel))] as $named
| if .label == "computed" then
    [$named[] | .limit
      | select(($want.sizes | startswith("rows=") | not) or (.sizes | contains($want.sizes)))
      | select(near(.bytes; $want.bytes; $want.tolerance_pct_of_value)
        and ($want.flops == 0 or near(.flops; $want.flops; $want.tolerance_pct_of_value)))]
    | if length != $want.calls then "\($want.kernel) \($want.sizes): \(length) calls, not \($want.calls)"
      elif near(mean(.op_us); $want.mean_us; 1) | not
      then "\($want.kernel) \($want.sizes): \(mean(.op_us)) us, not \($want.mean_us)"
      elif near(100 * mean(.limit_us) / mean(.op_us); $want.pct; $want.tolerance_pct_of_value) | not
      then "\($want.kernel) \($want.sizes): \(100 * mean(.limit_us) / mean(.op_us)) %, not \($want.pct)"
      elif any(.[]; .how == "assumed") then "\($want.kernel) \($want.sizes): assumed, not computed"
      else empty end
  else
    [$named[] | .limit | select(.share_range
      and (if $want.sizes == "gate_up" then .family == "moe_gate_up"
        elif $want.sizes == "down" then .family == "moe_down" else (.sizes | contains($want.sizes)) end))]
    | if length != $want.calls then "\($want.kernel) \($want.sizes): \(length) ranges, not \($want.calls)"
      elif any(.[]; .share != null) then "\($want.kernel) \($want.sizes): a share beside the range"
      else (100 * mean(.share_range[0] * .op_us) / mean(.op_us)) as $low
        | (100 * mean(.share_range[1] * .op_us) / mean(.op_us)) as $high
        | if $low < $want.at_least - 0.1 or $high > $want.at_most + 0.1
          then "\($want.kernel) \($want.sizes): \($low) to \($high) %, not \($want.at_least) to \($want.at_most)"
          else empty end
      end
  end
