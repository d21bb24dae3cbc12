"""Runs the Python side of pairs. In: {"setup", "pairs"} as JSON on stdin; out: a list of results as encode.ts has them."""

import ast
import json
import math
import sys

import numpy as np


def run(setup, code):
    names = {}
    exec(setup, names)
    try:
        *statements, last = ast.parse(code).body
        exec(compile(ast.Module(statements, []), "pair", "exec"), names)
        return encode(eval(compile(ast.Expression(last.value), "pair", "eval"), names))
    except Exception as error:
        return {"error": type(error).__name__}


def encode(value):
    if type(value).__module__.split(".")[0] == "torch":
        if hasattr(value, "detach"):
            array = value.detach().numpy()
            return tensor(array, str(value.dtype).split(".")[-1])
        if hasattr(value, "is_floating_point"):
            return str(value).split(".")[-1]
    if isinstance(value, (np.ndarray, np.generic)):
        return tensor(np.asarray(value), value.dtype.name)
    if isinstance(value, np.dtype):
        return value.name
    if isinstance(value, (list, tuple)):
        return [encode(each) for each in value]
    if isinstance(value, float):
        return plain(value)
    if value is None or isinstance(value, (bool, int, str)):
        return value
    raise TypeError(f"a result of a pair is no {type(value)}")


def tensor(array, dtype):
    return {"dtype": dtype, "shape": list(array.shape), "data": [plain(each) for each in array.ravel().tolist()]}


def plain(value):
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    return int(value) if isinstance(value, (bool, np.bool_)) else value


asked = json.load(sys.stdin)
json.dump([run(asked["setup"], pair) for pair in asked["pairs"]], sys.stdout)
