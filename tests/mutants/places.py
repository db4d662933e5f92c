# SPDX-License-Identifier: Apache-2.0
"""Where a C source can be changed into one that means something else.

changes(text) -> [(offset, old, new, kind)]; kind is condition, comparison, constant or return.
Strings, comments, preprocessor lines, declarations outside functions and the text of
messages are left alone.

A loop that goes one too far reads what nobody wrote, which is for AddressSanitizer to find (make
asan): a `for` is made to go one too short. "a != b" before "a < b ? -1 : 1" leaves no equal ones,
so that there "<=" is the same program and is no change; nor is room for one more than is asked
for, nor another number than 1 or -1 where an order is told by its sign, nor another least count before
a qsort: to sort none or one is to leave it.
What a loop does not free at the end is for AddressSanitizer, too.
"""
import re

TOKEN = re.compile(r"""
    (?P<skip>/\*.*?\*/|//[^\n]*|\#(?:[^\n\\]|\\.)*|"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|\s+)
  | (?P<number>(?:0[xX][0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][-+]?\d+)?)[uUlLfF]*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<op><<=|>>=|->|\+\+|--|&&|\|\||<<|>>|[-+*/%&|^=!<>]=|.)
""", re.X | re.S)

SWAP = {"==": "!=", "!=": "==", "<": "<=", "<=": "<", ">": ">=", ">=": ">", "&&": "||", "||": "&&"}


def tokens(text):
    """The tokens that are code, each with its offset and how deep in braces it stands."""
    found, depth = [], 0
    for match in TOKEN.finditer(text):
        if match.lastgroup == "skip":
            continue
        word = match.group()
        if word == "}":
            depth -= 1
        found.append((match.start(), word, match.lastgroup, depth))
        if word == "{":
            depth += 1
    return found


def closing(code, at):
    """The index of the token that closes the parenthesis at `at`."""
    depth = 0
    for index in range(at, len(code)):
        depth += {"(": 1, ")": -1}.get(code[index][1], 0)
        if depth == 0:
            return index
    return None


def functions(text, code):
    """For each token whether it stands in the body of a function and not in a table."""
    inside, body = [], False
    for index, (_, word, _, depth) in enumerate(code):
        if depth == 0:
            body = False if word == ";" else body
            if word == "{":
                body = code[index - 1][1] == ")"
        inside.append(body and depth > 0)
    return inside


def in_for(code, index):
    """Whether the token stands in the condition of `for (...; HERE; ...)`, outside parentheses."""
    semicolons = depth = 0
    for at in range(index - 1, -1, -1):
        word = code[at][1]
        depth += {")": 1, "(": -1}.get(word, 0)
        if depth < 0:
            return semicolons == 1 and at > 0 and code[at - 1][1] == "for"
        semicolons += word == ";" and depth == 0
        if word in "{}" or semicolons > 1:
            return False
    return False


def is_room(code, index):
    """Whether the token stands in what memory_alloc, _alloc_zero or _resize is asked for."""
    depth = 0
    for at in range(index - 1, 0, -1):
        word = code[at][1]
        depth += {")": 1, "(": -1}.get(word, 0)
        if depth < 0:
            if code[at - 1][1] in ("memory_alloc", "memory_alloc_zero", "memory_resize"):
                return True
            depth = 0
        if word in ";{}":
            return False
    return False


def is_ordering(text, offset):
    """Whether "a < b ? -1 : 1" or the like stands at the offset, after a question whether a and b
    differ."""
    begin = text.rfind("\n", 0, offset) + 1
    line = text[begin:text.find("\n", offset)]
    before = text[text.rfind("\n", 0, max(begin - 1, 0)) + 1:begin]
    sides = re.search(r"(?:return|order =|\?|:)\s*\(?([^\s()?]+) [<>] ([^\s()?]+) \? -?1 : -?1", line)
    return sides is not None and "%s != %s" % sides.groups() in before + line


def tells_order(text, offset):
    """Whether the number at the offset is one of "? -1 : 1"."""
    line = text[text.rfind("\n", 0, offset) + 1:text.find("\n", offset)]
    return re.search(r"\? (-1 : 1|1 : -1)\b", line) is not None and text[offset] == "1"


def only_sorts(text, offset):
    """Whether the offset is in "if (count > 0)" before a qsort."""
    begin, end = text.rfind("\n", 0, offset) + 1, text.find("\n", offset)
    return re.fullmatch(r"\s*if \(\S+ > 0\)\n\s*qsort\(.*",
                        text[begin:text.find("\n", end + 1)]) is not None


def only_frees(text, offset):
    """Whether the line of the offset is a loop over one free()."""
    begin = text.rfind("\n", 0, offset) + 1
    return re.match(r"\s*for \(.*\)\n\s*free\(", text[begin:]) is not None


def changes(text):
    code = tokens(text)
    inside = functions(text, code)
    found = []
    for index, (offset, word, kind, _) in enumerate(code):
        if not inside[index]:
            continue
        before = code[index - 1][1]
        if word in (">", "0") and only_sorts(text, offset):
            continue
        if word in ("<", "0") and only_frees(text, offset):
            continue
        if word == "<" and in_for(code, index):
            found.append((offset, word, "+ 1 <", "comparison"))
        elif word in SWAP and not (word in "<>" and is_ordering(text, offset)):
            found.append((offset, word, SWAP[word], "comparison"))
        elif kind == "number" and before not in (".", "[", "case") and re.fullmatch(r"\d+", word):
            if is_room(code, index) or tells_order(text, offset):
                continue
            found.append((offset, word, str(int(word) + 1), "constant"))
        elif word in ("if", "while") and index + 1 < len(code) and code[index + 1][1] == "(":
            end = closing(code, index + 1)
            if end is not None and code[end + 1:end + 2] and not (
                    word == "while" and code[end + 1][1] == ";"):
                start, stop = code[index + 1][0], code[end][0] + 1
                old = text[start:stop]
                found.append((start, old, "(!%s)" % old, "condition"))
        elif word == "return" and code[index + 1][1] != ";":
            start = code[index + 1][0]
            stop = text.index(";", start)
            old = text[start:stop]
            if "{" in old or old.startswith("("):
                continue
            new = {"true": "false", "false": "true", "0": "1", "1": "0", "NULL": None}.get(old, "0")
            if new is not None and '"' not in old:
                found.append((start, old, new, "return"))
    return found
