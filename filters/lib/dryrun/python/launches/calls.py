# SPDX-License-Identifier: Apache-2.0
"""The text of a call: what a frame was about to do when it was looked at, as the file has it."""
import ast
import itertools

LINES = {}            # file -> its lines, in bytes: columns of code objects count those


def lines_of(name):
    if name not in LINES:
        try:
            with open(name, "rb") as f:
                LINES[name] = f.read().splitlines()
        except OSError:
            LINES[name] = []
    return LINES[name]


def expression(name, first, last, begin, end):
    """The text between two places of a file, its first line alone; of a call only what is called."""
    lines = lines_of(name)[first - 1:last]
    if not lines or begin is None or end is None:
        return None
    lines[-1] = lines[-1][:end]
    lines[0] = lines[0][begin:]
    text = b"\n".join(lines)
    try:
        node = ast.parse(b"(" + text + b"\n)", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        node = None
    if isinstance(node, ast.Call):
        lines = text.split(b"\n")[:node.func.end_lineno]
        # The bracket in front of the expression stands in the first line.
        lines[-1] = lines[-1][:node.func.end_col_offset - (node.func.end_lineno == 1)]
        text = b"\n".join(lines)
    return text.split(b"\n")[0].strip().decode("utf-8", "replace") or None


def call_text(code, instruction):
    """What the instruction at this offset of the code evaluates; None where the code does not say."""
    first, last, begin, end = next(itertools.islice(code.co_positions(), instruction // 2, None))
    return expression(code.co_filename, first, last, begin, end) if first and last else None
